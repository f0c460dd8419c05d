"""The price book as its page shows it: own rows and the library's, each with whether it holds on a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costs.models import TokenPrice, TokenRate
from costs.prices import library
from costs.prices.book import PriceBook
from costs.pricing import PriceRow, Rate, TokenClass
from costs.reconciliation.sources import provider_of
from display import numbers

CLASS_LABELS = {each: TokenRate._meta.get_field(each).verbose_name for each in TokenClass}
HOLDS, REPLACED, LATER, ENDED, OFF = "holds", "replaced", "later", "ended", "off"


def usual_prices(row: PriceRow) -> tuple[str, str]:
    """Return what a million tokens cost in and out, apart from long prompts and batches; "" where there is no price."""
    usual = next((rate for rate in row.rates if not rate.over and not rate.batch), None)
    prices = [usual.prices.get(each) if usual else None for each in (TokenClass.INPUT, TokenClass.OUTPUT)]
    into, out = ("" if each is None else numbers.money_significant(each, row.currency) for each in prices)
    return into, out


@dataclass(frozen=True)
class RateShown:
    """The prices of one rate in the order of the columns; None: there is none."""

    over: int
    batch: bool
    prices: Sequence[Decimal | None]

    @classmethod
    def of(cls, rate: Rate) -> RateShown:
        """Lay a rate out in columns."""
        return cls(rate.over, rate.batch, [rate.prices.get(each) for each in TokenClass])


def in_columns(rates: Sequence[RateShown]) -> list[list[tuple[str, str | None]]]:
    """Return the prices of rates as text, each with the name of its class; those of a class stand on their points."""
    columns = list(zip(*(rate.prices for rate in rates), strict=True))
    digits = [max(2, numbers.decimals(each for each in column if each is not None)) for column in columns]
    return [
        [
            (name, None if price is None else numbers.number(price, places))
            for name, price, places in zip(CLASS_LABELS.values(), rate.prices, digits, strict=True)
        ]
        for rate in rates
    ]


@dataclass(frozen=True)
class Entry:
    """A row of the book. `own` is its own row where it is one; `state` is how it stands on the day."""

    provider: str
    model: str
    since: date | None
    until: date | None
    row: PriceRow
    state: str
    own: TokenPrice | None = None
    replaced_by: TokenPrice | None = None
    has_request_fee: bool = False

    @property
    def provider_name(self) -> str:
        """The provider as the library writes it, or as the own row does."""
        return library.provider_name(self.provider)

    @property
    def rates(self) -> list[RateShown]:
        """Its rates, that of ordinary calls first."""
        return [RateShown.of(rate) for rate in sorted(self.row.rates, key=lambda rate: (rate.batch, rate.over))]


@dataclass(frozen=True)
class Wanted:
    """What the page is asked for. `provider` is the library's id of it, or a name that only own rows have."""

    on: date
    text: str = ""
    provider: str = ""
    only_own: bool = False

    def keeps(self, provider: str, model: str) -> bool:
        """Tell whether a row is asked for."""
        mine = library.provider_id(provider) or provider_of(provider)
        if self.provider and self.provider not in (provider, mine):
            return False
        return all(word in f"{provider} {model}".casefold() for word in self.text.casefold().split())


def entries(book: PriceBook, own: Iterable[TokenPrice], wanted: Wanted) -> list[Entry]:
    """Return the rows that are asked for: own ones first, then the library's, by provider and model."""
    found = [*_own(own, wanted)]
    return found if wanted.only_own else [*found, *_library(book, wanted)]


def _own(own: Iterable[TokenPrice], wanted: Wanted) -> Iterator[Entry]:
    """Yield own rows; of the same model they come latest first, and the first that has begun holds."""
    holding: dict[tuple[str, str], TokenPrice] = {}
    for price in own:
        named = (provider_of(price.provider), price.model.casefold())
        state = _state(price, wanted.on)
        if state == HOLDS and holding.setdefault(named, price) is not price:
            state = REPLACED
        if wanted.keeps(price.provider, price.model):
            yield Entry(
                price.provider,
                price.model,
                price.since,
                price.until,
                price.row,
                state,
                price,
                holding.get(named) if state == REPLACED else None,
            )


def _state(price: TokenPrice, on: date) -> str:
    if price.until is not None and price.until <= on:
        return ENDED
    return LATER if price.since is not None and price.since > on else HOLDS


def _library(book: PriceBook, wanted: Wanted) -> Iterator[Entry]:
    for listed in library.every(wanted.on):
        if not wanted.keeps(listed.provider, listed.model):
            continue
        chosen = book.own(listed.provider, listed.model, wanted.on)
        own = chosen.own if chosen else None
        state = REPLACED if own else HOLDS if book.takes_library(listed.provider) else OFF
        yield Entry(
            listed.provider,
            listed.model,
            listed.since,
            None,
            listed.row,
            state,
            replaced_by=own,
            has_request_fee=listed.has_request_fee,
        )
