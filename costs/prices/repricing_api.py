"""`/usage/repricings`: the usage of a period recalculated, worked out first and then applied."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status

from accounts.permissions import require
from api.fields import Body, Money, Month, ShortText
from api.pages import Listing, PageQuery, listing
from costs.models import Repricing
from costs.prices import differences, repricing
from money.months import next_month

router = Router()


class RepricingIn(Body):
    """Which usage to recalculate."""

    since: Month = Field(description="The first month.")
    until: Month = Field(description="The last month.")
    provider: ShortText = Field("", description="All where it is not told.")


class DifferenceOut(Schema):
    """What becomes of the lines of a model that come out otherwise; null: unpriced."""

    provider: str
    model: str
    lines: int
    before: Money | None
    currency_before: str | None
    after: Money | None
    currency_after: str | None


class RepricingOut(Schema):
    """A period that is recalculated."""

    id: int
    since: Month
    until: Month
    provider: str
    state: str = Field(
        description="queued (being worked out), ready (to be applied), applying, done, failed, stale: prices or usage "
        "have changed since it was worked out, so nothing was applied."
    )
    lines: int = Field(description="Looked at.")
    lines_changed: int = Field(description="Of these, those that come out otherwise.")
    differences: list[DifferenceOut]
    created_at: datetime
    applied_at: datetime | None


@router.get("/usage/repricings", response=Listing[RepricingOut], summary="Recalculated periods, latest first")
def list_repricings(request: HttpRequest, query: Query[PageQuery]) -> dict[str, Any]:
    """Worked out, applied or neither."""
    require(request.user, "price.edit")
    return listing(request, Repricing.objects.all(), query, _item, order=("-id",))


@router.post("/usage/repricings", response={202: RepricingOut}, summary="Work out what a period comes to at new prices")
def add_repricing(request: HttpRequest, body: RepricingIn) -> Status[dict[str, Any]]:
    """Nothing changes. A worker does it: look until it is `ready`, then apply it."""
    planned = repricing.plan(request.user, body.since, next_month(body.until), body.provider)
    return Status(202, _item(planned))


@router.get("/usage/repricings/{int:pk}", response=RepricingOut, summary="One recalculated period")
def get_repricing(request: HttpRequest, pk: int) -> dict[str, Any]:
    """How far it is, and what it changes."""
    require(request.user, "price.edit")
    return _item(get_object_or_404(Repricing, pk=pk))


@router.post("/usage/repricings/{int:pk}/apply", response={202: RepricingOut}, summary="Apply the new prices")
def apply_repricing(request: HttpRequest, pk: int) -> Status[dict[str, Any]]:
    """A worker applies what was shown, all or nothing; 409 unless it is `ready`."""
    require(request.user, "price.edit")
    planned = get_object_or_404(Repricing, pk=pk)
    repricing.apply(request.user, planned)
    planned.refresh_from_db()
    return Status(202, _item(planned))


def _item(planned: Repricing) -> dict[str, Any]:
    last: date = planned.last_day
    return {
        "id": planned.pk,
        "since": planned.since,
        "until": last.replace(day=1),
        "provider": planned.provider,
        "state": planned.state,
        "lines": planned.lines,
        "lines_changed": planned.changed,
        "differences": [_difference(differences.shown(row)) for row in planned.differences],
        "created_at": planned.created_at,
        "applied_at": planned.applied_at,
    }


def _difference(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **{name: row[name] or None for name in ("currency_before", "currency_after")}}
