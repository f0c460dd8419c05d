"""What a LiteLLM gateway logged: its spend logs (`GET /spend/logs`, or the table as JSON or CSV), one row a call.

The gateway says itself what a call cost; that is taken at its word and not priced by us. It reckons in binary
fractions, whose noise is rounded off, whether JSON or CSV has them. But 0 is what it logs without a word of a model
that it has no price for (BerriAI/litellm issue 35691, pull request 35914): a call with tokens that cost nothing, and
was not answered from the gateway's own cache, is priced by us as usage is; an own price of 0 says that a model of one's
own costs nothing. Who called (`user`, `end_user`) is not read; a key
appears by its alias alone.

`prompt_tokens` count the whole prompt. What of it was read from or written to the provider's cache stands in
`metadata`, in `usage_object` or else in `additional_usage_values`: under the names of Anthropic or, where those say
nothing, in `prompt_tokens_details` (litellm/proxy/spend_tracking/cache_savings.py reads them in this order). Versions
of 2025 left tokens written to a cache out of `prompt_tokens`, not those read (BerriAI/litellm issue 15056): a call with
more cached tokens than its prompt has is of those, and what was written is taken as coming on top. Where what was read
is more than the prompt alone, all of it does. The report says which calls were read so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from costs.groups import tags_text
from costs.importers import bills, cells
from costs.importers.cells import SHORT
from costs.importers.provider_usage import ProviderUsage
from costs.models import Kind
from costs.pricing import InputCount, Tokens, counted
from costs.usage.rows import About, UsageRow
from imports.cells import some_day
from imports.pipeline import Column, Reason, Row
from imports.refusals import OtherFormatError
from imports.values import written_out

UNNAMED = "LiteLLM"
MOST_DIGITS = 12
NUMBERS = ("spend", "prompt_tokens", "completion_tokens")
BESIDE_THE_PROMPT = gettext_noop(
    "More tokens went through a cache than prompt_tokens counts. What was written to the cache is taken as coming on "
    "top, as in early versions of LiteLLM; what was read from it only where that alone is more."
)
COST_NOTHING = gettext_noop(
    "The log says that these tokens cost nothing, as LiteLLM does for a model that it has no price for. They are to be "
    "priced by the price book; an own price of 0 says that a model costs nothing."
)
NO_PROVIDER = gettext_noop(
    "The log does not name the provider (custom_llm_provider): these calls are kept as LiteLLM's and count beside a "
    "bill of the provider itself. Where there is one, import the log again with the provider named."
)
# What is read of `metadata`, which may also hold who called, and the prompt.
READ_OF_METADATA = ("user_api_key_team_alias", "user_api_key_alias", "usage_object", "additional_usage_values")
OTHERS = ("cache_hit", "custom_llm_provider", "team_id", "team_alias", "key_alias", "request_tags", "metadata")


class LiteLlmSpend(ProviderUsage):
    """Reads one call after another."""

    format = "litellm_spend"
    title = _("LiteLLM spend logs")
    samples = ("litellm_spend.json",)
    includes = InputCount.WHOLE_PROMPT
    counts_note = _(
        "This source normally counts the whole prompt as input, cached tokens included. Of a call with more cached "
        "tokens than that, some or all of them come on top."
    )
    columns = (
        *(Column(name, required=True) for name in ("request_id", "model")),
        Column("startTime", required=True, holds="day"),
        *(Column(name, required=True, holds="number") for name in NUMBERS),
        *(Column(name) for name in OTHERS),
    )

    @classmethod
    def flatten(cls, document: Any) -> Iterator[Mapping[str, Any]]:
        """Yield a call; pages of calls stand under `data`."""
        is_page = isinstance(document, dict) and isinstance(document.get("data"), list)
        for call in document["data"] if is_page and "request_id" not in document else [document]:
            if not isinstance(call, dict) or "request_id" not in call:
                raise OtherFormatError(call)
            yield call

    @classmethod
    def shown(cls, heading: str, cell: str) -> str:
        """Show of the metadata only what is read of it."""
        if heading.strip().casefold() != "metadata":
            return super().shown(heading, cell)
        known = _object(cell)
        read = {name: known[name] for name in READ_OF_METADATA if name in known}
        return json.dumps(read, ensure_ascii=False) if read else ""

    def read(self, row: Row) -> UsageRow:
        """Return the tokens and the cost of a call."""
        on = bills.moment(self.cell(row, "startTime"), "startTime")
        metadata = _object(self.cell(row, "metadata"))
        team, key = (_text(metadata.get(name)) for name in READ_OF_METADATA[:2])
        account = self.cell(row, "team_alias") or team or self.cell(row, "team_id")
        tokens = self._counted(row, _cached(metadata))
        spend = self._spent(row, tokens)
        provider = cells.short(self.cell(row, "custom_llm_provider"), "custom_llm_provider")
        used = UsageRow(
            about=About(
                source=self.format,
                kind=Kind.GATEWAY,
                currency="" if spend is None else "USD",
                provider=provider or UNNAMED,
                model=self.model(row),
                account=cells.short(account, "team_alias"),
                api_key=cells.short(self.cell(row, "key_alias") or key, "key_alias"),
                tags=tags_text(_tags(self.cell(row, "request_tags"))),
            ),
            occurred_on=some_day(f"{on:%Y-%m-%d}", "startTime"),
            tokens=tokens,
            requests=1,
            external_id=cells.short(self.cell(row, "request_id"), "request_id"),
            line_number=row.line,
            amount=spend,
        )
        if not provider:
            self.report.note(row.line, Reason(NO_PROVIDER))
        return used

    def _spent(self, row: Row, tokens: Tokens) -> Decimal | None:
        """Return what a call cost; None where the gateway has no price for it."""
        spend = Decimal(cells.amount(written_out(self.cell(row, "spend"))))
        if spend or not (tokens.prompt or tokens.output) or self.cell(row, "cache_hit").casefold() == "true":
            return spend
        self.report.note(row.line, Reason(COST_NOTHING))
        return None

    def _counted(self, row: Row, cached: Mapping[str, int]) -> Tokens:
        """Return the tokens of a call by class; `cached` are those of its prompt that went through a cache."""
        prompt, output = (
            cells.count(self.cell(row, name) or "0", name) for name in ("prompt_tokens", "completion_tokens")
        )
        if sum(cached.values()) <= prompt:
            return counted(self.includes, input_tokens=prompt, output_tokens=output, **cached)
        self.report.note(row.line, Reason(BESIDE_THE_PROMPT))
        read = cached["cached_input"]
        uncached = prompt - read if read <= prompt else prompt
        return counted(InputCount.UNCACHED, input_tokens=uncached, output_tokens=output, **cached)


def _cached(metadata: Mapping[str, Any]) -> dict[str, int]:
    """Return how many tokens of a prompt were read from a cache and written to one, by class."""
    usage = _dict(metadata.get("usage_object")) or _dict(metadata.get("additional_usage_values"))
    details = _dict(usage.get("prompt_tokens_details"))
    read = _count(usage.get("cache_read_input_tokens")) or _count(details.get("cached_tokens"))
    written = (
        _count(usage.get("cache_creation_input_tokens"))
        or _count(details.get("cache_write_tokens"))
        or _count(details.get("cache_creation_tokens"))
    )
    # What the provider does not say to be kept for an hour is kept for five minutes, as it is by default.
    hour = min(_count(_dict(details.get("cache_creation_token_details")).get("ephemeral_1h_input_tokens")), written)
    return {"cached_input": read, "cache_write_5m": written - hour, "cache_write_1h": hour}


def _tags(text: str) -> dict[str, str]:
    """Read the tags of a call: `name:value` texts; one without a value stands for itself."""
    found = {}
    for tag in _list(text):
        cells.usable(tag, "request_tags")
        name, _between, value = tag.partition(":")
        if name.strip() and len(name) <= SHORT and len(value) <= SHORT:
            found[name.strip()] = value.strip()
    return found


def _list(text: str) -> list[str]:
    try:
        read = cells.parsed(text or "[]", "request_tags")
    except ValueError:
        return [text]  # a single tag, written plainly
    return [each for each in read if isinstance(each, str)] if isinstance(read, list) else []


def _object(text: str) -> dict[str, Any]:
    """Read what the gateway knows besides; what is not readable says nothing."""
    try:
        return _dict(cells.parsed(text or "{}", "metadata"))
    except ValueError:
        return {}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int:
    """Return a count of tokens, which the pipeline hands on as text; what is none says nothing."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else 0


def _text(value: Any) -> str:
    """Return a text of the metadata; what is none says nothing."""
    return cells.usable(value.strip(), "metadata") if isinstance(value, str) else ""
