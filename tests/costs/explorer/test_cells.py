"""Every amount of the explorer's table opens exactly its lines: cells, totals, and what stands together."""

import csv
import io
import re
from datetime import date
from decimal import Decimal
from html import unescape
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client

from accounts.changes import changing
from costs import lines
from costs.allocation import places as allocation
from costs.explorer import forms, table
from costs.explorer.dimensions import ALL
from costs.explorer.pivot import Pivot, pivot
from costs.explorer.question import Question, with_period
from costs.ledger.filters import Filters
from costs.ledger.page import Ledger
from costs.models import AiCategory, AllocationRule, ChargeGroup, Kind
from projects import units
from projects.models import Hosting
from projects.stages import Stage
from tests.costs.factories import add_line, new_line
from tests.factories import InitiativeFactory, UserFactory, bearer

pytestmark = pytest.mark.django_db
SINCE, UNTIL = date(2026, 1, 1), date(2026, 6, 1)
NOW = time_machine.travel("2026-06-20", tick=False)
CATEGORIES = ("cloud", "tokens", "people", "licences", "data")


@pytest.fixture
def spent(monkeypatch):
    """A power of two a line, so that every sum says which lines are in it: of four units, services and so on."""
    monkeypatch.setattr(forms.ExploreForm.base_fields["top"], "choices", [(top, top) for top in ("1", "2")])
    wide = [units.find_or_make(path, None) for path in ("Claims", "Claims / Motor", "Claims / Home", "Sales", "Life")]
    places = [InitiativeFactory(business_unit=unit) for unit in [*wide, None]]
    for number, initiative in enumerate([None, None, *reversed(places)]):
        vendor, service = f"Vendor {number % 5}" if number else "", f"service {number % 4}"
        group = add_line(
            initiative, f"2026-0{number % 6 + 1}-05", str(2**number), vendor=vendor, category=CATEGORIES[number % 5]
        ).group
        ChargeGroup.objects.filter(pk=group.pk).update(service=service, account=f"a{number}", kind=Kind.ENTERED)
    add_line(None, "2026-06-19", "256", vendor="shared")
    add_line(None, "2026-06-25", "512", vendor="VENDOR 1")  # dated ahead: in no sum as of the 20th
    rule = AllocationRule.objects.create(name="r", match={"vendor": "shared"})
    rule.parts.create(initiative=places[0], share=Decimal("0.25"))
    rule.parts.create(initiative=places[4], share=Decimal("0.5"))
    with changing(None):
        allocation.synchronise()
    return places


def ask(rows: str, columns: str, top: int, user, **filters) -> Pivot:
    given = {"since": SINCE, "until": UNTIL, "as_of": date(2026, 6, 20)} | filters
    return pivot(Question(with_period(Filters(**given)), rows, columns, top), user)


def opened(found: Pivot, user, *headings) -> Decimal:
    return Ledger(found.opened(*headings), user).sums.gross or Decimal(0)


@pytest.mark.parametrize("rows", [each.name for each in ALL if each.name not in ("stage", "hosting", "source")])
def test_each_cell_and_total_of_every_dimension_is_the_sum_of_the_lines_that_it_opens(spent, rows):
    finance = UserFactory(finance=True)
    for columns in {"vendor", "business_unit", "quarter"} - {rows}:
        found = ask(rows, columns, 2, finance)
        assert opened(found, finance) == found.total == 511
        for row in found.rows:
            assert opened(found, finance, row.heading) == row.total, (rows, row.heading)
            for column, amount in zip(found.columns, row.cells, strict=True):
                assert amount is None or opened(found, finance, row.heading, column) == amount, (row.heading, column)
        for column, amount in zip(found.columns, found.totals, strict=True):
            assert opened(found, finance, column) == amount, (columns, column)


@pytest.mark.parametrize(
    "filters",
    [
        {"business_unit": "Claims"},
        {"stage": "draft"},
        {"unallocated": True},
        {"not_stated": ("vendor",)},
        {"category": "cloud"},
    ],
)
def test_what_stands_together_opens_its_lines_beside_other_filters_too(spent, filters):
    finance = UserFactory(finance=True)
    for rows, columns in (("business_unit", "vendor"), ("vendor", "initiative"), ("business_unit", "initiative")):
        found = ask(rows, columns, 1, finance, **filters)
        for row in found.rows:
            for column, amount in zip(found.columns, row.cells, strict=True):
                assert amount is None or opened(found, finance, row.heading, column) == amount, (row.heading, column)


@pytest.mark.parametrize("columns", ["none", "service", "month"])
def test_a_period_that_ends_ahead_opens_no_more_lines_than_are_summed(spent, columns):
    finance = UserFactory(finance=True)
    for number, vendor in enumerate(("Vendor 1", "Vendor 2", "ahead")):
        add_line(None, "2026-08-05", str(1024 * 2**number), vendor=vendor)
    with time_machine.travel("2026-06-30", tick=False):  # nothing of the last month is left out: no day is told
        found = ask("vendor", columns, 2, finance, until=date(2026, 12, 1), as_of=date(2026, 6, 30))
        assert opened(found, finance) == found.total == 1023
        for row in found.rows:
            assert opened(found, finance, row.heading) == row.total, row.heading
            for column, amount in zip(found.columns, row.cells, strict=True):
                assert amount is None or opened(found, finance, row.heading, column) == amount, (row.heading, column)


def test_a_period_that_lies_ahead_as_a_whole_opens_nothing(client: Client):
    client.force_login(UserFactory(finance=True))
    add_line(None, "2026-08-05", "1")
    with time_machine.travel("2026-06-30", tick=False):
        found = client.get("/costs/explore/?since=2026-08&until=2026-12").context["found"]
        address = urlencode(found.opened().words())
        shown = client.get(f"/costs/?{address}").context
        assert (found.total, shown["filters"].errors, shown["sums"].lines) == (0, {}, 0)


def test_what_is_dated_later_this_month_is_not_taken_off_a_period_that_begins_after_it(client: Client):
    client.force_login(UserFactory(finance=True))
    add_line(None, "2026-06-25", "512")
    with time_machine.travel("2026-06-20", tick=False):
        assert client.get("/costs/explore/?since=2026-08&until=2026-12").context["found"].total == 0


def test_lines_that_wait_and_lie_ahead_are_in_no_count_of_the_explorer(client: Client):
    client.force_login(UserFactory(finance=True))
    for on in ("2026-05-05", "2026-08-05"):
        add_line(None, on, "1", currency="XTS")
    with time_machine.travel("2026-06-30", tick=False):
        shown = client.get("/costs/explore/?since=2026-01&until=2026-12")
        assert shown.context["pending"] == 1
        assert client.get(shown.context["pending_url"]).context["sums"].lines == 1


def test_what_could_stand_together_by_stage_has_always_a_row_of_its_own():
    least = int(forms.TOPS[0][0])
    assert max(len(each.choices) + 1 for each in (Stage, Hosting, Kind, AiCategory)) <= least


def amounts(page: str) -> list[tuple[str, str]]:
    """Return address and text of every amount of the table, totals included."""
    (body,) = re.findall(r"<tbody>.*</tfoot>", page, re.DOTALL)
    return [(unescape(url), text) for url, text in re.findall(r'<a href="(/costs/\?[^"]*)">([^<]*)</a>', body)]


def lines_sum(client: Client, url: str) -> Decimal:
    answer = client.get(url.replace("/costs/?", "/costs/export.csv?"))
    rows = csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig")))
    return sum((Decimal(row["base_amount"]) * Decimal(row["share"]) for row in rows), Decimal(0))


@pytest.fixture
def many():
    """Sixteen vendors over 40 months: more than the page shows by themselves, either way."""
    months = [date(2023 + (number + 2) // 12, (number + 2) % 12 + 1, 1) for number in range(40)]
    given = [("2026-05-05", f"{2**number}.25", f"Vendor {number}") for number in range(16)]
    given += [(f"{month}", "1", "Vendor 15") for month in months] + [("2023-03-02", "0.5", "Vendor 0")]
    with NOW:
        lines.add(None, [new_line(None, on, amount, vendor=vendor) for on, amount, vendor in given])
        yield


def test_on_the_page_each_kind_of_amount_leads_to_lines_that_come_to_it(many, django_assert_num_queries):
    client = Client()
    client.force_login(UserFactory(finance=True))
    page = client.get("/costs/explore/?rows=vendor&columns=month&since=2023-03&until=2026-06").content.decode()
    found = amounts(page)
    sums = [text for _url, text in found]
    assert sums[:2] == ["4.00", "1.00"]  # the largest vendor, before the last 36 months and in the first of them
    more, everything = sums[-41:-38], sums[-38:]
    assert more == ["0.50", "16.00", "16.50"]  # before, in May 2026, in all
    assert everything[:2] + everything[-3:] == ["4.50", "1.00", "65,540.00", "1.00", "65,579.50"]
    for url, text in found[:3] + found[-42:-36] + found[-3:]:
        assert f"{lines_sum(client, url):,.2f}" == text, url
    rest = dict.fromkeys(url for url, _text in found if "rest_of=rows" in url)
    assert [lines_sum(client, url) for url in rest] == [Decimal("0.5"), Decimal("16"), Decimal("16.5")]
    assert all(len(url) < 300 for url in rest)
    client.get(url)  # the first of a process fetches what is kept
    with django_assert_num_queries(17):
        told = client.get(list(rest)[-1]).content.decode()
    assert "5 lines</b> come to" in told
    assert "Only what a table of the explorer puts together as “more”: Vendor." in told
    assert 'href="/costs/explore/?rows=vendor&amp;since=2023-03"' in told


def test_the_api_lists_the_lines_of_what_stands_for_several(many):
    asked = "rows=vendor&columns=none&since=2023-03&until=2026-06"
    answer = (
        Client()
        .get("/api/v1/costs", {"rest_of": "rows", "table": asked}, headers=bearer(UserFactory(finance=True)))
        .json()
    )
    assert sorted((item["vendor"], item["amount"]) for item in answer["items"]) == [
        ("Vendor 0", "0.5"),
        ("Vendor 0", "1.25"),
        ("Vendor 1", "2.25"),
        ("Vendor 2", "4.25"),
        ("Vendor 3", "8.25"),
    ]


TABLE = "rows=vendor&columns=none&since=2023-03&until=2026-06"


def listed(**asked: str) -> list[str]:
    """Return the amounts of the lines that the API lists."""
    answer = Client().get("/api/v1/costs", {"limit": "200"} | asked, headers=bearer(UserFactory(finance=True)))
    return sorted(item["amount"] for item in answer.json()["items"])


def test_the_filters_and_the_period_of_the_table_hold_for_what_stands_together_there(many):
    assert listed(rest_of="rows", table="rows=vendor&columns=none&since=2026-01&until=2026-06") == [
        "1.25", "2.25", "4.25", "8.25",
    ]  # fmt: skip
    assert listed(rest_of="rows", table=TABLE + "&vendor=vendor+1") == []  # it has a row of its own
    assert listed(rest_of="rows", table=TABLE, month="2023-03") == ["0.5"]
    assert listed(rest_of="rows", table=TABLE, since="2026-05") == ["1.25", "2.25", "4.25", "8.25"]
    assert listed(rest_of="rows", table=TABLE + "&unallocated=on", until="2023-12") == ["0.5"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"rest_of": "row", "table": TABLE}, "rest_of"),
        ({"rest_of": "rows,", "table": TABLE}, "rest_of"),
        ({"rest_of": "rows"}, "table"),
        ({"rest_of": "rows", "table": ""}, "table"),
        ({"rest_of": "rows", "table": "rows=vendors"}, "table"),
        ({"rest_of": "rows", "table": TABLE + "&vendor=" + "a" * 8_000}, "table"),
        ({"rest_of": "rows", "table": TABLE, "since": "2026-07"}, "until"),
    ],
)
def test_the_rest_of_no_table_is_refused_and_not_all_that_there_is(many, asked, field):
    answer = Client().get("/api/v1/costs", asked, headers=bearer(UserFactory(finance=True)))
    assert (answer.status_code, [error["field"].split(".")[-1] for error in answer.json()["errors"]]) == (422, [field])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"rest_of": "row", "table": TABLE}, "There is no such field: row."),
        ({"rest_of": "rows"}, "This is no table of the cost explorer."),
        ({"rest_of": "rows", "table": "rows=vendors"}, "This is no table of the cost explorer."),
        (
            {"rest_of": "rows", "table": TABLE + "&vendor=" + "a" * 8_000},
            "Ensure this value has at most 8000 characters",
        ),
    ],
)
def test_the_page_says_that_it_shows_no_rest(many, asked, said):
    client = Client()
    client.force_login(UserFactory(finance=True))
    page = client.get("/costs/", asked)
    text = page.content.decode()
    assert (said in text, page.context["rest"]) == (True, None)
    assert client.get("/costs/export.csv", asked).status_code == 302


def test_a_name_that_stands_for_many_tells_them_apart_as_far_as_a_page_can(many, monkeypatch):
    client = Client()
    client.force_login(UserFactory(finance=True))
    asked = "/costs/explore/?rows=vendor&columns=none&since=2023-03&until=2026-06"
    (name,) = re.findall(r'<th scope="row"><a href="([^"]*)">4 more', client.get(asked).content.decode())
    assert "4 more" not in client.get(f"/costs/explore/{unescape(name)}").content.decode()
    monkeypatch.setattr(table, "MOST_ALONE", 12)
    (name,) = re.findall(r'<th scope="row"><a href="([^"]*)">4 more', client.get(asked).content.decode())
    assert lines_sum(client, unescape(name)) == Decimal("16.5")
