"""Cells and rows that are too large, in the kinds of files whose readers have no limit of their own."""

from __future__ import annotations

import random

import polars as pl
import pytest

from costs.models import CostLine
from tests.imports.files import bring_in
from tests.imports.test_kinds import altered, parquet, sheet

pytestmark = pytest.mark.django_db
LONG = random.Random(1).randbytes(500_001).hex()
HEADER = ["incurred_on", "category", "amount", "currency", "description", "vendor"]
NEEDED = {
    **{name: ["2026-03-05T10:00:00Z"] * 2 for name in ("ChargePeriodStart", "ChargePeriodEnd")},
    "BilledCost": ["1", "2"], "BillingCurrency": ["USD"] * 2, "ChargeCategory": ["Usage"] * 2,
    "ProviderName": ["AWS"] * 2, "ServiceName": ["EC2"] * 2,
}  # fmt: skip
GOOD = ["2026-03-05", "cloud", "1", "USD", "x", "y"]


def workbook(*rows: list[str]) -> bytes:
    return altered(sheet(HEADER, *rows), lambda _name, part: part.replace(b"LONG", LONG.encode()))


def test_a_cell_of_a_sheet_that_is_too_long_rejects_its_row_which_is_kept_without_it() -> None:
    job = bring_in("costs_csv", workbook(GOOD, [*GOOD[:4], "LONG", "y"], [*GOOD[:4], "x", "y", "LONG"]))
    assert (job.state, job.rows_created, job.rows_rejected) == ("done", 1, 2)
    assert [(row.line, row.translated, row.cells) for row in job.rejected.all()] == [
        (3, "The row has a cell of more than 1,000,000 characters, which is not kept.", [*GOOD[:4], "", "y"]),
        (4, "The row has 7 cells, the header has 6.", [*GOOD, ""]),
    ]
    assert CostLine.objects.count() == 1


def test_a_row_that_is_too_long_is_kept_without_its_cells() -> None:
    long = LONG[:1_000_000]
    wide = [f"x_{number}" for number in range(9)]
    job = bring_in("focus", parquet(pl.DataFrame(NEEDED | {key: ["", long] for key in wide})))
    assert (job.state, job.rows_created, job.amount_total) == ("done", 1, 1)
    row = job.rejected.get()
    said = "The row has more than 8,000,000 characters, which are not kept."
    assert (row.line, row.translated, row.cells) == (2, said, [])
    fewer = bring_in("focus", parquet(pl.DataFrame(NEEDED | {key: ["", long] for key in wide[:7]})))
    assert (fewer.rows_created, fewer.rows_unchanged, fewer.rows_rejected) == (1, 1, 0)


def test_a_heading_that_is_too_long_refuses_the_file() -> None:
    job = bring_in("focus", parquet(pl.DataFrame(NEEDED | {LONG: ["", ""]})))
    said = "The cell that begins on line 1 is larger than 1,000,000 characters."
    assert (job.state, str(job.reasons.get()), job.header) == ("failed", said, [])
