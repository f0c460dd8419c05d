"""One bill of FOCUS as CSV, compressed and as Parquet with typed columns; columns that came with FOCUS 1.2."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from costs import totals
from costs.models import ChargeGroup, CostLine
from tests.costs.allocation.test_places import LATER
from tests.costs.importers.test_focus import BILLED_SUM, ROW, SAMPLE
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
AMOUNTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
MOMENTS = ("ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodStart", "BillingPeriodEnd")
MAP = pl.List(pl.Struct({"key": pl.String, "value": pl.String}))


def as_parquet(text: bytes) -> bytes:
    """Write the rows of a CSV file with exact amounts, moments in UTC and tags as a map."""
    table = pl.read_csv(text, infer_schema=False, null_values="NULL")
    tags = [
        None if each is None else [{"key": k, "value": v} for k, v in json.loads(each).items()]
        for each in table["Tags"]
    ]
    file = io.BytesIO()
    table.with_columns(
        pl.col(*AMOUNTS).str.to_decimal(scale=18),
        pl.col(*MOMENTS).str.to_datetime("%Y-%m-%d %H:%M:%S", time_zone="UTC"),
        pl.Series("Tags", tags, MAP),
    ).write_parquet(file)
    return file.getvalue()


def as_it_is(text: bytes) -> bytes:
    return text


@pytest.mark.parametrize("written", [as_it_is, gzip.compress, as_parquet])
def test_the_sample_comes_to_its_sum_in_every_kind_of_file(
    written: Callable[[bytes], bytes], shared_data: Path
) -> None:
    text = (shared_data / SAMPLE).read_bytes()
    job = bring_in("", written(text))
    assert (job.format, job.state, job.rows_created, job.rows_rejected) == ("focus", "done", 1_000, 0)
    assert job.amount_total == totals.unallocated(LATER).gross == BILLED_SUM
    assert CostLine.objects.count() == 1_000
    assert bring_in("focus", text).rows_unchanged == 1_000  # tags, periods and all else as the CSV file has them


def test_the_invoice_of_a_row_is_kept_with_what_it_is_about() -> None:
    row = {**ROW, "InvoiceId": "INV-2026-03", "PricingCurrency": "USD", "CapacityReservationId": ""}
    file = io.StringIO()
    writer = csv.DictWriter(file, list(row))
    writer.writeheader()
    writer.writerow(row)
    job = bring_in("", file.getvalue())
    assert (job.format, job.rows_created, job.rows_rejected, job.amount_total) == ("focus", 1, 0, Decimal("1.5"))
    assert ChargeGroup.objects.get().details["InvoiceId"] == "INV-2026-03"


def test_a_tag_without_a_value_in_a_map_of_parquet_is_left_out() -> None:
    tags = pl.Series("Tags", [[{"key": "team", "value": "ops"}, {"key": "k", "value": None}]], MAP)
    file = io.BytesIO()
    pl.DataFrame(ROW).with_columns(tags).write_parquet(file)
    job = bring_in("focus", file.getvalue())
    assert (job.rows_created, job.rows_rejected, ChargeGroup.objects.get().tags) == (1, 0, {"team": "ops"})


def test_a_period_beyond_all_years_rejects_its_row_of_a_parquet_file_with_what_stands_there() -> None:
    counts = [int(datetime.fromisoformat(ROW["ChargePeriodStart"]).timestamp() * 1_000_000), 2**62]
    begins = pl.Series("ChargePeriodStart", counts, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    file = io.BytesIO()
    pl.DataFrame([ROW, ROW]).with_columns(begins).write_parquet(file)
    job = bring_in("focus", file.getvalue())
    assert (job.rows_created, job.rows_rejected) == (1, 1)
    row = job.rejected.get()
    assert (row.line, row.column) == (2, "ChargePeriodStart")
    assert "4611686018427387904 us since 1970-01-01" in row.cells
