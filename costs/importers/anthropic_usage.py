"""Tokens used at Anthropic: pages of its usage report (`GET /v1/organizations/usage_report/messages`), or as CSV.

Its input counts leave out what was read from and written to caches. Ask for it by model, workspace, API key, service
tier and context window: a row of the window from 200,000 tokens on is priced as a long prompt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from costs.importers import bills, cells
from costs.importers.anthropic_cost import VENDOR
from costs.importers.openai_costs import results
from costs.importers.provider_usage import ProviderUsage, name_of
from costs.pricing import InputCount
from costs.usage.rows import About, UsageRow
from imports.pipeline import Column, Reason, Row

TOLD = ("workspace_id", "api_key_id", "model", "service_tier", "context_window", "inference_geo")
WRITES = {"ephemeral_5m_input_tokens": "cache_write_5m", "ephemeral_1h_input_tokens": "cache_write_1h"}
# A length from within each window: it decides which prices hold.
SHORT = 200_000
PROMPTS = {"0-200k": SHORT, "200k-1M": 200_001}
NO_WINDOW = gettext_noop(
    "The row is not told by context window: priced as prompts of up to 200,000 tokens. If some were longer, fetch the "
    "report by context window."
)


class AnthropicUsage(ProviderUsage):
    """Reads one result after another."""

    format = "anthropic_usage"
    title = _("Anthropic token usage (messages report)")
    samples = ("anthropic_usage.json",)
    includes = InputCount.UNCACHED
    columns = (
        *(Column(name, required=True, holds="day") for name in ("starting_at", "ending_at")),
        *(Column(name, required=True, holds="number") for name in ("uncached_input_tokens", "output_tokens")),
        *(Column(name, holds="number") for name in ("cache_read_input_tokens", *WRITES)),
        *(Column(name, required=name == "model") for name in TOLD),
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
        starts, ends = (bills.moment(self.cell(row, name), name) for name in ("starting_at", "ending_at"))
        day, *_seconds = bills.period(starts, ends, "starting_at", "ending_at")
        window, tier = self.cell(row, "context_window"), self.cell(row, "service_tier")
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
                account=cells.short(self.cell(row, "workspace_id"), "workspace_id"),
                api_key=cells.short(self.cell(row, "api_key_id"), "api_key_id"),
            ),
            occurred_on=day,
            tokens=tokens,
            batch=tier.casefold() == "batch",
            service_tier=tier,
            prompt_tokens=PROMPTS.get(window, SHORT),
            external_id=name_of(starts, ends, *(self.cell(row, name) for name in TOLD)),
            line_number=row.line,
        )
