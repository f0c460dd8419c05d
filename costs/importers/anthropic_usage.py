"""Tokens used at Anthropic: pages of its usage report (`GET /v1/organizations/usage_report/messages`), or as CSV.

Its input counts leave out what was read from and written to caches. Ask for it by model, workspace, API key, service
tier and context window: a row of the window from 200,000 tokens on is priced as a long prompt. The console's CSV file
counts as the API does, under other headings, by names of workspaces and keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from costs.importers import anthropic_console, bills, cells
from costs.importers.anthropic_console import USED_ON, OfConsole
from costs.importers.anthropic_cost import VENDOR
from costs.importers.openai_costs import results
from costs.importers.provider_usage import ProviderUsage, name_of
from costs.pricing import InputCount
from costs.usage.rows import About, UsageRow
from imports.pipeline import Column, Reason, Row

TOLD = ("workspace_id", "api_key_id", "model", "service_tier", "context_window", "inference_geo")
WRITES = {"ephemeral_5m_input_tokens": "cache_write_5m", "ephemeral_1h_input_tokens": "cache_write_1h"}
# What the console calls them.
COUNTS = {
    "uncached_input_tokens": "usage_input_tokens_no_cache",
    "output_tokens": "usage_output_tokens",
    "cache_read_input_tokens": "usage_input_tokens_cache_read",
    "ephemeral_5m_input_tokens": "usage_input_tokens_cache_write_5m",
    "ephemeral_1h_input_tokens": "usage_input_tokens_cache_write_1h",
}
NEEDED = ("uncached_input_tokens", "output_tokens")
STANDARD = ("", "standard")  # speeds that cost what the price book says
HEADINGS = {"model": ("model_version",), "service_tier": ("usage_type",)}
# A length from within each window: it decides which prices hold.
SHORT = 200_000
LONG = SHORT + 1
PROMPTS = {"0-200k": SHORT, "200k-1M": LONG, "≤200k": SHORT, ">200k": LONG}
NO_WINDOW = gettext_noop(
    "The row is not told by context window: priced as prompts of up to 200,000 tokens. If some were longer, fetch the "
    "report by context window."
)


class AnthropicUsage(OfConsole, ProviderUsage):
    """Reads one result after another."""

    format = "anthropic_usage"
    title = _("Anthropic token usage (API, console)")
    samples = ("anthropic_usage.json", "anthropic_usage.csv")
    instead = dict.fromkeys(("starting_at", "ending_at"), USED_ON)
    includes = InputCount.UNCACHED
    has_namesakes = True
    columns = (
        *(Column(name, required=True, holds="day") for name in ("starting_at", "ending_at")),
        *(Column(name, name in NEEDED, (heading,), holds="number") for name, heading in COUNTS.items()),
        *(Column(name, name == "model", HEADINGS.get(name, ())) for name in TOLD),
        *anthropic_console.columns(),
    )

    @classmethod
    def flatten(cls, document: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the results of a page, each with the times of its bucket and its cache writes taken apart."""
        for result in results(document, "starting_at", "ending_at"):
            written = result.get("cache_creation")
            writes = {name: written.get(name) for name in WRITES} if isinstance(written, dict) else {}
            yield {**result, **writes}

    def read(self, row: Row) -> UsageRow:
        """Return the tokens of a bucket."""
        starts, ends, day = self._period(row)
        window, tier = self.cell(row, "context_window").replace(" ", ""), self.cell(row, "service_tier")
        speed = self.cell(row, "speed") if self.is_of_console else ""
        tokens = self.tokens(
            row,
            input_tokens="uncached_input_tokens",
            output_tokens="output_tokens",
            cached_input="cache_read_input_tokens",
            **{token_class: column for column, token_class in WRITES.items()},
        )
        if window not in PROMPTS and tokens.prompt > SHORT:
            self.report.note(row.line, Reason(NO_WINDOW))
        return UsageRow(
            about=About(
                source=self.format,
                provider=VENDOR,
                model=self.model(row),
                **self._whose(row),
            ),
            occurred_on=day,
            tokens=tokens,
            batch=tier.casefold() == "batch",
            service_tier=tier if speed in STANDARD else speed,
            prompt_tokens=PROMPTS.get(window, SHORT),
            external_id=self._name(row, starts, ends),
            line_number=row.line,
        )

    def _period(self, row: Row) -> tuple[datetime, datetime, date]:
        if self.is_of_console:
            starts, ends = anthropic_console.period(self.cell(row, USED_ON))
            return starts, ends, starts.date()
        starts, ends = (bills.moment(self.cell(row, name), name) for name in ("starting_at", "ending_at"))
        day, *_seconds = bills.period(starts, ends, "starting_at", "ending_at")
        return starts, ends, day

    def _whose(self, row: Row) -> dict[str, str]:
        if self.is_of_console:
            account = cells.short(self.cell(row, "workspace"), "workspace")
            return {"account": account, "api_key": anthropic_console.key_name(self.cell(row, "api_key"))}
        names = {"account": "workspace_id", "api_key": "api_key_id"}
        return {name: cells.short(self.cell(row, column), column) for name, column in names.items()}

    def _name(self, row: Row, starts: datetime, ends: datetime) -> str:
        """Return what tells a row from others; what a page of the API may have besides is no part of it."""
        more = ("console", *(self.cell(row, name) for name in anthropic_console.NAMES)) if self.is_of_console else ()
        return name_of(starts, ends, *(self.cell(row, name) for name in TOLD), *more)
