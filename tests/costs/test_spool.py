"""Where the lines of a large file wait: they come back in the order of the index, in parts that fit into memory."""

from __future__ import annotations

import random
import resource
from datetime import date
from typing import Any

import polars as pl
import pytest

from costs.bulk import spool
from imports import files
from tests import own_process

FIRST_DAY = 20_000  # since 1970


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> spool.LineSpool:
    """Return a spool for few lines; it lies where the uploaded file does."""
    files.folder().mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 50)
    monkeypatch.setattr(spool, "TOGETHER", 20)
    return spool.LineSpool()


def test_a_month_of_one_group_comes_off_the_shelf_day_by_day(
    shelf: spool.LineSpool, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, rows_read = pl.read_ipc, []

    def counted(*given: Any, **named: Any) -> pl.DataFrame:
        lines = read(*given, **named)
        rows_read.append(lines.height)
        return lines

    monkeypatch.setattr(pl, "read_ipc", counted)
    days = pl.date_range(date(2026, 3, 1), date(2026, 3, 31), eager=True)
    lines = pl.DataFrame({"group_id": 7, "incurred_on": days, "line_number": pl.int_range(31, eager=True)})
    zero = pl.lit(0, pl.Int64)
    six = lines.clear(60).with_columns(group_id=pl.lit(6, pl.Int32), incurred_on=days[0], line_number=zero)
    eight = six[:1].with_columns(group_id=pl.lit(8, pl.Int32))
    shelf.add(pl.concat([six, eight]))  # by which parts are made: what comes between them is all in the last
    for _ in range(10):
        shelf.add(lines.sample(fraction=1, shuffle=True, seed=1))
    one, *parts = shelf.parts()
    assert one["group_id"].to_list() == [6] * 60
    assert max(part.height for part in parts) == 40  # a piece of two days, and the next
    last = parts[-1].filter(pl.col("group_id") == 8)
    assert last.equals(eight)
    parts[-1] = parts[-1].filter(pl.col("group_id") == 7)
    assert [day for part in parts for day in sorted(part["incurred_on"].unique())] == days.to_list()
    assert pl.concat(parts).sort("line_number").equals(pl.concat([lines] * 10).sort("line_number"))
    assert sum(rows_read) == 3 * 371  # places looked at, cut, given back: however many pieces there are


def test_parts_come_off_the_shelf_in_the_order_of_the_index(shelf: spool.LineSpool) -> None:
    chance, days = random.Random(3), pl.date_range(date(2026, 1, 1), date(2026, 12, 31), eager=True)
    given = []
    for number in range(2_000):  # in the order of the days, as bills are: groups that come later among them
        group = chance.randrange(1, 5 + number // 100)
        given.append((group, days[number * 365 // 2_000], number))
    schema = {"group_id": pl.Int64, "incurred_on": pl.Date, "line_number": pl.Int64}
    for start in range(0, 2_000, 100):
        shelf.add(pl.DataFrame(given[start : start + 100], schema, orient="row"))
    parts = [part.sort("group_id", "incurred_on") for part in shelf.parts()]
    assert len(parts) > 10
    assert max(part.height for part in parts) <= 60
    order = [row[:2] for part in parts for row in part.iter_rows()]
    assert order == sorted(order)
    assert sorted(row for part in parts for row in part.iter_rows()) == sorted(given)


def test_groups_that_come_one_after_the_other_are_laid_out_once(
    shelf: spool.LineSpool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a bill sorted by resource has them: everything after the first lines lies beyond the parts of these."""
    cut: list[int] = []
    monkeypatch.setattr(spool, "_cut", lambda part, folder: cut.append(len(part)) or iter([]))
    days = pl.int_range(FIRST_DAY, FIRST_DAY + 10, dtype=pl.Int32, eager=True).cast(pl.Date)
    for group in range(200):
        shelf.add(pl.DataFrame({"group_id": group, "incurred_on": days, "line_number": pl.int_range(10, eager=True)}))
    parts = list(shelf.parts())
    assert (cut, sum(part.height for part in parts)) == ([], 2_000)
    assert max(part.height for part in parts) <= 40
    assert [group for part in parts for group in part["group_id"].unique().sort()] == sorted(
        group for part in parts for group in part["group_id"].unique()
    )


def give_back(rows: int) -> None:
    """Be a worker that lays out lines of a resource and a day each, and takes them back; end with 1 if in too much."""
    files.folder().mkdir(parents=True, exist_ok=True)
    lines, given, block = spool.LineSpool(), 0, 20_000
    for start in range(0, rows, block):
        number = pl.int_range(start, start + block, eager=True)
        day = (FIRST_DAY + number % 30).cast(pl.Int32).cast(pl.Date)
        amount = "12.3456" + number.cast(pl.String)
        lines.add(pl.DataFrame({"group_id": number // 30, "incurred_on": day, "line_number": number, "amount": amount}))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    given = sum(part.height for part in lines.parts())
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    raise SystemExit(0 if given == rows and more < MOST_MEGABYTES else f"{given} lines, {more:.0f} MB more")


MOST_MEGABYTES = 100


@pytest.mark.django_db(transaction=True)
def test_two_million_lines_of_as_many_groups_and_days_come_back_in_little_memory() -> None:
    process = own_process.start(give_back, 2_000_000)
    process.join()
    assert process.exitcode == 0
