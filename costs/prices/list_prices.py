"""What APIs charge today, to compare with: well known models, and any other that the price book has a price of.

The book is asked: own prices come before the library's, and where own prices alone hold the library's do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from costs.prices.book import Chosen, PriceBook
from costs.prices.library import provider_name
from costs.pricing import TokenClass
from costs.reconciliation.sources import provider_of
from money.exact import EXACT
from money.rates import rates_on

# One per provider and class of price, so that the choice spans what there is. (provider, model) → name.
WELL_KNOWN: Mapping[tuple[str, str], str] = {
    ("anthropic", "claude-opus-5-5"): "Claude Opus 5.5",
    ("anthropic", "claude-sonnet-5-5"): "Claude Sonnet 5.5",
    ("openai", "gpt-6.1-terra"): "GPT-6.1 Terra",
    ("google", "gemini-3.8-flash"): "Gemini 3.8 Flash",
    ("mistral", "mistral-large-4"): "Mistral Large 4",
    ("deepseek", "deepseek-flash"): "DeepSeek V4.1 Flash",
}
_OF_WELL_KNOWN = {model: (provider, model) for provider, model in WELL_KNOWN}


class Named(NamedTuple):
    """A model as an address names it, by words, and where the book has it."""

    key: str
    name: str
    provider: str
    model: str


@dataclass(frozen=True)
class ListPrice:
    """What a million tokens cost in the currency asked for: short prompts, nothing cached, no batch."""

    model: str  # as an address names it
    name: str
    input: Decimal
    output: Decimal
    is_own: bool = False  # a price that people entered

    def blended(self, input_parts: int, output_parts: int) -> Decimal:
        """Return the price of a million tokens of which so many parts are input and so many output."""
        return (self.input * input_parts + self.output * output_parts) / (input_parts + output_parts)


class Compared(NamedTuple):
    """Prices, dearest output first, and the names of those that wait for an exchange rate of the day."""

    prices: list[ListPrice]
    waiting: list[str]


def choices(book: PriceBook, on: date) -> list[Named]:
    """Return what there is to choose from a list: well known models, then those that own prices name."""
    found = [_named(*each) for each in dict.fromkeys([*WELL_KNOWN, *book.own_names(on)])]
    return [each for each in found if _rates(book.find(each.provider, each.model, on))]


def asked(book: PriceBook, text: str, on: date) -> Named | None:
    """Return the model that is written as "provider/model"; None where the book has no price of it, both ways."""
    cuts = [place for place, letter in enumerate(text) if letter == "/"]  # some providers' models have one, too
    ways = [(provider_of(text[:at]), text[at + 1 :].strip()) for at in cuts]
    if text in _OF_WELL_KNOWN:
        ways = [_OF_WELL_KNOWN[text]]
    return next((_named(*way) for way in ways if _rates(book.find(*way, on))), None)


def compared(book: PriceBook, on: date, currency: str, also: Named | None = None) -> Compared:
    """Return the prices of well known models, and of another one, in a currency at the rates of the day."""
    named = dict.fromkeys([*(_named(*each) for each in WELL_KNOWN), *([also] if also else [])])
    found = [(each, book.find(each.provider, each.model, on)) for each in named]
    priced = [(each, chosen) for each, chosen in found if chosen and _rates(chosen)]
    factors = _factors((chosen.row.currency for _each, chosen in priced), currency, on)
    prices, waiting = [], []
    for each, chosen in priced:
        factor, rates = factors[chosen.row.currency], _rates(chosen)
        if factor is None or rates is None:
            waiting.append(each.name)
            continue
        into, out = (EXACT.multiply(rate, factor) for rate in rates)
        prices.append(ListPrice(each.key, each.name, into, out, chosen.own is not None))
    return Compared(sorted(prices, key=lambda price: (-price.output, price.name)), waiting)


def _named(provider: str, model: str) -> Named:
    name = WELL_KNOWN.get((provider, model))
    if name:
        return Named(model, name, provider, model)
    return Named(f"{provider}/{model}", f"{provider_name(provider)} {model}", provider, model)


def _rates(chosen: Chosen | None) -> tuple[Decimal, Decimal] | None:
    """Return the ordinary prices of input and output; None where one of them is missing."""
    rates = chosen.row.rates if chosen else ()
    prices = next((rate.prices for rate in rates if not rate.over and not rate.batch), {})
    into, out = prices.get(TokenClass.INPUT), prices.get(TokenClass.OUTPUT)
    return None if into is None or out is None else (into, out)


def _factors(currencies: Iterable[str], wanted: str, on: date) -> dict[str, Decimal | None]:
    """Return by what an amount of each currency is multiplied; None where a rate of the day is missing."""
    found: dict[str, Decimal | None] = dict.fromkeys(currencies)
    if any(currency != wanted for currency in found):
        rates = rates_on({(currency, on) for currency in (*found, wanted)})
        base = rates[wanted, on]
        found = {each: EXACT.divide(rate, base) if (rate := rates[each, on]) and base else None for each in found}
    return found | {wanted: Decimal(1)}
