"""`/token-prices`: the price book by API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from accounts.permissions import require
from api.fields import Amount, Body, Day, Flag, Money, Name, ShortText, Whole
from api.pages import Listing, PageQuery, listing
from costs.items import Currency
from costs.models import TokenPrice
from costs.prices import library, own_rows
from costs.prices.book import PriceBook
from costs.prices.own_rows import NewPrice
from costs.pricing import PriceRow, Rate, TokenClass

router = Router()


class PricesIn(Body):
    """Prices per million tokens. A class that is left out has no price, which is not a price of 0."""

    input: Amount | None = None
    cached_input: Amount | None = None
    cache_write_5m: Amount | None = None
    cache_write_1h: Amount | None = None
    output: Amount | None = None


class TierIn(Body):
    """Prices for requests whose prompt is longer than so many tokens: for the whole request, answer included."""

    over: Whole = Field(ge=1, le=10**12)
    prices: PricesIn
    batch_prices: PricesIn | None = None


class PriceIn(Body):
    """An own row of the price book."""

    provider: Name
    model: Name = Field(description="A name, or a pattern with * and ?; the closest one holds.")
    valid_from: Day
    valid_until: Day | None = Field(None, description="The day before which it ends; null: until further notice.")
    currency: Currency = library.CURRENCY
    prices: PricesIn
    batch_prices: PricesIn | None = None
    tiers: list[TierIn] = Field([], max_length=20)
    note: ShortText = ""
    source_url: ShortText = ""


class PricesOut(Schema):
    """Prices per million tokens; null: none."""

    input: Money | None = None
    cached_input: Money | None = None
    cache_write_5m: Money | None = None
    cache_write_1h: Money | None = None
    output: Money | None = None


class TokenRateOut(Schema):
    """Prices of one kind of call."""

    over: int = Field(description="For prompts longer than so many tokens.")
    batch: bool
    prices: PricesOut


class TokenPriceOut(Schema):
    """What a model costs."""

    id: int | None = Field(description="Null: a row of the library that has priced nothing yet.")
    provider: str
    model: str
    own: bool
    library_version: str
    valid_from: date | None = Field(description="Null: the library does not know since when.")
    valid_until: date | None
    currency: str
    rates: list[TokenRateOut]
    note: str
    source_url: str
    recorded_at: datetime | None


class PriceQuery(PageQuery):
    """Which own rows."""

    provider: ShortText | None = None
    model: ShortText | None = Field(None, description="As it was recorded.")
    on: Day | None = Field(None, description="Only rows whose dates this day lies in.")


class Asked(Schema):
    """What to find a price for."""

    provider: Name
    model: Name
    on: Day | None = Field(None, description="Default: today.")


class InForce(Schema):
    """The row that prices a model on a day; null where there is none."""

    price: TokenPriceOut | None


class EndIn(Body):
    """From when on a row holds no longer."""

    valid_until: Day


class LibraryIn(Body):
    """Whether a provider's prices are taken from the library."""

    provider: Name = Field(description="The library's id of it, such as “openai”.")
    uses: Flag


@router.get("/token-prices", response=Listing[TokenPriceOut], summary="Own rows of the price book")
def list_prices(request: HttpRequest, query: Query[PriceQuery]) -> dict[str, Any]:
    """Everybody who signs in may see them."""
    require(request.user, "portfolio.see")
    found = TokenPrice.objects.own().with_rates()
    if query.on:
        found = found.holding(query.on)
    for name in ("provider", "model"):
        if getattr(query, name):
            found = found.filter(**{f"{name}__iexact": getattr(query, name)})
    return listing(request, found, query, _stored)


@router.post("/token-prices", response={201: TokenPriceOut}, summary="Add an own price")
def add_price(request: HttpRequest, body: PriceIn) -> Status[dict[str, Any]]:
    """It prices usage that comes from now on; what was priced keeps its price until its period is recalculated."""
    price = own_rows.add(
        request.user,
        NewPrice(
            provider=body.provider,
            model=body.model,
            since=body.valid_from,
            until=body.valid_until,
            currency=body.currency,
            note=body.note,
            source_url=body.source_url,
            rates=list(_rates(body)),
        ),
    )
    return Status(201, _stored(price))


@router.get("/token-prices/in-force", response=InForce, summary="The row that prices a model on a day")
def in_force(request: HttpRequest, query: Query[Asked]) -> dict[str, Any]:
    """An own row wins over the library's; `price` is null where neither has one."""
    require(request.user, "portfolio.see")
    chosen = PriceBook.load().find(query.provider, query.model, query.on or timezone.localdate())
    if chosen is None:
        return {"price": None}
    return {"price": _stored(chosen.own) if chosen.own else _listed(chosen.library)}


@router.post("/token-prices/library", response={200: LibraryIn}, summary="Take a provider's prices from the library")
def use_library(request: HttpRequest, body: LibraryIn) -> LibraryIn:
    """Or not: then only own rows price its usage."""
    own_rows.use_library(request.user, body.provider, body.uses)
    return body


@router.post("/token-prices/{int:price_id}/end", response=TokenPriceOut, summary="End an own price")
def end_price(request: HttpRequest, price_id: int, body: EndIn) -> dict[str, Any]:
    """It holds no longer from that day on; its first day takes it out altogether."""
    require(request.user, "price.edit")
    price = get_object_or_404(TokenPrice.objects.own(), pk=price_id)
    own_rows.end(request.user, price, body.valid_until)
    return _stored(TokenPrice.objects.with_rates().get(pk=price_id))


def _rates(body: PriceIn) -> Iterator[Rate]:
    for over, prices, batch in (
        (0, body.prices, body.batch_prices),
        *((tier.over, tier.prices, tier.batch_prices) for tier in body.tiers),
    ):
        yield Rate(_given(prices), over)
        if batch is not None:
            yield Rate(_given(batch), over, batch=True)


def _given(prices: PricesIn) -> dict[TokenClass, Any]:
    return {each: price for each in TokenClass if (price := getattr(prices, each)) is not None}


def _stored(price: TokenPrice) -> dict[str, Any]:
    own = ("id", "provider", "model", "library_version", "currency", "note", "source_url", "recorded_at")
    return {
        **{name: getattr(price, name) for name in own},
        "own": price.is_own,
        "valid_from": price.since,
        "valid_until": price.until,
        "rates": _told(price.row),
    }


def _listed(price: library.LibraryPrice | None) -> dict[str, Any]:
    assert price is not None  # a chosen row is own or the library's
    return {
        "id": None,
        "provider": price.provider,
        "model": price.model,
        "own": False,
        "library_version": library.version(),
        "valid_from": price.since,
        "valid_until": None,
        "currency": price.row.currency,
        "rates": _told(price.row),
        "note": "",
        "source_url": price.url,
        "recorded_at": None,
    }


def _told(row: PriceRow) -> list[dict[str, Any]]:
    return [
        {"over": rate.over, "batch": rate.batch, "prices": {str(each): price for each, price in rate.prices.items()}}
        for rate in row.rates
    ]
