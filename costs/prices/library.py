"""List prices out of the library genai-prices: no network, exact decimals, and dated for some of its models only.

Its rows are read as rows of our own price book (`costs.pricing.PriceRow`). What the library calls variants (batch)
become rates of their own; a class that a variant does not name costs what it costs otherwise, as the library means it.
Of prices that change with the hour those at noon (UTC) are taken: usage has a date, no hour.

The library is imported where prices are asked for: that takes a third of a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from costs.pricing import PriceRow, Rate, TokenClass
from costs.reconciliation.sources import provider_of

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices

CURRENCY = "USD"
SOURCE = "genai-prices"
# The library's name of a price → our class. A write price without a lifetime is that of the shortest one.
_CLASSES = {
    "input_mtok": TokenClass.INPUT,
    "cache_read_mtok": TokenClass.CACHED_INPUT,
    "cache_write_mtok": TokenClass.CACHE_WRITE_5M,
    "cache_write_5m_mtok": TokenClass.CACHE_WRITE_5M,
    "cache_write_1h_mtok": TokenClass.CACHE_WRITE_1H,
    "output_mtok": TokenClass.OUTPUT,
}
_REQUEST_FEE = "requests_kcount"
_BATCH = {"processing": "batch"}


@dataclass(frozen=True)
class LibraryPrice:
    """What the library says of a model on a day."""

    provider: str  # its id, such as "anthropic"
    provider_name: str
    model: str  # its id, such as "claude-sonnet-4-5"
    since: date | None  # from when on, where the library tells
    row: PriceRow
    has_request_fee: bool  # every request costs something as well, which is not among the prices of tokens
    url: str


def version() -> str:
    """Return which version of the library the prices are from."""
    from genai_prices import __version__

    return __version__


def find(provider: str, model: str, on: date) -> LibraryPrice | None:
    """Return the price of a model of a provider on a day; None where the library does not know one of them."""
    found = _provider(provider)
    info = found.find_model(model, all_providers=_providers()) if found else None
    return _price(found, info, on) if found and info else None


@lru_cache(maxsize=10_000)
def has_request_fee(provider: str, model: str, on: date) -> bool:
    """Tell whether every request to a model costs something beside its tokens."""
    found = find(provider, model, on)
    return found is not None and found.has_request_fee


def every(on: date) -> Iterator[LibraryPrice]:
    """Yield every model that has prices of tokens, by provider, with the prices of a day."""
    for provider in _providers():
        for model in provider.models:
            price = _price(provider, model, on)
            if price.row.rates:
                yield price


def provider_names() -> dict[str, str]:
    """Return the library's providers: id → name."""
    return {provider.id: provider.name for provider in _providers()}


def provider_name(provider: str) -> str:
    """Return a provider as the library writes it; one that it does not know as it is."""
    found = _provider(provider)
    return found.name if found else provider


def provider_id(provider: str) -> str | None:
    """Return the library's id of a provider under any of its names; None where it has none."""
    found = _provider(provider)
    return found.id if found else None


def _providers() -> list[Provider]:
    from genai_prices.data_snapshot import get_snapshot

    return get_snapshot().providers


@lru_cache(maxsize=1_000)
def _provider(name: str) -> Provider | None:
    from genai_prices.data_snapshot import find_provider_by_id

    usual = provider_of(name)
    same = (provider for provider in _providers() if provider_of(provider.id) == usual)
    return next(same, None) or find_provider_by_id(_providers(), name)


def _price(provider: Provider, model: ModelInfo, on: date) -> LibraryPrice:
    noon = datetime.combine(on, time(12), UTC)
    standard = model.get_prices(noon)
    rates = _rates(standard, batch=False)
    if any(variant.when == _BATCH and _holds(variant.constraint, noon) for variant in model.price_variants or ()):
        rates += _rates(model.get_prices(noon, _BATCH), batch=True)
    return LibraryPrice(
        provider.id,
        provider.name,
        model.id,
        _since(model, standard),
        PriceRow(CURRENCY, tuple(rates)),
        vars(standard).get(_REQUEST_FEE) is not None,
        next(iter(provider.pricing_urls or ()), ""),
    )


def _rates(prices: ModelPrice, batch: bool) -> list[Rate]:
    """Return a rate for each length of prompt at which any price changes."""
    known = {_CLASSES[name]: price for name, price in vars(prices).items() if name in _CLASSES and price is not None}
    starts = {0, *(tier.start for price in known.values() if not isinstance(price, Decimal) for tier in price.tiers)}
    if not known:
        return []
    return [Rate({each: _at(price, start) for each, price in known.items()}, start, batch) for start in sorted(starts)]


def _at(price: Decimal | TieredPrices, start: int) -> Decimal:
    if isinstance(price, Decimal):
        return price
    return next((tier.price for tier in reversed(price.tiers) if tier.start <= start), price.base)


def _holds(constraint: object, moment: datetime) -> bool:
    return constraint is None or constraint.active(moment)  # type: ignore[attr-defined]


def _since(model: ModelInfo, prices: ModelPrice) -> date | None:
    """Return from when on these prices hold, where they have a date."""
    if not isinstance(model.prices, list):
        return None
    dated = next((each.constraint for each in model.prices if each.prices is prices), None)
    return getattr(dated, "start_date", None)
