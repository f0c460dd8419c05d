"""What OpenAI charged: pages of its organisation costs API (`GET /v1/organization/costs`), or the same as CSV.

A page has buckets of a day, each with results by line item and project, as they were asked for. Amounts are in units
of the currency.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from costs.groups import GroupKey, tags_text
from costs.importers import bills, cells
from costs.importers.cells import Bad
from costs.models import Kind
from imports.pipeline import Column, Reason, Row
from money.currencies import CODES

VENDOR = "OpenAI"


class OpenAiCosts(bills.ProviderBill):
    """Reads one result after another."""

    format = "openai_costs"
    title = _("OpenAI costs (organisation API)")
    samples = ("openai_costs.json",)
    columns = (
        *(Column(name, required=True) for name in ("start_time", "end_time", "currency")),
        Column("amount", required=True, holds="number"),
        *(Column(name) for name in ("line_item", "project_id", "project_name", "api_key_id")),
    )

    @classmethod
    def flatten(cls, document: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the results of a page, each with the times of its bucket."""
        for bucket in buckets(document, "start_time"):
            for result in bucket["results"]:
                amount = result.get("amount") if isinstance(result, dict) else None
                if isinstance(amount, dict):
                    money = {"amount": amount.get("value"), "currency": amount.get("currency")}
                    yield {**result, **money, "start_time": bucket["start_time"], "end_time": bucket.get("end_time")}

    def read(self, row: Row) -> tuple[GroupKey, str, date, int, int]:
        """Return what a result is about, its amount and its period."""
        cell = {name: self.cell(row, name) for name in self.at}
        currency = cell["currency"].upper()
        if currency not in CODES:
            raise Bad("currency", Reason(bills.NO_CURRENCY))
        starts, ends = (bills.unix_moment(cell[name], name) for name in ("start_time", "end_time"))
        key, amount = self._about(cell, currency), cells.amount(cell["amount"])
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


def buckets(document: Any, needed: str) -> Iterator[dict[str, Any]]:
    """Yield the time buckets of a provider's page, or of a single bucket; nothing for what is neither."""
    if not isinstance(document, dict):
        return
    found = document["data"] if isinstance(document.get("data"), list) else [document]
    for bucket in found:
        if isinstance(bucket, dict) and needed in bucket and isinstance(bucket.get("results"), list):
            yield bucket
