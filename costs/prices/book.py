"""The price book asked: which row prices a model of a provider on a day, and why.

Own rows win over the library's, which can be switched off by provider. Of several own rows the one that names the model
most closely holds: the name itself before a glob, a glob with more letters before one with fewer; of equal ones that
which begins later, then the one recorded later. None: no price, which is never a price of 0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import NamedTuple

from costs.allocation.matching import literal_brackets
from costs.models import LibraryOff, TokenPrice
from costs.prices import library as library_prices
from costs.prices.library import LibraryPrice
from costs.pricing import PriceRow
from costs.reconciliation.sources import provider_of

_WILD = frozenset("*?")


class Closeness(NamedTuple):
    """How closely an own row names a model; the greatest wins."""

    is_name: bool
    letters: int
    since: date
    pk: int


@dataclass(frozen=True)
class Chosen:
    """The row that holds: an own one, or the library's."""

    row: PriceRow
    own: TokenPrice | None = None
    library: LibraryPrice | None = None


class PriceBook:
    """All own rows and switches, read once; answers are kept, as questions repeat."""

    def __init__(self, own: Iterable[TokenPrice], off: Collection[str]) -> None:
        self._own: dict[str, list[tuple[str, Closeness, TokenPrice, PriceRow]]] = defaultdict(list)
        for price in own:
            self._own[provider_of(price.provider)].append((*_named(price), price, price.row))
        self._off = off
        self._known: dict[tuple[str, str, date], Chosen | None] = {}

    @classmethod
    def load(cls) -> PriceBook:
        """Read the book; three queries."""
        return cls(
            TokenPrice.objects.own().with_rates(), frozenset(LibraryOff.objects.values_list("provider", flat=True))
        )

    def find(self, provider: str, model: str, on: date) -> Chosen | None:
        """Return the row that prices a model on a day; None where there is none."""
        asked = (provider, model, on)
        if asked not in self._known:
            self._known[asked] = self.own(*asked) or self._library_row(*asked)
        return self._known[asked]

    def own_names(self, on: date) -> list[tuple[str, str]]:
        """Return provider and model of own rows in force that name one model, by name."""
        rows = [
            (provider, price)
            for provider, kept in self._own.items()
            for _pattern, near, price, _row in kept
            if near.is_name
        ]
        return sorted(
            {
                (provider, price.model.strip())
                for provider, price in rows
                if price.since is not None and price.since <= on and (price.until is None or on < price.until)
            }
        )

    def takes_library(self, library_provider: str) -> bool:
        """Tell whether prices of a provider (by the library's id) are taken from the library."""
        return library_provider not in self._off

    def own(self, provider: str, model: str, on: date) -> Chosen | None:
        """Return one's own row that prices a model on a day, of several the closest; None where there is none."""
        name = model.strip().casefold()
        fitting = [
            (closeness, price, row)
            for pattern, closeness, price, row in self._own.get(provider_of(provider), ())
            if closeness.since <= on and (price.until is None or on < price.until) and fnmatchcase(name, pattern)
        ]
        if not fitting:
            return None
        _closeness, price, row = max(fitting, key=lambda each: each[0])
        return Chosen(row, own=price)

    def _library_row(self, provider: str, model: str, on: date) -> Chosen | None:
        found = library_prices.find(provider, model, on)
        if found is None or not found.row.rates or not self.takes_library(found.provider):
            return None
        return Chosen(found.row, library=found)


def _named(price: TokenPrice) -> tuple[str, Closeness]:
    pattern = price.model.strip().casefold()
    is_name, letters = _WILD.isdisjoint(pattern), sum(letter not in _WILD for letter in pattern)
    assert price.since is not None  # as every own row's
    return literal_brackets(pattern), Closeness(is_name, letters, price.since, price.pk)
