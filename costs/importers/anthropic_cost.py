"""What Anthropic charged: pages of its cost report (`GET /v1/organizations/cost_report`), or the same as CSV.

A page has buckets of a day, each with results by workspace and description, as they were asked for. Its amounts are in
the currency's lowest unit: "123.45" in USD are 123.45 cents.

The console's CSV file has the same charges by API key, with names where the API has ids, and in dollars. Nothing tells
which charge of the one is which of the other, so they are two bills of one provider, which the report of either says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django.utils.translation import gettext_lazy as _

from api.decimals import plain
from costs.groups import GroupKey, tags_text
from costs.importers import anthropic_console, bills, cells
from costs.importers.anthropic_console import USED_ON, OfConsole
from costs.importers.openai_costs import results
from costs.models import Kind
from imports.pipeline import Column, Row
from money.exact import EXACT

VENDOR = "Anthropic"
DETAILS = ("model", "token_type", "context_window", "service_tier", "inference_geo", "cost_type")
CONSOLE = "anthropic_console"  # the source of its charges
DOLLARS = "cost_usd"
DETAILS_OF_CONSOLE = ("model", "token_type", "context_window", "usage_type", "inference_geo", "speed", "cost_type")


class AnthropicCost(OfConsole, bills.ProviderBill):
    """Reads one result after another."""

    format = "anthropic_cost"
    title = _("Anthropic costs (API, console)")
    samples = ("anthropic_cost.json", "anthropic_cost.csv")
    instead = {**dict.fromkeys(("starting_at", "ending_at"), USED_ON), **dict.fromkeys(("amount", "currency"), DOLLARS)}
    columns = (
        *(Column(name, required=True, holds="day") for name in ("starting_at", "ending_at")),
        Column("amount", required=True, holds="number"),
        Column("currency", required=True),
        *(Column(name) for name in ("workspace_id", "description", *DETAILS)),
        *anthropic_console.columns(),
        Column(DOLLARS, holds="number"),
        Column("usage_type"),
    )

    @classmethod
    def recognises(cls, header: Sequence[str]) -> bool:
        """Tell whether a file is of this format; of one in dollars its classes of tokens are asked for as well."""
        names = {heading.strip().casefold() for heading in header}
        return super().recognises(header) and (DOLLARS not in names or "token_type" in names)

    @classmethod
    def flatten(cls, document: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the results of a page, each with the times of its bucket."""
        return results(document, "starting_at", "ending_at")

    def read(self, row: Row) -> tuple[GroupKey, str, date, int, int]:
        """Return what a result is about, its amount and its period."""
        cell = {column.name: self.cell(row, column.name) for column in self.columns}
        if self.is_of_console:
            starts, ends = anthropic_console.period(cell[USED_ON])
            amount = self.rounding.amount(cell[DOLLARS], DOLLARS)
            return self._about_console(cell), amount, *bills.period(starts, ends, USED_ON, USED_ON)
        lowest, currency = self.rounding.amount(cell["amount"]), cells.currency(cell["currency"].upper(), "currency")
        starts, ends = (bills.moment(cell[name], name) for name in ("starting_at", "ending_at"))
        return (
            self._about(cell, currency),
            in_units(lowest, currency),
            *bills.period(starts, ends, "starting_at", "ending_at"),
        )

    def _about_console(self, cell: Mapping[str, str]) -> GroupKey:
        details = {name: cells.short(cell[name], name) for name in DETAILS_OF_CONSOLE if cell.get(name)}
        told = [details[name] for name in ("model", "token_type") if name in details]
        return GroupKey(
            source=CONSOLE,
            kind=Kind.BILL,
            initiative_id=None,
            category_id=self.category_id,
            currency="USD",
            vendor=VENDOR,
            account=cells.short(cell.get("workspace", ""), "workspace"),
            service="Claude API",
            sku=cells.short(", ".join(told), "model") or details.get("cost_type", ""),
            api_key=anthropic_console.key_name(cell.get("api_key", "")),
            details=tags_text(details),
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
