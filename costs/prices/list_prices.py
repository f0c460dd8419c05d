"""List prices of a handful of well known models, to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costs.prices import library
from costs.pricing import TokenClass

# One per provider and class of price, so that the choice spans what there is. (provider, model) → name.
WELL_KNOWN: Mapping[tuple[str, str], str] = {
    ("anthropic", "claude-opus-5-5"): "Claude Opus 5.5",
    ("anthropic", "claude-sonnet-5-5"): "Claude Sonnet 5.5",
    ("openai", "gpt-6.1-terra"): "GPT-6.1 Terra",
    ("google", "gemini-3.8-flash"): "Gemini 3.8 Flash",
    ("mistral", "mistral-large-4"): "Mistral Large 4",
    ("deepseek", "deepseek-flash"): "DeepSeek V4.1 Flash",
}


@dataclass(frozen=True)
class ListPrice:
    """What a million tokens cost by list, in US dollars: short prompts, nothing cached, no batch."""

    model: str
    name: str
    input: Decimal
    output: Decimal

    def blended(self, input_parts: int, output_parts: int) -> Decimal:
        """Return the price of a million tokens of which so many parts are input and so many output."""
        return (self.input * input_parts + self.output * output_parts) / (input_parts + output_parts)


def well_known(on: date) -> list[ListPrice]:
    """Return the prices in force on a day, dearest output first. A model that the library lost is left out."""
    found = [_price(provider, model, name, on) for (provider, model), name in WELL_KNOWN.items()]
    return sorted((price for price in found if price), key=lambda price: (-price.output, price.name))


def _price(provider: str, model: str, name: str, on: date) -> ListPrice | None:
    found = library.find(provider, model, on)
    prices = next((rate.prices for rate in found.row.rates if not rate.over and not rate.batch), {}) if found else {}
    if TokenClass.INPUT not in prices or TokenClass.OUTPUT not in prices:
        return None
    return ListPrice(model, name, prices[TokenClass.INPUT], prices[TokenClass.OUTPUT])
