"""`/initiatives/{key}/holds`: pauses; a changed one has another id, so an id names a pause as it was read."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Status

from api.pages import Listing, PageQuery, listing
from projects import access, holds
from projects.items import HoldIn, HoldOut
from projects.models import Hold

router = Router()


@router.get("/initiatives/{key}/holds", response=Listing[HoldOut], summary="When it was on hold")
def list_holds(request: HttpRequest, key: str, query: Query[PageQuery]) -> dict[str, Any]:
    """The first pause first."""
    found = access.get_initiative(request.user, key).holds.select_related("recorded_by")
    return listing(request, found, query, _hold, order=("started_on", "id"))


@router.post("/initiatives/{key}/holds", response={201: HoldOut}, summary="Put it on hold")
def add_hold(request: HttpRequest, key: str, body: HoldIn) -> Status[dict[str, Any]]:
    """From a day on, until another where it is known. 409 where it is on hold in these days already."""
    initiative = access.get_editable(request.user, key)
    return Status(201, _hold(holds.start(initiative, actor=request.user, **body.model_dump())))


@router.post("/initiatives/{key}/holds/{int:hold}/correct", response=HoldOut, summary="Say when a pause really was")
def correct_hold(request: HttpRequest, key: str, hold: int, body: HoldIn) -> dict[str, Any]:
    """Whole, with its reason; one that only gets its end is over. 409 where it was changed or taken back meanwhile."""
    initiative = access.get_editable(request.user, key)
    ends = initiative.holds.filter(pk=hold, ended_on=None, started_on=body.started_on, reason=body.reason.strip())
    if body.ended_on and ends.exists():
        return _hold(holds.end(initiative, body.ended_on, request.user, hold_id=hold))
    return _hold(holds.correct(initiative, hold, actor=request.user, **body.model_dump()))


@router.delete("/initiatives/{key}/holds/{int:hold}", response={204: None}, summary="Take back a pause that never was")
def take_back_hold(request: HttpRequest, key: str, hold: int) -> Status[None]:
    """The audit trail keeps it. 409 where it was changed or taken back since it was read."""
    holds.take_back(access.get_editable(request.user, key), hold, request.user)
    return Status(204, None)


def _hold(hold: Hold) -> dict[str, Any]:
    told = ("id", "started_on", "ended_on", "reason", "recorded_at")
    return {name: getattr(hold, name) for name in told} | {
        "recorded_by": hold.recorded_by.email if hold.recorded_by else None
    }
