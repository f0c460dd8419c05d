"""Every column that a format of costs names is used: filled in, it changes what is kept, or what the report says."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import transaction

from costs.importers.every import FORMATS
from costs.models import ChargeGroup, CostLine, UsageLine
from imports.models import Import
from tests.factories import InitiativeFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
# What a row has at least; FOCUS is read with its own headings.
NEEDED = {
    "costs_csv": {"incurred_on": "2026-03-05", "category": "cloud", "amount": "2", "currency": "USD"},
    "focus": {
        "BilledCost": "2", "ProviderName": "AWS", "ServiceName": "EC2", "BillingCurrency": "USD",
        "ChargeCategory": "Usage", "ChargePeriodStart": "2026-03-05T10:00:00Z",
        "ChargePeriodEnd": "2026-03-05T11:00:00Z",
    },
    "openai_costs": {"start_time": "1767225600", "end_time": "1767312000", "currency": "usd", "amount": "2"},
    "anthropic_cost": {"starting_at": "2026-03-05", "ending_at": "2026-03-06", "amount": "200", "currency": "USD"},
    "usage_csv": {
        "occurred_on": "2026-03-05", "provider": "OpenAI", "model": "gpt-4o", "input_tokens": "1000",
        "output_tokens": "100",
    },
    "openai_usage": {"start_time": "1767225600", "end_time": "1767312000", "input_tokens": "1000", "model": "gpt-4o"},
    "anthropic_usage": {
        "starting_at": "2026-03-05", "ending_at": "2026-03-06", "uncached_input_tokens": "1000",
        "output_tokens": "100", "model": "claude-sonnet-4-5",
    },
    "litellm_spend": {
        "request_id": "r-1", "model": "gpt-4o", "startTime": "2026-03-05T10:00:00Z", "spend": "2",
        "prompt_tokens": "1000", "completion_tokens": "100",
    },
}  # fmt: skip
# The columns of a console's file are looked at in a row of one.
CONSOLE = {
    "anthropic_cost": {"usage_date_utc": "2026-03-05", "cost_usd": "2", "token_type": "output"},
    "anthropic_usage": {
        "usage_date_utc": "2026-03-05", "usage_input_tokens_no_cache": "1000", "usage_output_tokens": "100",
        "model_version": "claude-sonnet-4-5",
    },
}  # fmt: skip
OF_CONSOLE = ("workspace", "api_key", "usage_type", "speed")
# What else has to stand there for a column to say something.
BESIDE = {"SubAccountName": {"SubAccountId": "11"}, "project_name": {"project_id": "p1"}, "cache_hit": {"spend": "0"}}
FILLED = {
    "tags": '{"app": "bot"}', "Tags": '{"app": "bot"}', "request_tags": '["app:bot"]', "capex": "true",
    "recurring": "true", "recoverable": "true", "batch": "true", "metadata": '{"user_api_key_alias": "bot"}',
    "context_window": "200k-1M", "cache_hit": "True",
}  # fmt: skip
# Which row it is, where it came from and when: other in every import.
PASSING = {"id", "group_id", "identity", "family", "import_id", "recorded_at", "content", "price_id"}


def kept(format_name: str, row: dict[str, str]) -> list[Any]:
    """Return what is kept and said of a file with one row; nothing of it stays."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row))
    writer.writeheader()
    writer.writerow(row)
    with transaction.atomic():
        job = bring_in(format_name, text.getvalue())
        assert (job.state, job.rows_created, job.rows_rejected) == ("done", 1, 0), list(job.reasons.all())
        found = [_of(model) for model in (ChargeGroup, CostLine, UsageLine)] + [_said(job)]
        transaction.set_rollback(True)
    return found


def _of(model: Any) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in PASSING} for row in model.objects.values()]


def _said(job: Import) -> list[str]:
    return [str(reason) for reason in job.reasons.all()]


def test_every_format_of_costs_is_looked_at() -> None:
    assert {importer.format for importer in FORMATS} == NEEDED.keys()


@pytest.mark.parametrize("importer", FORMATS, ids=lambda importer: importer.format)
def test_a_column_that_is_filled_in_is_seen(importer: Any) -> None:
    unseen, needed = [], NEEDED[importer.format]
    bare = kept(importer.format, needed)
    assert kept(importer.format, needed) == bare  # a control: nothing else differs from one import to the next
    required = {"amount", *getattr(importer, "instead", {}).values()}
    for column in importer.columns:
        if column.required or column.name in required or column.name in OF_CONSOLE:
            continue
        beside = BESIDE.get(column.name, {})
        without = kept(importer.format, needed | beside) if beside else bare
        if kept(importer.format, needed | beside | {column.name: _value(column.name)}) == without:
            unseen.append(column.name)
    assert unseen == []


@pytest.mark.parametrize("name", CONSOLE)
def test_a_column_of_a_consoles_file_that_is_filled_in_is_seen(name: str) -> None:
    columns = {column.name for importer in FORMATS if importer.format == name for column in importer.columns}
    bare = kept(name, CONSOLE[name])
    own = columns & set(OF_CONSOLE)
    assert own >= {"workspace", "api_key", "speed"}
    assert [column for column in own if kept(name, CONSOLE[name] | {column: "3"}) == bare] == []


def _value(column: str) -> str:
    if column == "initiative":
        return InitiativeFactory().key
    return FILLED.get(column, "2026-03-07" if column.endswith("_on") else "3")
