"""Quarters and years in the explorer are those of the organisation's fiscal year."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from accounts.models import Organisation
from costs.explorer.pivot import Pivot, pivot
from costs.explorer.question import Question, with_period
from costs.ledger.filters import Filters
from costs.ledger.page import Ledger
from tests.costs.factories import add_line
from tests.factories import UserFactory, bearer

pytestmark = pytest.mark.django_db
NOW = time_machine.travel("2026-11-25", tick=False)
# From April 2025 to March 2027, a power of two a month: every sum says which months are in it.
MONTHS = [date(2025 + number // 12, number % 12 + 1, 1) for number in range(3, 27)]


@pytest.fixture
def spent():
    for number, month in enumerate(MONTHS):
        add_line(None, month.isoformat(), str(2**number))


def ask(rows: str, year_start: int, **filters) -> Pivot:
    given = {"since": MONTHS[0], "until": MONTHS[-1], "as_of": date(2027, 3, 31)} | filters
    question = Question(with_period(Filters(**given)), rows, "none", year_start=year_start)
    return pivot(question, UserFactory(finance=True))


def sums(found: Pivot) -> dict[str, Decimal]:
    return {row.heading.name: row.total for row in found.rows}


def of(*numbers: int) -> int:
    return sum(2**number for number in numbers)


def test_a_year_that_begins_in_april_has_its_third_quarter_from_october_to_december(spent):
    found = ask("quarter", 4)
    assert sums(found) == {
        **{f"2025-Q{quarter}": of(*range(3 * quarter - 3, 3 * quarter)) for quarter in (1, 2, 3, 4)},
        **{f"2026-Q{quarter}": of(*range(9 + 3 * quarter, 12 + 3 * quarter)) for quarter in (1, 2, 3, 4)},
    }
    third = next(row.heading for row in found.rows if row.heading.name == "2026-Q3")
    assert (third.label, third.full) == ("Q3 FY 2026", "Q3 FY 2026 (Oct 2026–Dec 2026)")
    assert (third.changes["since"], third.changes["until"]) == (date(2026, 10, 1), date(2026, 12, 1))


@pytest.mark.parametrize(
    ("year_start", "expected"),
    [
        (1, {"2025": of(*range(9)), "2026": of(*range(9, 21)), "2027": of(21, 22, 23)}),
        (4, {"2025": of(*range(12)), "2026": of(*range(12, 24))}),
        (2, {"2025": of(*range(10)), "2026": of(*range(10, 22)), "2027": of(22, 23)}),
        (12, {"2024": of(*range(8)), "2025": of(*range(8, 20)), "2026": of(*range(20, 24))}),
    ],
)
def test_a_year_is_called_by_the_one_in_which_it_begins(spent, year_start, expected):
    found = ask("year", year_start)
    assert sums(found) == expected
    assert (found.rows[0].heading.full == found.rows[0].heading.label) is (year_start == 1)


def test_a_february_start_makes_quarters_of_its_own(spent):
    found = sums(ask("quarter", 2))
    assert found["2025-Q1"] == of(0)  # April; February and March lie before the period
    assert found["2025-Q2"] == of(1, 2, 3)
    assert found["2025-Q4"] == of(7, 8, 9)


@pytest.mark.parametrize("year_start", [1, 2, 4, 10, 12])
def test_a_cell_and_the_ledger_that_it_opens_say_the_same(spent, year_start):
    for rows in ("quarter", "year"):
        found = ask(rows, year_start, as_of=date(2026, 11, 25), since=date(2025, 6, 1))
        for row in found.rows:
            opened = Ledger(found.opened(row.heading), UserFactory(finance=True)).sums.gross
            assert opened == row.total, row.heading


@NOW
def test_page_file_and_api_use_the_organisations_year(spent):
    Organisation.objects.create(base_currency="USD", fiscal_year_start=4)
    client, user = Client(), UserFactory(finance=True)
    client.force_login(user)
    asked = "?rows=quarter&columns=none&since=2026-04"
    page = client.get(f"/costs/explore/{asked}").content.decode()
    assert "Q3 FY 2026 (Oct 2026–Dec 2026)" in page
    assert "Fiscal quarter" in page
    rows = client.get(f"/costs/explore.csv{asked}").getvalue().decode().splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ["2026-Q1", "2026-Q2", "2026-Q3", "total"]
    items = client.get(f"/api/v1/costs/explore{asked}", headers=bearer(user)).json()["items"]
    assert [(item["name"], item["total"]) for item in items] == [
        ("2026-Q1", str(of(12, 13, 14))),
        ("2026-Q2", str(of(15, 16, 17))),
        ("2026-Q3", str(of(18, 19))),
    ]
    years = client.get("/costs/explore/?rows=category&columns=year&since=2025-04", headers={"accept-language": "ja"})
    assert "2026年度（2026年4月～2027年3月）" in years.content.decode()


@NOW
def test_a_year_from_january_on_is_said_as_the_language_does(spent):
    Organisation.objects.create(base_currency="USD", fiscal_year_start=1)
    client = Client()
    client.force_login(UserFactory(finance=True))
    for language, said in (("en", "2026"), ("ja", "2026年")):
        page = client.get("/costs/explore/?rows=year&columns=none&since=2026-01", headers={"accept-language": language})
        assert f">{said}</a></th>" in page.content.decode()
