"""Tokens used at OpenAI: pages of its usage API (`GET /v1/organization/usage/completions`), or the same as CSV.

Its `input_tokens` count the whole prompt, with what came from a cache and what was written to one: for five minutes, as
nothing says otherwise. Embeddings and moderations have no `output_tokens`. Ask for it by model, project and API key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from costs.importers import bills, cells
from costs.importers.openai_costs import VENDOR, results
from costs.importers.provider_usage import ProviderUsage, name_of
from costs.pricing import InputCount
from costs.usage.rows import About, UsageRow
from imports.cells import flag
from imports.pipeline import Column, Reason, Row

AUDIO = ("input_audio_tokens", "output_audio_tokens")
AUDIO_AS_TEXT = gettext_noop(
    "The row has audio tokens; they are priced as text, for price rows have no class for them."
)
COUNTS = (
    "input_tokens",
    "output_tokens",
    "input_cached_tokens",
    "input_cache_write_tokens",
    "num_model_requests",
    *AUDIO,
)
TOLD = ("project_id", "api_key_id", "model", "batch", "service_tier")


class OpenAiUsage(ProviderUsage):
    """Reads one result after another."""

    format = "openai_usage"
    title = _("OpenAI token usage (API, console)")
    samples = ("openai_usage.json", "openai_usage.csv")
    period = ("start_time", "end_time")
    includes = InputCount.WHOLE_PROMPT
    has_namesakes = True
    columns = (
        *(Column(name, required=True) for name in ("start_time", "end_time")),
        *(Column(name, required=name == "input_tokens", holds="number") for name in COUNTS),
        *(Column(name, required=name == "model") for name in TOLD),
    )

    @classmethod
    def flatten(cls, document: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the results of a page, each with the times of its bucket."""
        return results(document, "start_time", "end_time")

    def read(self, row: Row) -> UsageRow:
        """Return the tokens of a bucket."""
        starts, ends = (bills.unix_moment(self.cell(row, name), name) for name in ("start_time", "end_time"))
        day, *_seconds = bills.period(starts, ends, "start_time", "end_time")
        requests, tier = self.cell(row, "num_model_requests"), self.cell(row, "service_tier")
        if any(cells.count(self.cell(row, name) or "0", name) for name in AUDIO):
            self.report.note(row.line, Reason(AUDIO_AS_TEXT))
        return UsageRow(
            about=About(
                source=self.format,
                provider=VENDOR,
                model=self.model(row),
                account=cells.short(self.cell(row, "project_id"), "project_id"),
                api_key=cells.short(self.cell(row, "api_key_id"), "api_key_id"),
            ),
            occurred_on=day,
            tokens=self.tokens(
                row,
                input_tokens="input_tokens",
                output_tokens="output_tokens",
                cached_input="input_cached_tokens",
                cache_write_5m="input_cache_write_tokens",
            ),
            requests=cells.count(requests, "num_model_requests") if requests else None,
            batch=flag(self.cell(row, "batch"), "batch") or tier.casefold() == "batch",
            service_tier=tier,
            external_id=name_of(starts, ends, *(self.cell(row, name) for name in TOLD)),
            line_number=row.line,
        )
