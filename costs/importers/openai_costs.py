"""What OpenAI charged: pages of its organisation costs API (`GET /v1/organization/costs`), or the same as CSV.

A page has buckets of a day, each with results by line item and project, as they were asked for. Amounts are in units
of the currency. The console's CSV file has a row for each result, and one without any for a bucket without results.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from costs.groups import GroupKey, tags_text
from costs.importers import bills, cells
from costs.models import Kind
from imports.pipeline import Column, Row
from imports.refusals import OtherFormatError

VENDOR = "OpenAI"


class OpenAiCosts(bills.ProviderBill):
    """Reads one result after another."""

    format = "openai_costs"
    title = _("OpenAI costs (API, console)")
    samples = ("openai_costs.json", "openai_costs.csv")
    period = ("start_time", "end_time")
    columns = (
        *(Column(name, required=True) for name in period),
        Column("amount", required=True, headings=("amount_value",), holds="number"),
        Column("currency", required=True, headings=("amount_currency",)),
        *(Column(name) for name in ("line_item", "project_id", "project_name", "api_key_id")),
    )

    @classmethod
    def flatten(cls, document: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the results of a page, each with the times of its bucket."""
        for result in results(document, "start_time", "end_time"):
            if "amount" in result:
                said = result["amount"] if isinstance(result["amount"], dict) else {}
                result |= {"amount": said.get("value"), "currency": said.get("currency")}
            yield result

    def read(self, row: Row) -> tuple[GroupKey, str, date, int, int]:
        """Return what a result is about, its amount and its period."""
        cell = {column.name: self.cell(row, column.name) for column in self.columns}
        amount, currency = self.rounding.amount(cell["amount"]), cells.currency(cell["currency"].upper(), "currency")
        starts, ends = (bills.unix_moment(cell[name], name) for name in ("start_time", "end_time"))
        key = self._about(cell, currency)
        when = bills.period(starts, ends, "start_time", "end_time")
        self.names.note(VENDOR, key.account, cell.get("project_name", ""), row.line)
        return key, amount, *when

    def _about(self, cell: Mapping[str, str], currency: str) -> GroupKey:
        return GroupKey(
            source=self.format,
            kind=Kind.BILL,
            initiative_id=None,
            category_id=self.category_id,
            currency=currency,
            vendor=VENDOR,
            account=cells.short(cell.get("project_id", ""), "project_id"),
            service="OpenAI API",
            sku=cells.short(cell.get("line_item", ""), "line_item"),
            api_key=cells.short(cell.get("api_key_id", ""), "api_key_id"),
            details=tags_text({}),
        )


def results(document: Any, starts: str, ends: str) -> Iterator[dict[str, Any]]:
    """Yield the results of a provider's page, or of a single bucket, each with the times of its bucket.

    A result that is no object has the times alone. What is neither page nor bucket raises `OtherFormatError`.
    """
    is_page = isinstance(document, dict) and isinstance(document.get("data"), list)
    for bucket in document["data"] if is_page else [document]:
        if not (isinstance(bucket, dict) and starts in bucket and isinstance(bucket.get("results"), list)):
            raise OtherFormatError(bucket)
        times = {starts: bucket[starts], ends: bucket.get(ends)}
        for result in bucket["results"]:
            yield {**(result if isinstance(result, dict) else {}), **times}
