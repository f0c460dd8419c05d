"""Bills in FOCUS, the FinOps Foundation's common format (https://focus.finops.org), versions 1.0 to 1.2.

Which columns are read, and into what, is `docs/importing.md`. A row is a charge for a period; a provider delivers a
bill again and again while its month runs, so what tells a row is its charge period and what it is about, never an
amount (costs/bulk/identities.py). `NULL` stands for empty (the FOCUS sample data writes it so). Times are UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import polars as pl
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from costs.bulk.lines import LINES
from costs.groups import GroupKey, find_or_make, tags_text
from costs.importers import bills, cells
from costs.importers.combinations import Combinations
from costs.importers.focus_fields import field
from costs.importers.rows import AMOUNT, shortest
from costs.models import Kind
from imports.cells import CellError
from imports.frames import LINE, FrameImporter, row_of
from imports.kinds import FileKind
from imports.pipeline import Reason

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SOURCE = "focus"
NO_PROVIDER = gettext_noop("The row names no provider.")

# What a row is about (FOCUS column → field of the charge group), then what only tells it from others (details).
ABOUT = {
    "ProviderName": "vendor",
    "SubAccountId": "account",
    "BillingAccountId": "billing_account",
    "ServiceName": "service",
    "ServiceCategory": "service_category",
    "SkuId": "sku",
    "RegionId": "region",
    "ResourceId": "resource",
    "BillingCurrency": "currency",
    "Tags": "tags",
}
DETAILS = (
    "ChargeCategory", "ChargeClass", "ChargeDescription", "SkuPriceId", "CommitmentDiscountId", "PricingCategory",
    "ConsumedUnit", "PublisherName", "InvoiceIssuerName", "InvoiceId",
)  # fmt: skip
# A detail of what names a sub-account and nothing above it, as a bill that is not in FOCUS may: it holds the same.
ONLY_SUB = "SubAccountId"
PROVIDER, ACCOUNT = "ProviderName", "SubAccountId"
NAME = "SubAccountName"  # of the account: no part of what a charge is
NOTHING = "NULL"
SHARED = (*ABOUT, *DETAILS, NAME)
PERIOD = ("ChargePeriodStart", "ChargePeriodEnd")
OWN = ("amount", *PERIOD)
NEEDED = ("BillingCurrency", "ChargeCategory", "ProviderName", "ServiceName")
# The costs of which one counts; unless an import says otherwise, what was invoiced.
BILLED, EFFECTIVE = "BilledCost", "EffectiveCost"
# What a line's page shows of its row besides: it explains the amount, and is not kept.
BESIDE = (
    BILLED, EFFECTIVE, "ListCost", "ContractedCost", "ListUnitPrice", "ContractedUnitPrice", "PricingQuantity",
    "PricingUnit", "ConsumedQuantity", "BillingPeriodStart", "BillingPeriodEnd",
)  # fmt: skip
_TIME = "%Y-%m-%d %H:%M:%S"
_LAST_DAY = date(2100, 12, 31)
TAGS_KEPT = 10_000


class Focus(bills.Bill, FrameImporter):
    """Reads block by block in columns; what rows have in common is read once for every combination of cells."""

    format = SOURCE
    title = _("Cloud bill (FOCUS 1.0–1.2)")
    samples = ("focus.csv",)
    kinds = (FileKind.CSV, FileKind.PARQUET, FileKind.XLSX)
    columns = (
        field("amount", required=True, headings=(BILLED.casefold(),), holds="number"),
        *(field(name, required=name in NEEDED) for name in SHARED),
        *(field(name, required=True, holds="day") for name in PERIOD),
    )
    amount_columns: ClassVar[Mapping[str, StrOrPromise]] = {
        BILLED: _("Billed cost: what was invoiced"),
        EFFECTIVE: _("Effective cost: prepaid commitments spread over their use"),
    }
    beside = BESIDE
    category = "cloud"

    def start(self) -> None:
        """Open the door that lines go through."""
        super().start()
        self._combinations = Combinations(self._read_named, self.names)
        self._tags = lru_cache(TAGS_KEPT)(_tags)  # many resources have the same

    def load(self, frame: pl.DataFrame) -> None:
        """Check a block and hand on the good rows."""
        shared = self.raw(frame, self.given(SHARED))
        own = _plain(self.read(frame, OWN).with_columns(frame[LINE].alias("line_number")))
        if not own["is_plain"].all():
            shared, own = shared.filter(own["is_plain"]), own.filter("is_plain")
        group_ids, groups = self._combinations.of(shared)
        is_good = group_ids.is_not_null()
        self._note_names(shared, own["line_number"], is_good)
        good = [own.with_columns(group_ids).filter(is_good).select(*LINES, "starts", "ends")]
        if good[0].height < frame.height:
            taken = set(good[0]["line_number"])
            lines, more = self._odd(frame, [place for place, line in enumerate(frame[LINE]) if line not in taken])
            good.append(lines)
            groups |= more
        self.take(pl.concat(good), groups)

    # One block ------------------------------------------------------------------------------------------------------
    def _note_names(self, shared: pl.DataFrame, line_numbers: pl.Series, is_good: pl.Series) -> None:
        """Note what good rows call their accounts, the last of each."""
        columns = [PROVIDER, ACCOUNT, NAME]
        if not set(columns) <= set(shared.columns):
            return
        rows = shared.select(*columns, line_numbers).filter(is_good)
        for *row, line in rows.unique(columns, keep="last").iter_rows():
            self.names.note(*(_said(cell.strip()) for cell in row), line)

    def _odd(self, frame: pl.DataFrame, places: Sequence[int]) -> tuple[pl.DataFrame, dict[int, GroupKey]]:
        """Read rows that are not plain one by one; those that cannot be taken go to the report."""
        good = []
        for place in places:
            row = row_of(frame, place)
            try:
                cell = {name: _said(self.cell(row, name)) for name in SHARED}
                key = self._read_about(cell)
                good.append((key, *self._read_own({name: self.cell(row, name) for name in OWN}), row.line))
                self.rounding.keep(row.line)
                self.names.note(key.vendor, cell[ACCOUNT], cell[NAME], row.line)
            except CellError as error:
                self.report.reject(row, error.column, error.reason)
        made = find_or_make({key for key, *_ in good}, self.names)
        read = [(made[key], *own, line) for key, *own, line in good]
        return bills.lines(read), {pk: key for key, pk in made.items()}

    def _read_own(self, row: Mapping[str, str]) -> tuple[str, date, int, int]:
        """Read one row's own cells: amount, day, and the period in seconds since 1950."""
        starts, ends = (bills.moment(row[name], name) for name in PERIOD)
        return self.rounding.amount(row["amount"]), *bills.period(starts, ends, *PERIOD)

    def _read_named(self, given: Mapping[str, str]) -> GroupKey:
        """Read what good rows have in common, with the name of their account."""
        cell = dict.fromkeys(SHARED, "") | {name: _said(text) for name, text in given.items()}
        key = self._read_about(cell)
        self.names.note(key.vendor, cell[ACCOUNT], cell[NAME])
        return key

    def _read_about(self, cell: Mapping[str, str]) -> GroupKey:
        """Read what a row has in common with others."""
        if not cell["ProviderName"]:
            raise CellError("ProviderName", Reason(NO_PROVIDER))
        currency = cells.currency(cell["BillingCurrency"], "BillingCurrency")
        details = {name: cells.short(cell[name], name, cells.LONG) for name in DETAILS if cell[name]}
        account = cell["SubAccountId"] or cell["BillingAccountId"]
        if cell["BillingAccountId"] and account != cell["BillingAccountId"]:
            details["BillingAccountId"] = cells.short(cell["BillingAccountId"], "BillingAccountId")
        elif account and not cell["BillingAccountId"]:
            details[ONLY_SUB] = account
        return GroupKey(
            source=SOURCE,
            kind=Kind.BILL,
            initiative_id=None,
            category_id=self.category_id,
            currency=currency,
            vendor=cells.short(cell["ProviderName"], "ProviderName"),
            account=cells.short(account, "SubAccountId"),
            service=cells.short(cell["ServiceName"], "ServiceName"),
            service_category=cells.short(cell["ServiceCategory"], "ServiceCategory"),
            sku=cells.short(cell["SkuId"], "SkuId"),
            region=cells.short(cell["RegionId"], "RegionId"),
            resource=cells.short(cell["ResourceId"], "ResourceId", 500),
            tags=self._tags(cell["Tags"]),
            details=tags_text(details),
        )


def _said(cell: str) -> str:
    return "" if cell == NOTHING else cell


def _tags(text: str) -> str:
    return tags_text(cells.tags_of_a_bill(text, "Tags"))


def _plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows as lines with `is_plain`: whether amount and period are what they look like.

    In steps: polars works out again what stands in several expressions of one.
    """
    starts, ends = map(pl.col, PERIOD)
    rows = rows.with_columns(shortest(pl.col("amount")), *map(_moment, PERIOD))
    rows = rows.with_columns(incurred_on=starts.dt.date())
    return rows.with_columns(
        starts=starts.dt.epoch("s") - bills.FIRST_SECOND,
        ends=ends.dt.epoch("s") - bills.FIRST_SECOND,
        is_plain=(
            pl.col("amount").str.contains(AMOUNT)
            & (starts >= datetime(1950, 1, 1))  # noqa: DTZ001 - polars' naive UTC
            & (ends >= starts)
            & (pl.col("incurred_on") <= _LAST_DAY)
        ).fill_null(False),
        **{name: pl.lit(None, LINES[name]) for name in ("billed_on", "external_id", "invoice_ref", "description")},
    )


def _moment(name: str) -> pl.Expr:
    """Read `2024-09-18 22:00:00` and `2024-09-18T22:00:00Z`; null for what looks otherwise."""
    text = pl.col(name)
    plain = pl.when((text.str.len_bytes() == 19) | (text.str.len_bytes() == 20) & text.str.ends_with("Z")).then(
        text.str.head(19).str.replace("T", " ", literal=True)
    )
    return plain.str.to_datetime(_TIME, strict=False)
