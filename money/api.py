"""`/exchange-rates`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Body, Query, Router, Status

from accounts.permissions import require
from api.fields import one_or_many
from api.pages import Listing, listing
from money.items import RateIn, RateOut, RateQuery
from money.ledger import NewRate, add, add_each
from money.models import ExchangeRate

router = Router()
OneOrMany = one_or_many(RateIn)


@router.get("/exchange-rates", response=Listing[RateOut], summary="Exchange rates, newest day first")
def list_rates(request: HttpRequest, query: Query[RateQuery]) -> dict[str, Any]:
    """Everybody who signs in may see the rates."""
    require(request.user, "portfolio.see")
    rates = ExchangeRate.objects.between(query.on_from, query.on_to)
    if query.currency:
        rates = rates.filter(currency=query.currency)
    return listing(request, rates, query, lambda rate: rate, order=("-on", "currency"))


@router.post(
    "/exchange-rates",
    response={201: RateOut | list[RateOut], 202: RateOut | list[RateOut]},
    summary="Add exchange rates",
)
def add_rate(request: HttpRequest, body: Body[OneOrMany]) -> Status[ExchangeRate | list[ExchangeRate]]:
    """One rate or at most 1,000, all or nothing, answered as they were sent. Pending amounts get their value.

    202 where so many cost lines wait that a worker values them: the rates are recorded, and `/cost-runs?about=rates`
    says how far it is. One per currency and day: a second is a conflict.
    """
    given: list[RateIn] = body if isinstance(body, list) else [body]
    rates = [NewRate(row.on, row.currency, row.rate) for row in given]
    is_list = isinstance(body, list)
    added = add_each(request.user, rates) if is_list else add(request.user, rates[0])
    return Status(202 if added.is_left_to_worker else 201, added.rates if is_list else added.rates[0])
