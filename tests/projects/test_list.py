"""The list of initiatives: each filter alone, each sort alone; on the page and in the file."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from projects import initiatives, transitions, units
from projects.models import Initiative
from tests.factories import UserFactory

LIST = "/initiatives/"
DAY = date(2025, 1, 1)


def titles(client: Client, **query: str) -> list[str]:
    """Return the titles in their order, the same on the page and in the file."""
    shown = [each.title for each in client.get(LIST, query).context["page_obj"]]
    text = client.get(f"{LIST}export.csv", query).getvalue().decode("utf-8-sig")
    assert [row["title"] for row in csv.DictReader(io.StringIO(text))] == shown
    return shown


@pytest.fixture
def alike(office: User) -> None:
    """One initiative, and for each filter one that differs from it in that alone."""
    ada, bob = (UserFactory(email=f"{name}@example.org", name=name.title()) for name in ("ada", "bob"))
    motor, cars, sales = (
        units.find_or_make(path, office) for path in ("Claims / Motor", "Claims / Motor / Cars", "Sales")
    )
    same: dict[str, Any] = {
        "business_unit": motor, "tags": ["speech"], "hosting": "saas", "risk_tier": "high", "owner": ada,
    }  # fmt: skip
    initiatives.create(office, title="Itself", **same)
    initiatives.create(office, title="unit", **same | {"business_unit": sales})
    initiatives.create(office, title="below", **same | {"business_unit": cars})
    initiatives.create(office, title="tag", **same | {"tags": ["speech to text", "vision"]})
    initiatives.create(office, title="hosting", **same | {"hosting": "on_prem"})
    initiatives.create(office, title="risk", **same | {"risk_tier": "limited"})
    initiatives.create(office, title="owner", **same | {"owner": bob, "sponsor": ada})


@pytest.mark.parametrize(
    ("name", "value", "others"),
    [
        ("unit", "Claims / Motor", ["unit"]),  # with those below it
        ("unit", "Claims / Motor / Cars", ["Itself", "unit", "tag", "hosting", "risk", "owner"]),
        ("tag", "speech", ["tag"]),
        ("hosting", "saas", ["hosting"]),
        ("risk", "high", ["risk"]),
        ("owner", "ada@example.org", ["owner"]),
    ],
)
def test_a_filter_keeps_what_has_its_value(
    as_office: Client, alike: None, name: str, value: str, others: list[str]
) -> None:
    every = ["Itself", "unit", "below", "tag", "hosting", "risk", "owner"]
    assert titles(as_office, sort="key", **{name: value}) == [title for title in every if title not in others]


def test_more_words_than_are_searched_for_are_an_error_of_the_filter(as_office: Client, alike: None) -> None:
    page = as_office.get(LIST, {"q": " ".join(["itself"] * 10 + ["nowhere"])})
    assert page.context["filters"].errors == {"q": ["At most 10 words."]}
    assert "At most 10 words." in page.content.decode()
    assert titles(as_office, q=" ".join(["itself"] * 10)) == ["Itself"]


@pytest.fixture
def unlike(office: User) -> None:
    """Three that no two sorts put in the same order; Bare has nothing to be sorted by."""
    zoe, adam = UserFactory(name="Zoe"), UserFactory(name="adam")
    home, motor = units.find_or_make("claims / home", office), units.find_or_make("Claims / Motor", office)
    one = initiatives.create(
        office, title="One", owner=zoe, business_unit=home, hosting="mixed", risk_tier="limited",
        planned_production_on=date(2027, 5, 1),
    )  # fmt: skip
    two = initiatives.create(
        office, title="Two", owner=adam, business_unit=motor, hosting="saas", risk_tier="high",
        planned_production_on=date(2026, 12, 31),
    )  # fmt: skip
    bare = initiatives.create(office, title="Bare", owner=None, hosting="unknown", risk_tier="unknown")
    for stage in ("proposed", "prototype"):
        transitions.move(one, stage, DAY, office)
    transitions.move(two, "proposed", DAY, office)
    for each, days in ((one, 2), (two, 1), (bare, 3)):
        Initiative.objects.filter(pk=each.pk).update(updated_at=timezone.now() - timedelta(days=days))
    Initiative.objects.filter(pk=bare.pk).update(owner=None)


@pytest.mark.parametrize(
    ("sort", "upwards", "downwards"),
    [
        ("stage", "Bare Two One", "One Two Bare"),  # draft, proposed, prototype
        ("unit", "One Two Bare", "Two One Bare"),  # what has none comes last either way
        ("owner", "Two One Bare", "One Two Bare"),  # adam before Zoe
        ("planned", "Two One Bare", "One Two Bare"),
        ("hosting", "Two One Bare", "Bare One Two"),  # as the form lists them
        ("risk", "One Two Bare", "Bare Two One"),  # limited, high, and at the end what is unknown
        ("updated", "Bare One Two", "Two One Bare"),
        ("title", "Bare One Two", "Two One Bare"),
        ("key", "One Two Bare", "Bare Two One"),
    ],
)
def test_a_sort_orders_the_rows(as_office: Client, unlike: None, sort: str, upwards: str, downwards: str) -> None:
    assert titles(as_office, sort=sort) == upwards.split()
    assert titles(as_office, sort=f"-{sort}") == downwards.split()


def test_people_without_a_name_are_sorted_by_their_address_which_is_what_the_list_shows(office: User) -> None:
    for title, name, email in (("Z", "Zoe", "a@x.org"), ("M", "", "me@x.org"), ("A", "adam", "z@x.org")):
        initiatives.create(office, title=title, owner=UserFactory(name=name, email=email))
    client = Client()
    client.force_login(office)
    assert titles(client, sort="owner") == ["A", "M", "Z"]
    assert titles(client, sort="-owner") == ["Z", "M", "A"]
