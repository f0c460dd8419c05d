"""Usage rows and their price: by the book, or as their source says."""

from __future__ import annotations

from functools import cached_property

from costs.groups import GroupKey
from costs.models import Category
from costs.prices import library as library_prices
from costs.prices.book import Chosen, PriceBook
from costs.prices.kept import KeptPrices
from costs.pricing import Lack, Priced, price_of
from costs.usage.remarks import Found
from costs.usage.rows import About, UsageRow

CATEGORY = "tokens"
_IN_BOTH = ("source", "initiative_id", "account", "api_key", "service", "region", "tags", "details", "kind")


class Pricing:
    """Prices rows by the book as it is now; what repeats is looked up once.

    `makes`: whether prices of the library that no line has so far are written down (`KeptPrices`).
    """

    def __init__(self, *, makes: bool = True) -> None:
        self._book = PriceBook.load()
        self._kept = KeptPrices(makes=makes)
        self._ids: dict[int, int] = {}  # of chosen rows, which the book keeps

    @cached_property
    def category_id(self) -> int:
        """The category of all of it."""
        return Category.objects.get(name=CATEGORY).pk

    def of(self, row: UsageRow) -> Found:
        """Price a row, unless its source says what it cost."""
        if row.amount is not None:
            return Found(None, row.amount)
        chosen = self._book.find(row.about.provider, row.about.model, row.occurred_on)
        if chosen is None:
            return Found(None, None, Lack.UNKNOWN)
        found = price_of(
            row.tokens, chosen.row, batch=row.batch, requests=row.requests, prompt_tokens=row.prompt_tokens
        )
        if isinstance(found, Priced):
            return Found(chosen, found.amount, rate=found.rate)
        return Found(chosen, None, found.lack)

    def key_of(self, about: About, chosen: Chosen | None) -> GroupKey:
        """Return the charge group of rows: what they are about, in the currency of their price."""
        currency = about.currency or (chosen.row.currency if chosen else library_prices.CURRENCY)
        return GroupKey(
            category_id=self.category_id,
            currency=currency,
            vendor=about.provider,
            sku=about.model,
            **{name: getattr(about, name) for name in _IN_BOTH},
        )

    def price_id(self, chosen: Chosen | None) -> int | None:
        """Return the id of the price row to keep on a line."""
        if chosen is None:
            return None
        if id(chosen) not in self._ids:
            self._ids[id(chosen)] = self._kept.id_of(chosen)
        return self._ids[id(chosen)]
