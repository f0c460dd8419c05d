"""`/exchange-rates`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from accounts.permissions import require
from api.fields import Body, Day, PastDay, Rate, ShortText
from api.pages import Listing, PageQuery, listing
from money.ledger import NewRate, add
from money.models import ExchangeRate

router = Router()


class RateIn(Body):
    """A rate to add."""

    on: PastDay
    currency: ShortText = Field(..., description="ISO 4217, upper case.", examples=["EUR"])
    rate: Rate = Field(..., description="Base currency per unit of this one.")


class RateOut(Schema):
    """A rate."""

    id: int
    on: Day
    currency: str
    rate: Rate
    recorded_at: datetime


class RateQuery(PageQuery):
    """Filters of the list."""

    currency: str | None = None
    on_from: Day | None = Field(None, description="The first day.")
    on_to: Day | None = Field(None, description="The last day.")


@router.get("/exchange-rates", response=Listing[RateOut], summary="Exchange rates, newest day first")
def list_rates(request: HttpRequest, query: Query[RateQuery]) -> dict[str, Any]:
    """Everybody who signs in may see the rates."""
    require(request.user, "portfolio.see")
    rates = ExchangeRate.objects.between(query.on_from, query.on_to)
    if query.currency:
        rates = rates.filter(currency=query.currency)
    return listing(request, rates, query, lambda rate: rate, order=("-on", "currency"))


@router.post("/exchange-rates", response={201: RateOut}, summary="Add an exchange rate")
def add_rate(request: HttpRequest, body: RateIn) -> Status[ExchangeRate]:
    """One per currency and day: a second is a conflict. Pending amounts get their value."""
    return Status(201, add(request.user, NewRate(body.on, body.currency, body.rate)))
