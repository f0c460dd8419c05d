"""What holds for ten million lines: files within bounds, in portions, with no cursor kept open."""

from datetime import date, timedelta
from itertools import islice

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from costs import lines
from costs.ledger import exports
from costs.ledger import page as ledger_page
from costs.ledger.filters import Filters
from costs.ledger.page import Ledger
from costs.models import CostLine
from tests.costs.factories import add_line, new_line
from tests.costs.test_ledger import walk
from tests.factories import InitiativeFactory, UserFactory

pytestmark = pytest.mark.django_db
MID = date(2026, 3, 14)


@pytest.fixture
def finance() -> User:
    return UserFactory(finance=True)


@pytest.fixture
def many(finance) -> None:
    one = InitiativeFactory(number=1)
    rows = [
        new_line(
            (one, None)[number % 2],
            str(date(2026, 1, 1) + timedelta(days=number * 5 % 97)),
            str(number),
            category=("cloud", "people")[number % 3 % 2],
            currency="EUR" if number % 7 == 0 else "USD",
        )
        for number in range(1, 61)
    ]
    lines.add(finance, rows)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(as_of=MID),
        Filters(as_of=MID, initiative="AI-0001"),
        Filters(pending=True),
        Filters(billed=False),
        Filters(month=date(2026, 2, 1), category="cloud"),
        Filters(provider="nobody"),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_every_line_comes_in_portions_and_in_order_without_a_cursor(many, finance, filters, size, monkeypatch):
    monkeypatch.setattr(ledger_page, "CHUNK", size)
    found = []
    for line in Ledger(filters, finance).every_line():
        found.append(line.pk)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_cursors")
            assert cursor.fetchone() == (0,)
    kept = filters.keep(CostLine.objects.live())
    assert found == [line.pk for line in kept.newest_first()]
    assert found == [line.pk for line in walk(filters, finance, 7)]
    assert bool(found) != bool(filters.provider)


def test_as_of_a_day_inside_a_month_the_sums_are_those_of_the_lines(many, finance):
    for day in (1, 14, 30):
        filters = Filters(as_of=date(2026, 3, day))
        found = walk(filters, finance, 7)
        valued = [line.base_amount for line in found if line.base_amount is not None]
        assert Ledger(filters, finance).sums == (len(found), sum(valued), len(found) - len(valued))


def test_a_workbook_of_too_many_lines_is_refused_with_what_to_do(finance, client: Client, monkeypatch):
    monkeypatch.setattr(exports, "MOST_IN_XLSX", 3)
    client.force_login(finance)
    for number in range(4):
        add_line(None, "2026-03-05", "1", vendor=f"V{number}")
    assert client.get("/costs/export.xlsx?vendor=V1").status_code == 200
    answer = client.get("/costs/export.xlsx?category=cloud")
    assert (answer.status_code, answer["Location"]) == (302, "/costs/?category=cloud")
    said = "An Excel file holds at most 3 lines, and these are 4: take the CSV file, or filter further."
    assert said in client.get(answer["Location"]).content.decode()
    assert len(client.get("/costs/export.csv?category=cloud").getvalue().splitlines()) == 5


def test_a_file_is_begun_before_all_of_it_is_read(many, finance, monkeypatch):
    monkeypatch.setattr(ledger_page, "CHUNK", 5)
    with CaptureQueriesContext(connection) as queries:
        assert len(list(islice(exports.as_csv(Ledger(Filters(), finance).every_line()), 4))) == 4
    assert len(queries) <= 5
