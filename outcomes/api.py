"""Outcomes and their readings over HTTP (shared contract, API.md)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Router, Schema
from ninja import Status as Answer

from accounts.changes import changing
from accounts.models import User
from accounts.permissions import require
from api.conditional import NEEDS_MATCH, require_match, set_etag
from api.decimals import as_float
from api.fields import Amount, Body, Day, LongText, Name, PastDay, Rate, ShortText, Whole
from api.pages import Listing, PageQuery, listing
from api.problems import Problem
from outcomes import agreements, measurements
from outcomes.models import BenefitType, Direction, Measurement, Outcome, OutcomeKind, ReadingMethod, ReadingState
from outcomes.rules import LONGEST_CADENCE
from outcomes.status import OutcomeState, Status, states_of
from projects.access import get_initiative
from projects.people import find_or_invite

router = Router()
_ATTRIBUTION = "How much of the change is due to the initiative, 0 to 1."


class Values(Body):
    """Fields that an outcome may have, with null for none."""

    baseline: Amount | None = None
    baseline_on: Day | None = None
    target: Amount | None = None
    target_low: Amount | None = None
    target_high: Amount | None = None
    target_on: Day | None = None
    unit_value: Amount | None = Field(None, description="Money per unit of improvement.")
    volume_per_month: Amount | None = None
    cadence_days: Whole = Field(30, ge=1, le=LONGEST_CADENCE)
    benefit_type: BenefitType | None = None
    attribution: Rate = Field(1, description=_ATTRIBUTION)
    unit_value_currency: str | None = Field(None, description="Without it, base currency.")
    owner_email: ShortText | None = None
    data_source: ShortText = ""


class NewOutcome(Values):
    """A new outcome."""

    metric: Name
    unit: Name
    direction: Direction
    kind: OutcomeKind
    agreed_on: PastDay | None = None


class OutcomePatch(Values):
    """What changes, and from which day on (default today; the agreed day corrects from the start)."""

    metric: Name = Field(None)
    unit: Name = Field(None)
    direction: Direction = Field(None)
    kind: OutcomeKind = Field(None)
    cadence_days: Whole = Field(None, ge=1, le=LONGEST_CADENCE)
    attribution: Rate = Field(None, description=_ATTRIBUTION)
    data_source: ShortText = Field(None)
    agreed_on: PastDay = Field(None)
    ended_on: PastDay | None = Field(None, description="From this day on no reading is due and nothing counts.")
    effective_on: PastDay | None = None


class NewMeasurement(Body):
    """A reading: of a level on `period_end`, of a flow from `period_start` to `period_end`."""

    period_start: Day | None = None
    period_end: PastDay
    value: Amount
    method: ReadingMethod = ReadingMethod.OBSERVED
    evidence_url: ShortText = ""
    note: LongText = ""


class MeasurementItem(Schema):
    """A reading as it stands."""

    id: int
    outcome: int
    period_start: Day | None
    period_end: Day
    value: Amount
    method: ReadingMethod
    evidence_url: str
    note: str
    state: ReadingState
    version: int = Field(description="What `If-Match` names to correct or withdraw it.")


class OutcomeItem(Schema):
    """An outcome, with the values in force on the day asked for and how it stands then."""

    id: int
    initiative: str
    metric: str
    unit: str
    direction: Direction
    kind: OutcomeKind
    agreed_on: Day
    ended_on: Day | None
    baseline: Amount | None
    baseline_on: Day | None
    target: Amount | None
    target_low: Amount | None
    target_high: Amount | None
    target_on: Day | None
    cadence_days: int
    benefit_type: BenefitType | None
    attribution: Rate
    unit_value: Amount | None
    unit_value_currency: str | None
    volume_per_month: Amount | None
    owner_email: str | None
    data_source: str
    version: int
    as_of: Day
    status: Status | None
    attainment: float | None
    expected: float | None
    latest: MeasurementItem | None
    next_reading_due: Day | None


class AsOf(Schema):
    """The day that is asked about."""

    as_of: Day | None = Field(None, description="Only what was in effect by this day (default today).")


class OutcomeListQuery(PageQuery, AsOf):
    """A page of outcomes on a day."""


@router.get("/initiatives/{key}/outcomes", response=Listing[OutcomeItem], summary="Target outcomes of an initiative")
def list_outcomes(request: HttpRequest, key: str, query: Query[OutcomeListQuery]) -> dict[str, Any]:
    """List the outcomes of an initiative."""
    found = _readable().filter(initiative=get_initiative(request.user, key))
    page = listing(request, found, query, lambda outcome: outcome)
    return {**page, "items": _items(page["items"], query.as_of)}


@router.post("/initiatives/{key}/outcomes", response={201: OutcomeItem}, summary="Agree a target outcome")
def add_outcome(request: HttpRequest, response: HttpResponse, key: str, body: NewOutcome) -> Answer[dict[str, Any]]:
    """Agree an outcome."""
    initiative = get_initiative(request.user, key)
    require(request.user, "outcome.edit", initiative)
    with changing(request.user):
        outcome = agreements.agree(request.user, initiative, **_fields(body, request.user))
    set_etag(response, outcome)
    return Answer(201, _items([outcome], None)[0])


@router.get("/outcomes/{int:pk}", response=OutcomeItem, summary="One outcome, with where it stands")
def get_outcome(request: HttpRequest, response: HttpResponse, pk: int, query: Query[AsOf]) -> dict[str, Any]:
    """Show an outcome as it stands on a day."""
    outcome = _outcome(request.user, pk)
    set_etag(response, outcome)
    return _items([outcome], query.as_of)[0]


@router.patch("/outcomes/{int:pk}", response=OutcomeItem, summary="Change an outcome")
def change_outcome(request: HttpRequest, response: HttpResponse, pk: int, body: OutcomePatch) -> dict[str, Any]:
    """Change an outcome from a day on."""
    outcome = _outcome(request.user, pk)
    require(request.user, "outcome.edit", outcome)
    require_match(request, outcome)
    try:
        with changing(request.user):
            fields = _fields(body, request.user)
            changed = agreements.revise(outcome, version=outcome.version, actor=request.user, **fields)
    except agreements.StaleOutcomeError as stale:
        raise Problem(412, str(stale)) from stale
    set_etag(response, changed)
    return _items([changed], None)[0]


@router.delete("/outcomes/{int:pk}", response={204: None}, openapi_extra=NEEDS_MATCH, summary="Take an outcome back")
def take_back_outcome(request: HttpRequest, pk: int) -> Answer[None]:
    """Every figure is then as if it had never been agreed; the audit trail keeps it. 409 while a reading counts."""
    outcome = _outcome(request.user, pk)
    require(request.user, "outcome.edit", outcome)
    require_match(request, outcome)
    try:
        agreements.take_back(outcome, version=outcome.version, actor=request.user)
    except agreements.StaleOutcomeError as stale:
        raise Problem(412, str(stale)) from stale
    return Answer(204, None)


@router.get("/outcomes/{int:pk}/measurements", response=Listing[MeasurementItem], summary="Readings of an outcome")
def list_measurements(request: HttpRequest, pk: int, query: Query[PageQuery]) -> dict[str, Any]:
    """List the readings of an outcome; withdrawn and corrected ones are left out."""
    found = Measurement.objects.counting().filter(outcome=_outcome(request.user, pk))
    return listing(request, found, query, reading_item)


@router.post("/outcomes/{int:pk}/measurements", response={201: MeasurementItem}, summary="Record a reading")
def add_measurement(
    request: HttpRequest, response: HttpResponse, pk: int, body: NewMeasurement
) -> Answer[dict[str, Any]]:
    """Record a reading."""
    outcome = _outcome(request.user, pk)
    require(request.user, "measurement.edit", outcome)
    reading = measurements.record(request.user, outcome, **_sent(body))
    set_etag(response, reading)
    return Answer(201, reading_item(reading))


def _readable() -> QuerySet[Outcome]:
    return Outcome.objects.select_related("initiative", "owner")


def _outcome(user: User, pk: int) -> Outcome:
    return get_object_or_404(_readable().visible_to(user), pk=pk)


def _fields(body: Values, user: User) -> dict[str, Any]:
    """Return what was sent, in the names of the model; a text field has no null."""
    fields = _sent(body)
    for name in ("benefit_type", "unit_value_currency"):
        if name in fields:
            fields[name] = fields[name] or ""
    if "agreed_on" in fields and fields["agreed_on"] is None:
        del fields["agreed_on"]
    if "owner_email" in fields:
        email = fields.pop("owner_email")
        fields["owner"] = find_or_invite(email, user) if email else None
    return fields


def _sent(body: Body) -> dict[str, Any]:
    """Return the fields that were sent, as exact values (a dump would write amounts as text)."""
    return {name: getattr(body, name) for name in body.model_fields_set}


def _items(outcomes: list[Outcome], as_of: date | None) -> list[dict[str, Any]]:
    day = as_of or timezone.localdate()
    states = states_of(outcomes, day)
    return [_item(states[outcome.pk], day) for outcome in outcomes]


def _item(state: OutcomeState, as_of: date) -> dict[str, Any]:
    outcome, terms = state.outcome, state.terms
    return {
        **{name: getattr(outcome, name) for name in ("id", "metric", "unit", "kind", "agreed_on", "ended_on")},
        **{name: getattr(terms, name) for name in agreements.VALUES},
        "benefit_type": terms.benefit_type or None,
        "unit_value_currency": terms.unit_value_currency or None,
        "initiative": outcome.initiative.key,
        "owner_email": outcome.owner.email if outcome.owner else None,
        "data_source": outcome.data_source,
        "version": outcome.version,
        "as_of": as_of,
        "status": state.status,
        "attainment": as_float(state.attainment),
        "expected": as_float(state.expected),
        "latest": reading_item(state.latest) if state.latest else None,
        "next_reading_due": state.next_due,
    }


def reading_item(reading: Measurement) -> dict[str, Any]:
    """Return a reading as the API gives it."""
    names = ("id", "period_start", "period_end", "value", "method", "evidence_url", "note", "state", "version")
    return {**{name: getattr(reading, name) for name in names}, "outcome": reading.outcome_id}
