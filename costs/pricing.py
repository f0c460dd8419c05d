"""What tokens cost: counts of tokens times prices per million, class by class, exact to the last digit.

Definition: METRICS.md "Prices". Knows no Django and no provider: who counts how, what holds when, is told elsewhere.

A price row has rates: prices per million tokens for each class, for batch calls apart, and for long prompts apart. A
rate for prompts over N tokens holds for the *whole* request, answer included, once its prompt is longer than N: this is
how the providers charge, and how genai-prices means its tiers (`genai_prices.types.TieredPrices`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Final

from money.exact import EXACT

PER_MILLION: Final = 6  # prices are per 10 to this power tokens


class TokenClass(StrEnum):
    """What tokens are charged as. They exclude each other: a token is in exactly one class."""

    INPUT = "input"  # of the prompt, neither read from a cache nor written to one
    CACHED_INPUT = "cached_input"  # read from a cache
    CACHE_WRITE_5M = "cache_write_5m"  # written to a cache for five minutes
    CACHE_WRITE_1H = "cache_write_1h"  # written to a cache for an hour
    OUTPUT = "output"


class InputCount(Enum):
    """What a source's count of input tokens includes."""

    WHOLE_PROMPT = "whole prompt"  # with what was read from and written to caches: OpenAI, Google, LiteLLM
    UNCACHED = "uncached"  # without: Anthropic


class CountError(ValueError):
    """Token counts that contradict each other; `token_class` is where."""

    def __init__(self, token_class: TokenClass) -> None:
        super().__init__(f"impossible count: {token_class}")
        self.token_class = token_class


@dataclass(frozen=True)
class Tokens:
    """How many tokens of each class."""

    input: int = 0
    cached_input: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output: int = 0

    @property
    def prompt(self) -> int:
        """All that was sent: what the length of a prompt is measured by."""
        return self.input + self.cached_input + self.cache_write_5m + self.cache_write_1h


def counted(
    includes: InputCount,
    *,
    input_tokens: int,
    output_tokens: int,
    cached_input: int = 0,
    cache_write_5m: int = 0,
    cache_write_1h: int = 0,
) -> Tokens:
    """Return tokens by class from the counts of a source; the one place that knows what input counts include.

    Raises `CountError` where a count is negative, or more was cached than the whole prompt had.
    """
    rest = input_tokens
    if includes is InputCount.WHOLE_PROMPT:
        rest = input_tokens - cached_input - cache_write_5m - cache_write_1h
    tokens = Tokens(rest, cached_input, cache_write_5m, cache_write_1h, output_tokens)
    if rest < 0 <= input_tokens:
        raise CountError(TokenClass.CACHED_INPUT)
    for token_class in TokenClass:
        if getattr(tokens, token_class) < 0:
            raise CountError(token_class)
    return tokens


@dataclass(frozen=True)
class Rate:
    """Prices per million tokens; a class that is missing has no price, which is not a price of 0."""

    prices: Mapping[TokenClass, Decimal]
    over: int = 0  # holds for prompts longer than this many tokens
    batch: bool = False


@dataclass(frozen=True)
class PriceRow:
    """What a model costs: its rates and their currency."""

    currency: str
    rates: Sequence[Rate]


class Lack(StrEnum):
    """Why tokens have no price. The last five are classes of which there are tokens and no price."""

    UNKNOWN = "unknown"  # no price row for this provider, model and date
    BATCH = "batch"  # a batch call, and the row has no batch prices
    INPUT = "input"
    CACHED_INPUT = "cached_input"
    CACHE_WRITE_5M = "cache_write_5m"
    CACHE_WRITE_1H = "cache_write_1h"
    OUTPUT = "output"


@dataclass(frozen=True)
class Priced:
    """What tokens cost, and by which rate of the row."""

    amount: Decimal
    rate: Rate


@dataclass(frozen=True)
class Unpriced:
    """Tokens without a price, never priced 0 instead."""

    lack: Lack


def price_of(
    tokens: Tokens,
    row: PriceRow,
    *,
    batch: bool = False,
    requests: int | None = 1,
    prompt_tokens: int | None = None,
) -> Priced | Unpriced:
    """Return what tokens cost by a price row: Σ tokens × price ÷ 1,000,000.

    `prompt_tokens` is the length of a prompt where the source tells it. Else it is that of an average request; of
    tokens that are not known to be of several requests (`requests` None) it is all of them.
    """
    rate = _rate_for(tokens, row, batch, requests, prompt_tokens)
    if rate is None:
        return Unpriced(Lack.BATCH if batch else Lack.UNKNOWN)
    amount = Decimal(0)
    for token_class in TokenClass:
        count = getattr(tokens, token_class)
        if not count:
            continue
        price = rate.prices.get(token_class)
        if price is None:
            return Unpriced(Lack(token_class.value))
        amount = EXACT.add(amount, EXACT.multiply(Decimal(count), price))
    return Priced(amount.scaleb(-PER_MILLION, EXACT).normalize(EXACT), rate)


def _rate_for(
    tokens: Tokens, row: PriceRow, batch: bool, requests: int | None, prompt_tokens: int | None
) -> Rate | None:
    """Return the rate of the longest prompts that these are."""
    length, share = (tokens.prompt, max(requests or 1, 1)) if prompt_tokens is None else (prompt_tokens, 1)
    fitting = [rate for rate in row.rates if rate.batch == batch and (not rate.over or length > rate.over * share)]
    return max(fitting, key=lambda rate: rate.over, default=None)
