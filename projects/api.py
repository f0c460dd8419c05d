"""`/initiatives`: list, make, read, change, and their transitions."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from accounts.changes import changing
from accounts.models import User
from accounts.permissions import require
from api.conditional import NEEDS_MATCH, require_match, set_etag
from api.fields import Day
from api.pages import Listing, listing
from api.problems import Problem
from projects import access, holds_api, initiatives, transitions, withdrawing
from projects.items import (
    InitiativeChange,
    InitiativeIn,
    InitiativeOut,
    InitiativeQuery,
    TransitionDay,
    TransitionIn,
    TransitionOut,
    TransitionQuery,
    as_items,
    with_details,
)
from projects.models import Initiative, Transition
from projects.resolve import with_units_and_people

router = Router()
router.add_router("", holds_api.router)
_LOCATED = {
    "responses": {201: {"headers": {"Location": {"schema": {"type": "string"}, "description": "Its address."}}}}
}


@router.get("/initiatives", response=Listing[InitiativeOut], summary="Initiatives, newest first")
def list_initiatives(request: HttpRequest, query: Query[InitiativeQuery]) -> dict[str, Any]:
    """Those that you may see; `as_of` shows stage, hold, guidance and plan as they were on that day."""
    as_of = query.as_of or timezone.localdate()
    found = Initiative.objects.visible_to(request.user).at(as_of)
    page = listing(request, with_details(query.keep(found), as_of), query, lambda row: row, order=("-number",))
    return page | {"items": as_items(page["items"], as_of)}


@router.post("/initiatives", response={201: InitiativeOut}, openapi_extra=_LOCATED, summary="Register an initiative")
def create_initiative(request: HttpRequest, response: HttpResponse, body: InitiativeIn) -> Status[dict[str, Any]]:
    """It begins as a draft. Units, tags and people are found by name without case."""
    user: User = request.user
    require(user, "initiative.create")
    with changing(user):
        made = initiatives.create(user, **with_units_and_people(body.model_dump(exclude_none=True), user))
    set_etag(response, made)
    response["Location"] = f"/api/v1/initiatives/{made.key}"
    return Status(201, _item(made, timezone.localdate()))


@router.get("/initiatives/{key}", response=InitiativeOut, summary="One initiative")
def read_initiative(request: HttpRequest, response: HttpResponse, key: str, as_of: Day | None = None) -> dict[str, Any]:
    """Its ETag is its version."""
    initiative = access.get_initiative(request.user, key)
    set_etag(response, initiative)
    return _item(initiative, as_of or timezone.localdate())


@router.patch("/initiatives/{key}", response=InitiativeOut, summary="Change an initiative")
def change_initiative(request: HttpRequest, response: HttpResponse, key: str, body: InitiativeChange) -> dict[str, Any]:
    """Needs `If-Match` with the version that you have read; fields that are not sent stay as they are."""
    initiative = access.get_initiative(request.user, key)
    require(request.user, "initiative.edit", initiative)
    require_match(request, initiative)
    try:
        with changing(request.user):
            changes = with_units_and_people(body.model_dump(exclude_unset=True), request.user)
            edited = initiatives.edit(initiative, version=initiative.version, actor=request.user, **changes)
    except initiatives.StaleEdit as stale:
        raise Problem(412, str(stale)) from stale
    set_etag(response, edited)
    return _item(edited, timezone.localdate())


@router.delete("/initiatives/{key}", response={204: None}, openapi_extra=NEEDS_MATCH, summary="Withdraw a draft")
def withdraw_initiative(request: HttpRequest, key: str) -> Status[None]:
    """Needs `If-Match`. 409 once it was proposed or something is recorded on it; its key is never used again."""
    initiative = access.get_editable(request.user, key)
    require_match(request, initiative)
    try:
        withdrawing.withdraw(initiative, version=initiative.version, actor=request.user)
    except initiatives.StaleEdit as stale:
        raise Problem(412, str(stale)) from stale
    return Status(204, None)


@router.get("/initiatives/{key}/transitions", response=Listing[TransitionOut], summary="Its stages, in order")
def list_transitions(request: HttpRequest, key: str, query: Query[TransitionQuery]) -> dict[str, Any]:
    """A transition whose day is unknown has `known_by` instead, and the reason."""
    steps = access.get_initiative(request.user, key).transitions.select_related("recorded_by")
    if query.as_of:
        steps = steps.by(query.as_of)
    return listing(request, steps, query, _transition, order=("position",))


@router.post("/initiatives/{key}/transitions", response={201: TransitionOut}, summary="Move to another stage")
def add_transition(request: HttpRequest, key: str, body: TransitionIn) -> Status[dict[str, Any]]:
    """409 where the line does not allow it, 422 with the criteria where a gate is not met."""
    initiative = access.get_initiative(request.user, key)
    access.require_move(request.user, initiative, body.to_stage)
    made = transitions.move(
        initiative, body.to_stage, body.effective_on, request.user, rationale=body.rationale, override=body.override
    )
    return Status(201, _transition(made))


@router.post(
    "/initiatives/{key}/transitions/{int:pk}/correct", response=TransitionOut, summary="Say when a move happened"
)
def correct_transition(request: HttpRequest, key: str, pk: int, body: TransitionDay) -> dict[str, Any]:
    """Between the moves before and after it, or that its day is not known. The corrected move has another id."""
    initiative, step = _step(request, key, pk)
    return _transition(transitions.redate(initiative, step.pk, body.effective_on, request.user, known_by=body.known_by))


@router.delete("/initiatives/{key}/transitions/{int:pk}", response={204: None}, summary="Take the last move back")
def take_back_transition(request: HttpRequest, key: str, pk: int) -> Status[None]:
    """Every figure is then as if it had never been made; the audit trail keeps it. 409 where it is not the last."""
    initiative, step = _step(request, key, pk)
    transitions.take_back(initiative, step.pk, request.user)
    return Status(204, None)


def _step(request: HttpRequest, key: str, pk: int) -> tuple[Initiative, Transition]:
    """Return a move that the caller might have made; one that was corrected or taken back is not there any more."""
    initiative = access.get_initiative(request.user, key)
    step = get_object_or_404(initiative.transitions.all(), pk=pk)
    access.require_move(request.user, initiative, step.to_stage)
    return initiative, step


def _item(initiative: Initiative, as_of: date) -> dict[str, Any]:
    (found,) = with_details(Initiative.objects.filter(pk=initiative.pk).at(as_of), as_of)
    return as_items([found], as_of)[0]


def _transition(step: Transition) -> dict[str, Any]:
    told = ("id", "from_stage", "to_stage", "effective_on", "known_by", "unknown_reason", "rationale", "override")
    return {name: getattr(step, name) for name in told} | {
        "recorded_at": step.recorded_at,
        "recorded_by": step.recorded_by.email if step.recorded_by else None,
    }
