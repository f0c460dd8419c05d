"""How many lines of a large table the ledger reads, as the database counts them: few, whatever there is."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection

from accounts.errors import RuleError
from accounts.models import User
from costs import lines
from costs.ledger import page as ledger_page
from costs.ledger import search
from costs.ledger.filters import Filters
from costs.ledger.page import Ledger
from costs.models import CostLine
from imports.models import Import
from tests.costs.factories import new_line
from tests.costs.lines_read import lines_read
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("large ledger")]
MID, MARCH, MAY = date(2026, 3, 14), date(2026, 3, 1), date(2026, 5, 1)
GROUPS, DAYS, IMPORTED = 100, 600, 6_000
# 60,000 lines of 100 groups over 20 months, which ten imports brought, and their sums. Every hundredth is pending.
LINES = """
INSERT INTO costs_costline (group_id, incurred_on, fingerprint, occurrence, amount, rate, base_amount, withdrawn,
                            recorded_at, is_correction, description, import_id)
SELECT id, date '2026-05-28' - n, gen_random_uuid(), 1, n, CASE WHEN n % 100 > 0 THEN 1 END,
       CASE WHEN n % 100 > 0 THEN n END, '', now(), false, 'part ' || n, n / 60 + 1
FROM generate_series(0, 599) AS n CROSS JOIN costs_chargegroup ORDER BY n
"""
SUMS = """
INSERT INTO costs_groupmonth (group_id, month, lines, pending, gross)
SELECT group_id, date_trunc('month', incurred_on)::date, count(*), count(*) - count(base_amount),
       coalesce(sum(base_amount), 0) FROM costs_costline GROUP BY 1, 2
"""
# Each line of March was restated again and again; what does not count any more lies on the same key.
VERSIONS = """
INSERT INTO costs_costline (group_id, incurred_on, fingerprint, occurrence, amount, withdrawn, withdrawn_at,
                            recorded_at, is_correction)
SELECT group_id, incurred_on, fingerprint, version, 1, 'restated', now(), now(), false
FROM costs_costline CROSS JOIN generate_series(2, 5) AS version
WHERE incurred_on >= '2026-03-01' AND incurred_on < '2026-04-01' AND group_id % 10 = 0
"""


@pytest.fixture(scope="module")
def finance(kept_for_the_module: None) -> User:
    user = UserFactory(finance=True)
    lines.add(user, [new_line(None, "2026-03-05", "1", resource=f"i-{number}") for number in range(GROUPS)])
    for number in range(1, 11):
        Import.objects.create(pk=number, format="focus", file_size=1, rows_created=IMPORTED)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM costs_costline; DELETE FROM costs_groupmonth")
        cursor.execute(LINES)
        cursor.execute(SUMS)
        cursor.execute("SELECT brin_summarize_new_values('cost_line_import')")
        cursor.execute("ANALYZE costs_costline, costs_groupmonth, costs_chargegroup")
    return user


def read_by(work: Callable[[], object]) -> int:
    before = lines_read()
    work()
    return lines_read() - before


@pytest.mark.parametrize(
    ("filters", "most"),
    [
        (Filters(), 4_000),
        (Filters(as_of=MID), 4_000),
        (Filters(as_of=MID, unallocated=True), 4_000),
        (Filters(month=date(2026, 2, 1)), 4_000),
        (Filters(pending=True), 200),
        (Filters(pending=True, as_of=MID), 200),
    ],
)
def test_a_page_and_its_sums_read_few_lines(finance, filters, most):
    def show():
        ledger = Ledger(filters, finance)
        assert len(ledger.page(None).lines) == 50
        assert ledger.sums.lines > 50

    assert read_by(show) < most


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "part 77"}, 100),
        ({"billed": False}, 3_100),
        ({"import_id": 2}, 2_900),
        ({"import_id": 2, "q": "part 77"}, 100),
        ({"pending": True, "billed": False, "month": MAY}, 100),
    ],
)
def test_what_is_looked_for_within_a_month_does_not_have_other_months_read(finance, monkeypatch, asked, found):
    monkeypatch.setattr(Filters, "MOST_READ", 5_000)  # so that the import is a large one
    filters = Filters(**{"month": MARCH, **asked})
    search.check(filters, finance)

    def show():
        ledger = Ledger(filters, finance)
        assert len(ledger.page(None).lines) == min(found, 50)
        assert ledger.sums.lines == found

    # To count, to add up and to show, each line of the month at most twice: to find it, and to fetch it.
    assert read_by(show) < 7 * 3_100


def test_of_a_small_import_its_own_lines_are_read(finance):
    def show():
        search.check(Filters(import_id=2), finance)
        ledger = Ledger(Filters(import_id=2), finance)
        assert (len(ledger.page(None).lines), ledger.sums.lines) == (50, IMPORTED)

    # To count, to add up and to show: ranges of pages, which hold lines of its neighbours as well. Not once the table.
    assert read_by(show) < GROUPS * DAYS


@pytest.mark.parametrize(
    "asked", [{"billed": False}, {"billed": True}, {"import_id": 2}, {"q": "1"}, {"q": "1", "import_id": 2}]
)
def test_what_is_looked_for_in_too_many_lines_is_refused_before_they_are_read(finance, monkeypatch, asked):
    monkeypatch.setattr(Filters, "MOST_READ", 5_000)

    def look():
        with pytest.raises(RuleError) as refused:
            search.check(Filters(**asked), finance)
        assert [name for name, _said in refused.value.errors] == list(asked)

    assert read_by(look) == 0


def test_versions_that_do_not_count_any_more_are_read_too_and_so_they_are_bounded(finance, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute(VERSIONS)
    monkeypatch.setattr(Filters, "MOST_READ", 4_000)
    wanted = Filters(q="part 77", month=MARCH)
    assert Ledger(Filters(month=MARCH), finance).sums.lines == 3_100
    with pytest.raises(RuleError) as refused:
        search.check(wanted, finance)
    said = "at most 4,000 versions of lines. The 3,100 lines that the other filters keep have more: choose a month"
    assert said in refused.value.message
    monkeypatch.setattr(Filters, "MOST_READ", 4_340)
    search.check(wanted, finance)


@pytest.mark.parametrize(("is_one_day", "size"), [(False, 40), (False, 1_000), (True, 300), (True, 1_000)])
def test_a_file_reads_each_line_about_once_however_many_portions_a_month_or_a_day_has(
    finance, is_one_day, size, monkeypatch
):
    monkeypatch.setattr(ledger_page, "CHUNK", size)
    if is_one_day:
        CostLine.objects.filter(incurred_on__gte="2026-03-01", incurred_on__lt="2026-04-01").update(incurred_on=MID)
    before = lines_read()
    found = list(Ledger(Filters(month=MARCH), finance).every_line())
    read = lines_read() - before
    assert len(found) == 3_100
    assert read < 3 * len(found)  # to find it, under twice; to fetch it, once
