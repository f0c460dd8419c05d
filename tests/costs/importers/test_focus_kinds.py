"""One bill of FOCUS as CSV, compressed and as Parquet with typed columns; complete headers of 1.0, 1.1 and 1.2."""

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


# Complete headers. Which version brought which column: FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec, CHANGELOG.md,
# "Columns History" (the sample has the 43 of 1.0); of 1.2 https://focus.finops.org/focus-specification/v1-2/.
FOCUS_1_0 = [
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription",
    "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "CommitmentDiscountCategory", "CommitmentDiscountId",
    "CommitmentDiscountName", "CommitmentDiscountStatus", "CommitmentDiscountType", "ConsumedQuantity",
    "ConsumedUnit", "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceIssuerName", "ListCost",
    "ListUnitPrice", "PricingCategory", "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName",
    "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType", "ServiceCategory", "ServiceName",
    "SkuId", "SkuPriceId", "SubAccountId", "SubAccountName", "Tags",
]  # fmt: skip
FOCUS_1_1 = sorted(
    [
        *FOCUS_1_0, "CapacityReservationId", "CapacityReservationStatus", "CommitmentDiscountQuantity",
        "CommitmentDiscountUnit", "ServiceSubcategory", "SkuMeter", "SkuPriceDetails",
    ]
)  # fmt: skip
FOCUS_1_2 = sorted(
    [
        *FOCUS_1_1, "BillingAccountType", "InvoiceId", "PricingCurrency", "PricingCurrencyContractedUnitPrice",
        "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "SubAccountType",
    ]
)  # fmt: skip
VERSIONS = {"1.0": (FOCUS_1_0, 43), "1.1": (FOCUS_1_1, 50), "1.2": (FOCUS_1_2, 57)}
# A charge of ours with something in every column.
CHARGE = {
    **ROW, "AvailabilityZone": "use1-az1", "BillingAccountName": "Ours", "BillingAccountType": "Payer",
    "BillingPeriodEnd": "2026-04-01T00:00:00Z", "BillingPeriodStart": "2026-03-01T00:00:00Z",
    "CapacityReservationId": "cr-1", "CapacityReservationStatus": "Used", "ChargeClass": "Correction",
    "ChargeDescription": "Hours of m5.large", "ChargeFrequency": "Usage-Based",
    "CommitmentDiscountCategory": "Usage", "CommitmentDiscountId": "ri-1", "CommitmentDiscountName": "Three years",
    "CommitmentDiscountQuantity": "1", "CommitmentDiscountStatus": "Used", "CommitmentDiscountType": "Reserved",
    "CommitmentDiscountUnit": "Hours", "ConsumedQuantity": "1", "ConsumedUnit": "Hours", "ContractedCost": "2",
    "ContractedUnitPrice": "2", "InvoiceId": "INV-2026-03", "InvoiceIssuerName": "AWS EMEA", "ListCost": "3",
    "ListUnitPrice": "3", "PricingCategory": "Committed", "PricingCurrency": "EUR",
    "PricingCurrencyContractedUnitPrice": "1.8", "PricingCurrencyEffectiveCost": "0.9",
    "PricingCurrencyListUnitPrice": "2.7", "PricingQuantity": "1", "PricingUnit": "Hours", "PublisherName": "Amazon",
    "RegionId": "us-east-1", "RegionName": "N. Virginia", "ResourceName": "bot", "ResourceType": "Instance",
    "ServiceSubcategory": "Virtual Machines", "SkuMeter": "Compute", "SkuPriceDetails": '{"CoreCount": 2}',
    "SkuPriceId": "SKU-P", "SubAccountName": "Prod", "SubAccountType": "Linked",
}  # fmt: skip


def of_version(version: str, **changes: str) -> str:
    """Write our charge under the complete header of a version."""
    header, _count = VERSIONS[version]
    row = CHARGE | changes
    file = io.StringIO()
    csv.writer(file).writerows([header, [row[name] for name in header]])
    return file.getvalue()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_bill_of_every_version_is_read_under_its_complete_header(version: str, shared_data: Path) -> None:
    header, count = VERSIONS[version]
    assert len(header) == count == len(set(header))
    sample = (shared_data / SAMPLE).read_text().splitlines()[0].replace('"', "").split(",")
    assert set(FOCUS_1_0) == set(sample) - {"Id"}
    assert CHARGE.keys() == set(FOCUS_1_2)

    job = bring_in("", of_version(version))
    assert (job.format, job.rows_created, job.rows_rejected, job.amount_total) == ("focus", 1, 0, Decimal("1.5"))
    line = CostLine.objects.select_related("group").get()
    group, details = line.group, dict(line.group.details)
    assert (group.vendor, group.account, group.service, group.service_category, group.sku, group.region) == (
        "AWS", "11", "Amazon EC2", "Compute", "SKU", "us-east-1",
    )  # fmt: skip
    assert (group.resource, group.currency, group.tags, f"{line.incurred_on}") == (
        "i-1", "USD", {"app": "bot"}, "2026-03-05",
    )  # fmt: skip
    assert details.pop("InvoiceId", None) == ("INV-2026-03" if version == "1.2" else None)
    assert details == {
        "BillingAccountId": "1", "ChargeCategory": "Usage", "ChargeClass": "Correction",
        "ChargeDescription": "Hours of m5.large", "SkuPriceId": "SKU-P", "CommitmentDiscountId": "ri-1",
        "PricingCategory": "Committed", "ConsumedUnit": "Hours", "PublisherName": "Amazon",
        "InvoiceIssuerName": "AWS EMEA",
    }  # fmt: skip


def test_a_provider_that_goes_on_to_another_version_counts_nothing_twice() -> None:
    first = bring_in("", of_version("1.0"))
    assert bring_in("", of_version("1.1")).rows_unchanged == 1
    assert bring_in("", of_version("1.2", InvoiceId="")).rows_unchanged == 1
    closed = bring_in("", of_version("1.2"))  # which names the invoice
    assert (closed.rows_created, closed.rows_restated, closed.restated_difference) == (1, 1, 0)
    assert totals.unallocated(LATER).gross == first.amount_total == Decimal("1.5")


def test_a_tag_without_a_value_in_a_map_of_parquet_is_left_out() -> None:
    tags = pl.Series("Tags", [[{"key": "team", "value": "ops"}, {"key": "k", "value": None}]], MAP)
    file = io.BytesIO()
    pl.DataFrame(ROW).with_columns(tags).write_parquet(file)
    job = bring_in("focus", file.getvalue())
    assert (job.rows_created, job.rows_rejected, ChargeGroup.objects.get().tags) == (1, 0, {"team": "ops"})


@pytest.mark.parametrize("key", [pl.String, pl.Binary])
@pytest.mark.parametrize("value", [pl.String, pl.Binary])
def test_a_map_of_parquet_may_have_its_texts_as_bytes(key: type[pl.DataType], value: type[pl.DataType]) -> None:
    pairs = [{"key": b"team", "value": "übung".encode()}, {"key": b"k", "value": None}]
    kept = pl.Series("Tags", [pairs], pl.List(pl.Struct({"key": pl.Binary, "value": pl.Binary})))
    tags = kept.cast(pl.List(pl.Struct({"key": key, "value": value})))
    file = io.BytesIO()
    pl.DataFrame(ROW).with_columns(tags).write_parquet(file)
    job = bring_in("focus", file.getvalue())
    assert (job.rows_created, job.rows_rejected, ChargeGroup.objects.get().tags) == (1, 0, {"team": "übung"})


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
