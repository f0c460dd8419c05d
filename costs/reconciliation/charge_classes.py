"""What a charge of a bill is for: which model, which class of tokens, batch or not, as far as its words tell.

Knows no Django. Anthropic's report says it in columns (`token_type`, `service_tier`, `model`), in other words the
console's file. Others say it in words:
OpenAI's line items "gpt-4o-2024-08-06, cached input" and "gpt-image-2-2026-04-21 text, input", Amazon's usage type
"USE1-Claude3Sonnet-output-tokens", Azure's meter "gpt 4o 0806 cached Inp glbl Tokens". Where the words name no class,
or two, nothing is guessed. Usage tells no text from images or sound, so neither is told here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from costs.pricing import TokenClass

UNTOLD: Final = "untold"  # tokens or not, the record does not say which class
NO_TOKENS: Final = "no_tokens"  # searches, code that was run: said to be no tokens

CLASSED: Final = frozenset(each.value for each in TokenClass)

# What is read of them. What comes to it goes into what a reconciled month keeps too (`months._READ_SINCE`).
DETAILS: Final = ("cost_type", "token_type", "model", "service_tier", "usage_type", "ChargeDescription")

# Anthropic, `token_type` of the cost report, and of the console's file.
_TYPES = {
    "uncached_input_tokens": TokenClass.INPUT,
    "cache_read_input_tokens": TokenClass.CACHED_INPUT,
    "cache_creation.ephemeral_5m_input_tokens": TokenClass.CACHE_WRITE_5M,
    "cache_creation.ephemeral_1h_input_tokens": TokenClass.CACHE_WRITE_1H,
    "output_tokens": TokenClass.OUTPUT,
    "input_no_cache": TokenClass.INPUT,
    "input_cache_read": TokenClass.CACHED_INPUT,
    "input_cache_write_5m": TokenClass.CACHE_WRITE_5M,
    "input_cache_write_1h": TokenClass.CACHE_WRITE_1H,
    "output": TokenClass.OUTPUT,
}
_TIERS = ("service_tier", "usage_type")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_HOUR = re.compile(r"(?<![0-9a-z])1[ -]?h", re.IGNORECASE)
_TOKENS = {"token", "tokens"}
_INPUT = {"input", "inp", "prompt"}
_OUTPUT = {"output", "outp", "outpt", "completion"}
_CACHE = {"cache", "cached", "caching", "cchd"}
_WRITE = {"write", "writes", "written", "creation"}
_NOT_READ = {"storage", "training", "hosting"}
_MODALITY = re.compile(r" (text|image|audio)$", re.IGNORECASE)
_DATED = re.compile(r"[-@]\d{4}-?\d{2}-?\d{2}$")


class Told(NamedTuple):
    """What a charge says of itself. `token_class` is a `TokenClass`, `UNTOLD` or `NO_TOKENS`; `model` "": not told."""

    model: str
    token_class: str
    batch: bool = False


def told(sku: str, details: Mapping[str, str], *, tokens: bool) -> Told:
    """Read a charge. `tokens`: it is known to be for tokens, so that "input" alone can be nothing else."""
    if "token_type" in details or "cost_type" in details:
        return _in_columns(details)
    model, comma, rest = sku.rpartition(",")
    if comma and (found := _in_words(rest, tokens=True))[0] != UNTOLD:
        return Told(model_name(_MODALITY.sub("", model)), *found)
    text = " · ".join((sku, details.get("ChargeDescription", ""))) if details else sku
    return Told("", *_in_words(text, tokens))


@lru_cache(maxsize=4_000)
def model_name(model: str) -> str:
    """Return the name under which records of a model meet: "openai/gpt-4o-2024-08-06" is "gpt-4o"."""
    return _DATED.sub("", model.strip().casefold().rpartition("/")[2])


def _in_columns(details: Mapping[str, str]) -> Told:
    model, batch = model_name(_as_called(details.get("model", ""))), "batch" in map(details.get, _TIERS)
    if details.get("cost_type", "tokens") not in ("tokens", "token"):
        return Told(model, NO_TOKENS)
    return Told(model, _TYPES.get(details.get("token_type", ""), UNTOLD), batch)


def _as_called(model: str) -> str:
    """Return the name by which a model is called: the console writes "Claude Haiku 4.5" for "claude-haiku-4-5"."""
    return model.replace(" ", "-").replace(".", "-") if " " in model else model


def _in_words(text: str, tokens: bool) -> tuple[str, bool]:
    words = {word.casefold() for word in _WORD.findall(text)}
    batch = "batch" in words
    if not (tokens or words & _TOKENS) or words & _NOT_READ:
        return UNTOLD, batch
    goes_in, comes_out, cached = (bool(words & each) for each in (_INPUT, _OUTPUT, _CACHE))
    if comes_out:
        return UNTOLD if goes_in or cached else TokenClass.OUTPUT, batch
    if cached and words & _WRITE:
        return TokenClass.CACHE_WRITE_1H if _HOUR.search(text) else TokenClass.CACHE_WRITE_5M, batch
    if cached:
        return TokenClass.CACHED_INPUT, batch
    return TokenClass.INPUT if goes_in else UNTOLD, batch
