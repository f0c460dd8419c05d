"""A line by hand costs the same few queries, whatever is there, transaction bounds not counted.

At most eight within the door for lines (`costs.lines`), and those that the whole request has besides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from costs import lines
from costs.models import CostLine, Placement
from costs.new_line import NewLine
from projects.models import Initiative
from tests.costs.allocation.test_places import cost_of, rule
from tests.costs.factories import add_line, add_rate, category, new_line
from tests.costs.importers.test_focus import bill
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
MOST = 8


@pytest.fixture
def finance() -> User:
    return UserFactory(finance=True)


@pytest.fixture
def initiatives() -> list[Initiative]:
    """Two, and rules: Acme is the first one's, Both and Shared are divided, the latter by tokens, which nobody used."""
    one, two = InitiativeFactory(), InitiativeFactory()
    add_rate("2026-03-05", "EUR", "1.1")
    rule({"vendor": "acme"}, one)
    rule({"vendor": "both"}, (one, "0.25"), two)
    rule({"vendor": "shared"}, (one, "0.25"), two, InitiativeFactory(), method="tokens")
    return [one, two]


def queries(work: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        work()
    bounds = ("SAVEPOINT", "RELEASE")
    return [query["sql"][:200] for query in captured.captured_queries if not query["sql"].startswith(bounds)]


# Who a line belongs to: the initiative that it names, nobody, or where rules place it.
PLACES = ["named", "nobody", "placed", "split", "by use", "labelled"]
VENDORS = {"placed": "Acme", "split": "Both", "by use": "Shared"}


def line_of(place: str, initiatives: list[Initiative], **fields: object) -> NewLine:
    values = {"vendor": VENDORS.get(place, "Elsewhere"), "category": "tokens" if place == "labelled" else "cloud"}
    return new_line(initiatives[0] if place == "named" else None, "2026-03-05", "10", **(values | fields))


@pytest.mark.parametrize("is_new", [False, True], ids=["known group", "new group"])
@pytest.mark.parametrize("place", PLACES)
def test_adding_a_line(place: str, is_new: bool, finance, initiatives):
    lines.add(finance, [line_of(place, initiatives)])
    row = line_of(place, initiatives, currency="EUR" if is_new else "USD")
    asked = queries(lambda: lines.add(finance, [row]))
    assert len(asked) <= MOST, asked


@pytest.mark.parametrize("is_new", [False, True], ids=["known group", "new group"])
@pytest.mark.parametrize("place", PLACES)
def test_adding_a_line_with_an_external_id(place: str, is_new: bool, finance, initiatives):
    lines.add(finance, [line_of(place, initiatives, external_id="a")])
    row = line_of(place, initiatives, external_id="b", currency="EUR" if is_new else "USD")
    asked = queries(lambda: lines.add(finance, [row]))
    assert len(asked) <= MOST, asked


@pytest.mark.parametrize("changed", [{"currency": "EUR"}, {"tags": {"team": "search"}}], ids=["currency", "tags"])
@pytest.mark.parametrize("place", PLACES)
def test_correcting_a_line_into_a_new_group(place: str, changed: dict, finance, initiatives):
    line = lines.add(finance, [line_of(place, initiatives)]).lines[0]
    row = line_of(place, initiatives, **changed)
    asked = queries(lambda: lines.correct(finance, line, row))
    assert len(asked) <= MOST, asked


@pytest.mark.parametrize("place", PLACES)
def test_correcting_a_line_with_an_external_id_into_a_new_group_on_another_day(place: str, finance, initiatives):
    line = lines.add(finance, [line_of(place, initiatives, external_id="a")]).lines[0]
    row = line_of(place, initiatives, currency="EUR", external_id="a")
    asked = queries(lambda: lines.correct(finance, line, replace(row, incurred_on=row.incurred_on.replace(day=6))))
    assert len(asked) <= MOST, asked
    assert CostLine.objects.live().get().occurrence == 2


@pytest.mark.parametrize("vendor", VENDORS.values())
def test_correcting_a_line_of_a_bill_into_a_new_group(vendor: str, finance, initiatives):
    bring_in("focus", bill({"ProviderName": vendor}))
    line = CostLine.objects.live().get()
    row = replace(NewLine.of(line), category=category("data"))
    asked = queries(lambda: lines.correct(finance, line, row))
    assert len(asked) <= MOST, asked
    assert (CostLine.objects.live().get().occurrence, CostLine.objects.count()) == (2, 2)


@pytest.mark.parametrize("of_another", [False, True], ids=["its own group", "another group"])
@pytest.mark.parametrize("place", PLACES)
def test_correcting_a_line_within_known_groups(place: str, of_another: bool, finance, initiatives):
    other = line_of(place, initiatives, currency="EUR" if of_another else "USD")
    line, _ = lines.add(finance, [line_of(place, initiatives), other]).lines
    row = replace(other, incurred_on=other.incurred_on.replace(day=6), amount=other.amount + 1)
    asked = queries(lambda: lines.correct(finance, line, row))
    assert len(asked) <= MOST, asked


def test_moving_a_line_to_another_initiative(finance, initiatives):
    one, two = initiatives
    line = add_line(one, "2026-03-05", "10")
    row = new_line(two, "2026-03-05", "10")
    asked = queries(lambda: lines.correct(finance, line, row))
    assert len(asked) <= MOST, asked
    assert cost_of(one, two) == [0, 10]


@pytest.mark.parametrize("place", PLACES)
def test_deleting_a_line(place: str, finance, initiatives):
    line = lines.add(finance, [line_of(place, initiatives)]).lines[0]
    asked = queries(lambda: lines.remove(finance, line))
    assert len(asked) <= MOST, asked


@pytest.mark.parametrize("count", [1, 50])
def test_deleting_many_lines_costs_what_one_does(count: int, finance, initiatives):
    rows = [line_of(place, initiatives) for place in PLACES] * count
    made = lines.add(finance, rows).lines
    asked = queries(lambda: lines.remove_all(finance, made))
    assert len(asked) <= MOST, asked
    assert (CostLine.objects.live().count(), cost_of(*initiatives, None)) == (0, [0, 0, 0])


def test_new_groups_of_one_call_are_labelled_and_placed(finance, initiatives):
    one, two = initiatives
    lines.add(finance, [line_of(place, initiatives) for place in PLACES])
    labels = CostLine.objects.filter(group__category__name="tokens").values_list("group__ai_category", flat=True)
    assert list(labels) == ["inference"]
    # Of 10 each: one has what names it, Acme, and a quarter of Both and Shared; two the rest of Both. Nothing is known
    # of tokens, so the rest of Shared waits for them beside what belongs to nobody and the label's line.
    assert cost_of(one, two, None) == [25, Decimal("7.5"), Decimal("27.5")]
    assert Placement.objects.filter(group__vendor="Shared").count() == 2


# Whole requests ---------------------------------------------------------------------------------------------------
def by_token(user: User, **headers: str) -> Client:
    """Return a client with a token whose use has been noted, as it is once a minute."""
    client = Client(headers=bearer(user) | headers)
    assert client.get("/api/v1/cost-categories").status_code == 200
    return client


BODY = {"incurred_on": "2026-03-05", "category": "cloud", "amount": "5", "currency": "USD"}


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        # Token, initiative, categories; group, rate, line with sums, running sums, audit entry.
        ({"initiative": "AI-0001"}, {}, 8),
        ({"initiative": "AI-0001", "vendor": "New"}, {}, 9),  # what decides on labels and places
        ({"vendor": "acme"}, {}, 9),  # no initiative; that, and the placement
        ({"vendor": "acme", "external_id": "a"}, {}, 10),  # and its versions
        ({"initiative": "AI-0001"}, {"Idempotency-Key": "k"}, 12),  # its lock, the first answer looked for and kept
    ],
    ids=["known group", "new group", "placed", "external id", "idempotency key"],
)
def test_posting_a_line(body: dict, headers: dict, expected: int, finance, initiatives):
    Initiative.objects.filter(pk=initiatives[0].pk).update(number=1)
    client, sent = by_token(finance, **headers), {"content_type": "application/json"}
    add_line(initiatives[0], "2026-03-05", "10", finance, source="api")
    asked = queries(lambda: client.post("/api/v1/costs", BODY | body, **sent))
    assert (len(asked), CostLine.objects.count()) == (expected, 2), asked


@pytest.mark.parametrize(("body", "expected"), [({"amount": "6"}, 10), ({"currency": "EUR", "category": "data"}, 14)])
def test_patching_a_line(body: dict, expected: int, finance, initiatives):
    """Token and line before, the new line, its places and the base currency after the door; categories if asked for."""
    line = add_line(initiatives[0], "2026-03-05", "10")
    client = by_token(finance, **{"If-Match": '"1"'})
    asked = queries(lambda: client.patch(f"/api/v1/costs/{line.key}", body, content_type="application/json"))
    assert (len(asked), CostLine.objects.count()) == (expected, 2), asked


@pytest.mark.parametrize(("more", "expected"), [({}, 10), ({"once": "a" * 22}, 12)], ids=["alone", "with its token"])
def test_sending_the_form_of_an_initiative(more: dict, expected: int, finance, initiatives):
    add_line(initiatives[0], "2026-03-05", "10", finance)
    client = Client()
    client.force_login(finance)
    asked = queries(lambda: client.post(f"/initiatives/{initiatives[0].key}/costs/", BODY | more))
    assert (len(asked), CostLine.objects.count()) == (expected, 2), asked


def test_correcting_a_line_on_its_page(finance, initiatives):
    line = add_line(initiatives[0], "2026-03-05", "10", finance)
    client = Client()
    client.force_login(finance)
    sent = BODY | {"initiative": initiatives[0].key}
    asked = queries(lambda: client.post(f"/costs/lines/{line.key}/", sent))
    assert (len(asked), CostLine.objects.count()) == (12, 2), asked
