"""What the words of a bill's items tell: model, class of tokens, batch; nothing is guessed."""

from __future__ import annotations

import pytest

from costs.reconciliation.charge_classes import NO_TOKENS, UNTOLD, Told, model_name, told

ANTHROPIC = {"model": "claude-sonnet-4-20250514", "cost_type": "tokens", "service_tier": "standard"}


@pytest.mark.parametrize(
    ("line_item", "expected"),
    [
        ("gpt-4o-2024-08-06, input", Told("gpt-4o", "input")),
        ("gpt-4o-2024-08-06, cached input", Told("gpt-4o", "cached_input")),
        ("gpt-4o-2024-08-06, output", Told("gpt-4o", "output")),
        ("gpt-4o-mini, batch output", Told("gpt-4o-mini", "output", True)),
        ("gpt-4o-mini, cache write 1h", Told("gpt-4o-mini", "cache_write_1h")),
        ("gpt-4o-mini, cache write", Told("gpt-4o-mini", "cache_write_5m")),  # the shortest, as in the price book
        ("gpt-image-2-2026-04-21 text, input", Told("gpt-image-2", "input")),
        ("gpt-image-2-2026-04-21 image, cached input", Told("gpt-image-2", "cached_input")),
        ("gpt-realtime audio, output", Told("gpt-realtime", "output")),
        ("gpt-audio, input", Told("gpt-audio", "input")),
        ("web search tool calls", Told("", UNTOLD)),
        ("ft-gpt-4o, training", Told("", UNTOLD)),
        ("", Told("", UNTOLD)),
    ],
)
def test_line_items_of_openai(line_item, expected):
    assert told(line_item, {}, tokens=True) == expected


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"token_type": "uncached_input_tokens"}, Told("claude-sonnet-4", "input")),
        ({"token_type": "cache_read_input_tokens"}, Told("claude-sonnet-4", "cached_input")),
        ({"token_type": "cache_creation.ephemeral_5m_input_tokens"}, Told("claude-sonnet-4", "cache_write_5m")),
        ({"token_type": "cache_creation.ephemeral_1h_input_tokens"}, Told("claude-sonnet-4", "cache_write_1h")),
        ({"token_type": "output_tokens", "service_tier": "batch"}, Told("claude-sonnet-4", "output", True)),
        ({"token_type": "something_new"}, Told("claude-sonnet-4", UNTOLD)),
        ({"cost_type": "web_search", "model": ""}, Told("", NO_TOKENS)),
    ],
)
def test_columns_of_anthropics_report(details, expected):
    assert told("Claude Sonnet 4 Usage - Input Tokens", ANTHROPIC | details, tokens=True) == expected


@pytest.mark.parametrize(
    ("token_type", "expected"),
    [
        ("input_no_cache", "input"),
        ("input_cache_read", "cached_input"),
        ("input_cache_write_5m", "cache_write_5m"),
        ("input_cache_write_1h", "cache_write_1h"),
        ("output", "output"),
    ],
)
def test_columns_of_the_file_of_anthropics_console(token_type, expected):
    row = {"model": "Claude Haiku 4.5", "cost_type": "token", "usage_type": "message", "token_type": token_type}
    assert told("", row, tokens=True) == Told("claude-haiku-4-5", expected)
    assert told("", row | {"usage_type": "batch"}, tokens=True) == Told("claude-haiku-4-5", expected, True)
    assert model_name("claude-haiku-4-5-20251001") == "claude-haiku-4-5"


@pytest.mark.parametrize(
    ("sku", "description", "expected"),
    [
        ("USE1-Claude3Sonnet-input-tokens", "", "input"),
        ("USE1-Claude3Sonnet-cache-read-input-token-count", "", "cached_input"),
        ("EU-NovaLiteCacheWriteInputTokenCount", "", "cache_write_5m"),
        ("F1X2", "gpt 4o 0806 cached Inp glbl Tokens", "cached_input"),
        ("F1X3", "gpt 4o 0806 Outp glbl Tokens", "output"),
        ("F1X4", "Input and output tokens", UNTOLD),
        ("Cache-Storage", "Context cache storage, token hours", UNTOLD),
        ("DataTransfer-Output", "ElastiCache transfer, input", UNTOLD),  # says nothing of tokens
    ],
)
def test_words_of_cloud_bills(sku, description, expected):
    assert told(sku, {"ChargeDescription": description}, tokens=False).token_class == expected


def test_names_of_one_model_meet():
    names = {"gpt-4o", "GPT-4o-2024-08-06", "openai/gpt-4o", "gpt-4o@20240806", "azure/gpt-4o-20240806"}
    assert {model_name(name) for name in names} == {"gpt-4o"}
