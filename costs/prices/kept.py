"""Price rows as usage lines keep them: own rows are rows already, the library's are copied when they price."""

from __future__ import annotations

import json
from hashlib import blake2b
from uuid import UUID

from api.decimals import plain
from costs.models import TokenPrice, TokenRate
from costs.prices import library
from costs.prices.book import Chosen
from costs.prices.library import LibraryPrice


class NotKeptError(LookupError):
    """There is no row for this price, and none is to be made."""


class KeptPrices:
    """Finds the row of the database for a chosen one; makes it where there is none, unless told not to.

    Inside an open write. Another write may make the same row meanwhile, and is waited for.
    """

    def __init__(self, *, makes: bool = True) -> None:
        self._copies: dict[UUID, int] = {}
        self._copy = _copy if makes else _copy_there

    def id_of(self, chosen: Chosen) -> int:
        """Return the id of the row to keep on a line; NotKeptError where there is none and none is made."""
        if chosen.own is not None:
            return chosen.own.pk
        assert chosen.library is not None  # a chosen row is own or the library's
        identity = _identity(chosen.library)
        if identity not in self._copies:
            self._copies[identity] = self._copy(identity, chosen.library)
        return self._copies[identity]


def _identity(price: LibraryPrice) -> UUID:
    """Hash everything that a row of the library says, and which version said it."""
    rates = [
        [rate.over, rate.batch, {str(each): plain(amount) for each, amount in sorted(rate.prices.items())}]
        for rate in price.row.rates
    ]
    said = [library.version(), price.provider, price.model, str(price.since), price.row.currency, rates]
    return UUID(bytes=blake2b(json.dumps(said).encode(), digest_size=16).digest())


def _copy(identity: UUID, price: LibraryPrice) -> int:
    made, is_new = TokenPrice.objects.get_or_create(
        identity=identity,
        defaults={
            "provider": price.provider,
            "model": price.model,
            "since": price.since,
            "currency": price.row.currency,
            "library_version": library.version(),
            "source_url": price.url,
        },
    )
    if is_new:
        TokenRate.objects.bulk_create(TokenRate.of(made, rate) for rate in price.row.rates)
    return made.pk


def _copy_there(identity: UUID, _price: LibraryPrice) -> int:
    there = TokenPrice.objects.filter(identity=identity).values_list("pk", flat=True).first()
    if there is None:
        raise NotKeptError(identity)
    return there
