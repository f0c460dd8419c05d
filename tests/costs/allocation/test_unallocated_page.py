"""The page of what belongs to nobody: in which words it says where costs come from and what to do about them."""

import pytest
from django.test import Client
from django.urls import reverse

from costs import lines
from costs.allocation import unallocated
from tests.costs.factories import add_line, new_line, on_day
from tests.costs.test_pages import signed_in
from tests.factories import UserFactory, bearer
from tests.markup import tight

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "label", "ours", "theirs"),
    [("en", "Source", "Entered by hand", "sap"), ("ja", "記録元", "手入力", "sap")],
)
def test_sources_are_named_in_words_and_rules_still_ask_for_their_names(language, label, ours, theirs):
    add_line(None, "2026-03-05", "10")
    add_line(None, "2026-03-05", "5", source="sap")
    client, asked = signed_in(UserFactory(finance=True)), {"accept-language": language}
    page = tight(client.get(reverse("costs:unallocated"), {"by": "source"}, headers=asked).content.decode())
    assert f'<th scope="col">{label}</th>' in page
    assert f'<th scope="row" class="what">{ours}</th>' in page
    assert f'<th scope="row" class="what">{theirs}</th>' in page
    assert f"{reverse('costs:allocation-new')}?source=manual" in page


def test_bills_and_services_of_our_own_are_called_by_their_names():
    add_line(None, "2026-03-05", "5", source="focus", service="depreciation")
    add_line(None, "2026-03-05", "5", source="focus", service="S3")
    client, asked = signed_in(UserFactory(finance=True)), {"by": ["source", "service"]}
    page = tight(client.get(reverse("costs:unallocated"), asked).content.decode())
    for service in ("Depreciation", "S3"):
        assert f'<th scope="row" class="what">Cloud bill (FOCUS)</th><td>{service}</td>' in page
    assert "?source=focus&amp;service=depreciation" in page


def test_the_list_says_in_plain_words_what_it_holds():
    add_line(None, "2026-03-05", "10", vendor="Acme")
    page = tight(signed_in(UserFactory(finance=True)).get(reverse("costs:unallocated")).content.decode())
    for said in (
        "Largest unallocated costs",
        "Largest first, up to today.",
        "Make a rule uses the values in the row; if they are all empty, group by other fields.",
        "Group by",
    ):
        assert said in page


def test_only_what_is_shown_is_built_and_the_others_are_told_together(monkeypatch):
    built, bundle = [], unallocated.Bundle
    monkeypatch.setattr(unallocated, "Bundle", lambda *given: built.append(given) or bundle(*given))
    lines.add(None, [new_line(None, "2026-03-05", str(10 + at), resource=f"i-{at}") for at in range(53)])
    add_line(None, "2026-03-05", "3", resource="i-0", currency="EUR")
    client = signed_in(UserFactory(finance=True))
    page = tight(client.get(reverse("costs:unallocated"), {"by": "resource"}).content.decode())
    assert [given[0]["resource"] for given in built] == [f"i-{at}" for at in range(52, 2, -1)]
    assert "And 3 more, $33.00 together." in page
    assert "1 line waits" in page


def test_what_is_dated_after_today_counts_neither_in_the_headline_nor_in_a_row(monkeypatch):
    on_day(monkeypatch, "2026-04-10")
    add_line(None, "2026-04-28", "5000", vendor="Ahead")
    client = signed_in(UserFactory(finance=True))
    page = tight(client.get(reverse("costs:unallocated")).content.decode())
    assert "No cost has been recorded yet." in page
    assert "Ahead" not in page


def test_rows_of_the_page_and_of_the_api_add_up_to_the_headline_of_the_day(monkeypatch):
    on_day(monkeypatch, "2026-04-10")
    for vendor, day, amount in (
        ("Both", "2026-03-28", "7"),
        ("Both", "2026-04-28", "5000"),
        ("Now", "2026-04-10", "3"),
    ):
        add_line(None, day, amount, vendor=vendor)
    add_line(None, "2026-04-28", "9", vendor="Both", currency="EUR")
    add_line(None, "2026-05-01", "60", vendor="Next")
    user = UserFactory(finance=True)
    page = tight(signed_in(user).get(reverse("costs:unallocated"), {"by": "vendor"}).content.decode())
    assert '<b class="cost">$10</b> belongs to no initiative.' in page
    assert "waits for an exchange rate" not in page
    headers = bearer(user)
    rows = Client().get("/api/v1/costs/unallocated?by=vendor", headers=headers).json()["items"]
    told = [(row["values"]["vendor"], row["amount"], row["lines"], row["last_month"]) for row in rows]
    assert told == [("Both", "7", 1, "2026-03"), ("Now", "3", 1, "2026-04")]
    assert (
        Client().get("/api/v1/portfolio/summary?as_of=2026-04-10", headers=headers).json()["unallocated"]["value"]
        == "10"
    )
