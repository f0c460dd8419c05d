"""What a LiteLLM gateway logged: its spend logs (`GET /spend/logs`, or the table as JSON or CSV), one row a call.

The gateway says itself what a call cost; that is taken at its word and never priced by us. `prompt_tokens` count the
whole prompt. Who called (`user`, `end_user`) is not read; a key appears by its alias alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from costs.groups import tags_text
from costs.importers import bills, cells
from costs.importers.cells import SHORT
from costs.importers.provider_usage import ProviderUsage
from costs.models import Kind
from costs.pricing import InputCount
from costs.usage import About, UsageRow
from imports.pipeline import Column, Row

UNNAMED = "LiteLLM"
NEEDED = ("request_id", "startTime", "spend", "model", "prompt_tokens", "completion_tokens")
OTHERS = ("custom_llm_provider", "team_id", "team_alias", "key_alias", "request_tags", "metadata")


class LiteLlmSpend(ProviderUsage):
    """Reads one call after another."""

    format = "litellm_spend"
    title = _("LiteLLM spend logs")
    columns = (*(Column(name, required=True) for name in NEEDED), *(Column(name) for name in OTHERS))

    @classmethod
    def flatten(cls, document: Any) -> Iterator[Mapping[str, Any]]:
        """Yield a call; pages of calls stand under `data`."""
        found = document.get("data") if isinstance(document, dict) and "request_id" not in document else [document]
        for call in found if isinstance(found, list) else ():
            if isinstance(call, dict) and "request_id" in call and "spend" in call:
                yield call

    def read(self, row: Row) -> UsageRow:
        """Return the tokens and the cost of a call."""
        on = bills.moment(self.cell(row, "startTime"), "startTime")
        metadata = _object(self.cell(row, "metadata"))
        names = {"team": metadata.get("user_api_key_team_alias"), "key": metadata.get("user_api_key_alias")}
        account = self.cell(row, "team_alias") or _text(names["team"]) or self.cell(row, "team_id")
        return UsageRow(
            about=About(
                source=self.format,
                kind=Kind.GATEWAY,
                currency="USD",
                provider=cells.short(self.cell(row, "custom_llm_provider"), "custom_llm_provider") or UNNAMED,
                model=self.model(row),
                account=cells.short(account, "team_alias"),
                api_key=cells.short(self.cell(row, "key_alias") or _text(names["key"]), "key_alias"),
                tags=tags_text(_tags(self.cell(row, "request_tags"))),
            ),
            occurred_on=cells.day(f"{on:%Y-%m-%d}", "startTime"),
            tokens=self.tokens(
                row, InputCount.WHOLE_PROMPT, input_tokens="prompt_tokens", output_tokens="completion_tokens"
            ),
            requests=1,
            external_id=cells.short(self.cell(row, "request_id"), "request_id"),
            line_number=row.line,
            amount=Decimal(cells.amount(self.cell(row, "spend"))),
        )


def _tags(text: str) -> dict[str, str]:
    """Read the tags of a call: `name:value` texts; one without a value stands for itself."""
    found = {}
    for tag in _list(text):
        name, _between, value = tag.partition(":")
        if name.strip() and len(name) <= SHORT and len(value) <= SHORT:
            found[name.strip()] = value.strip()
    return found


def _list(text: str) -> list[str]:
    try:
        read = json.loads(text or "[]")
    except ValueError:
        return [text]  # a single tag, written plainly
    return [each for each in read if isinstance(each, str)] if isinstance(read, list) else []


def _object(text: str) -> dict[str, Any]:
    """Read what the gateway knows besides; what is not readable says nothing."""
    try:
        read = json.loads(text or "{}")
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
