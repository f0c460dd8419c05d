"""The ledger page by page: every line once, in order, counted and added up without reading the lines."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from costs import lines
from costs.ledger import page as ledger_page
from costs.ledger.filters import Filters
from tests.costs.factories import add_line, new_line
from tests.factories import InitiativeFactory, UserFactory

pytestmark = pytest.mark.django_db


def walk(filters: Filters, user, size: int) -> list:
    found, after = [], None
    while True:
        page = ledger_page.Ledger(filters, user).page(after, size)
        found += page.lines
        if page.next_after is None:
            return found
        after = ledger_page.key_of(page.next_after)


@pytest.fixture
def many() -> tuple:
    first, second, finance = InitiativeFactory(), InitiativeFactory(), UserFactory(finance=True)
    rows = [
        new_line(
            (first, second, None)[n % 3],
            str(date(2026, 1, 1) + timedelta(days=n * 5 % 97)),
            str(n),
            category=("cloud", "people")[n % 2],
            currency="EUR" if n % 11 == 0 else "USD",
        )
        for n in range(1, 61)
    ]
    lines.add(finance, rows)
    return first, second, finance


@pytest.mark.parametrize("size", [1, 7, 50, 100])
def test_every_line_is_shown_once_latest_first(many, size):
    found = walk(Filters(), many[2], size)
    assert len({line.pk for line in found}) == len(found) == 60
    assert [line.incurred_on for line in found] == sorted((line.incurred_on for line in found), reverse=True)


@pytest.mark.parametrize(
    "given", [{"category": "cloud"}, {"month": date(2026, 2, 1)}, {"unallocated": True}, {"pending": True}]
)
def test_counts_and_sums_are_those_of_the_lines_shown(many, given):
    filters = Filters(**given)
    found = walk(filters, many[2], 7)
    sums = ledger_page.Ledger(filters, many[2]).sums
    valued = [line.base_amount for line in found if line.base_amount is not None]
    assert sums == (len(found), sum(valued) if valued else None, len(found) - len(valued))
    assert found


def test_a_reader_is_shown_no_confidential_costs():
    secret = InitiativeFactory(confidential=True)
    add_line(secret, "2026-03-05", "100")
    add_line(InitiativeFactory(), "2026-03-05", "7")
    assert ledger_page.Ledger(Filters(), UserFactory()).sums == (1, Decimal(7), 0)
    assert len(walk(Filters(), UserFactory(), 50)) == 1
    assert len(walk(Filters(), secret.owner, 50)) == 2


def test_the_ledger_takes_fifteen_queries_and_reads_only_its_page(many):
    client = Client()
    client.force_login(many[2])
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = client.get(reverse("costs:ledger"))
    assert len(queries) <= 15
    assert len(answer.context["page"].lines) == 50
    assert not [each for each in queries if "count(" in each["sql"].lower() and "costs_costline" in each["sql"]]
    second = client.get(reverse("costs:ledger"), {"after": answer.context["page"].next_after})
    assert len(second.context["page"].lines) == 10
    assert "10 of 60" in second.content.decode()


def test_the_ledger_is_sorted_by_amount_as_long_as_it_is_not_too_long(many, client, monkeypatch):
    client.force_login(many[2])
    url, amounts, after = reverse("costs:ledger"), [], ""
    while after is not None:
        answer = client.get(url, {"sort": "-amount", "after": after})
        amounts += [line.shared_amount for line in answer.context["page"].lines]
        after = answer.context["page"].next_after
    known = [amount for amount in amounts if amount is not None]
    assert (len(amounts), known) == (60, sorted(known, reverse=True))
    assert amounts[len(known) :] == [None] * (60 - len(known))  # what waits for a rate comes last
    page = answer.content.decode()
    assert 'aria-sort="descending"' in page and 'href="?sort=amount"' in page  # from its first page on
    assert "Largest amount first." in page and 'name="sort" value="-amount"' in page
    upward = client.get(url, {"sort": "amount"}).context["page"].lines
    assert [line.shared_amount for line in upward] == sorted(known)[:50]
    with CaptureQueriesContext(connection) as by_date:
        client.get(url)
    with CaptureQueriesContext(connection) as by_amount:
        client.get(url, {"sort": "amount"})
    assert len(by_amount) == len(by_date)
    monkeypatch.setattr(ledger_page, "MOST_SORTED", 59)
    longer = client.get(url, {"sort": "amount"})
    assert "At most 59 lines are sorted by amount" in longer.content.decode()
    assert 'class="sort"' not in longer.content.decode()
    assert longer.context["page"].lines == client.get(url).context["page"].lines


@pytest.mark.parametrize("after", ["x", "1-20260230-" + "0" * 32 + "-1", "9" * 40, ""])
def test_a_place_that_is_none_is_the_first_page(many, after):
    client = Client()
    client.force_login(many[2])
    assert client.get(reverse("costs:ledger"), {"after": after}).context["page"].is_first


@pytest.mark.parametrize(
    ("file", "leads_to"),
    [
        ("/costs/export.csv", "/costs/"),
        ("/costs/export.xlsx", "/costs/"),
        ("/costs/explore.csv", "/costs/explore/"),
        ("/costs/explore.xlsx", "/costs/explore/"),
        ("/costs/explore-focus.csv", "/costs/explore/"),
    ],
)
@pytest.mark.parametrize("asked", ["since=2026-05&until=2026-03", "until=may", "not_stated=x"])
def test_a_file_of_what_makes_no_sense_leads_to_the_page_that_says_so(many, client, file, leads_to, asked):
    client.force_login(many[2])
    answer = client.get(f"{file}?{asked}&vendor=a+b")
    assert (answer.status_code, answer["Location"]) == (302, f"{leads_to}?{asked}&vendor=a+b")
    said = {"since": "The period ends before it begins.", "until": "may", "not_stated": "There is no such field: x."}
    assert said[asked.partition("=")[0]] in client.get(answer["Location"]).content.decode()


def test_a_period_that_ends_before_it_begins_is_said_beside_its_field_and_hides_nothing(many, client):
    client.force_login(many[2])
    page = client.get("/costs/", {"since": "2026-05", "until": "2026-03"}).content.decode()
    assert page.count("The period ends before it begins.") == 1
    assert "open>" in page.partition('class="more-fields"')[2][:20]  # where the field is
