"""What Anthropic charged: pages of its cost report (`GET /v1/organizations/cost_report`), or the same as CSV.

A page has buckets of a day, each with results by workspace and description, as they were asked for. Its amounts are in
the currency's lowest unit: "123.45" in USD are 123.45 cents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django.utils.translation import gettext_lazy as _

from api.decimals import plain
from costs.groups import GroupKey, tags_text
from costs.importers import bills, cells
from costs.importers.openai_costs import results
from costs.models import Kind
from imports.pipeline import Column, Row
from money.exact import EXACT

VENDOR = "Anthropic"
DETAILS = ("model", "token_type", "context_window", "service_tier", "inference_geo", "cost_type")


class AnthropicCost(bills.ProviderBill):
    """Reads one result after another."""

    format = "anthropic_cost"
    title = _("Anthropic cost report")
    samples = ("anthropic_cost.json",)
    columns = (
        *(Column(name, required=True, holds="day") for name in ("starting_at", "ending_at")),
        Column("amount", required=True, holds="number"),
        Column("currency", required=True),
        *(Column(name) for name in ("workspace_id", "description", *DETAILS)),
    )

    @classmethod
    def flatten(cls, document: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the results of a page, each with the times of its bucket."""
        return results(document, "starting_at", "ending_at")

    def read(self, row: Row) -> tuple[GroupKey, str, date, int, int]:
        """Return what a result is about, its amount and its period."""
        cell = {name: self.cell(row, name) for name in self.at}
        lowest, currency = self.rounding.amount(cell["amount"]), cells.currency(cell["currency"].upper(), "currency")
        starts, ends = (bills.moment(cell[name], name) for name in ("starting_at", "ending_at"))
        return (
            self._about(cell, currency),
            in_units(lowest, currency),
            *bills.period(starts, ends, "starting_at", "ending_at"),
        )

    def _about(self, cell: Mapping[str, str], currency: str) -> GroupKey:
        details = {name: cells.short(cell[name], name) for name in DETAILS if cell.get(name)}
        return GroupKey(
            source=self.format,
            kind=Kind.BILL,
            initiative_id=None,
            category_id=self.category_id,
            currency=currency,
            vendor=VENDOR,
            account=cells.short(cell.get("workspace_id", ""), "workspace_id"),
            service="Claude API",
            sku=cells.short(cell.get("description", "") or cell.get("model", ""), "description"),
            details=tags_text(details),
        )


def in_units(lowest: str, currency: str) -> str:
    """Return an amount in the currency's lowest unit (cents) in units of it, every digit kept."""
    return plain(EXACT.scaleb(Decimal(lowest), -get_currency_precision(currency)).normalize(EXACT))
