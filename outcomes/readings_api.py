"""`/measurements/{id}`: one reading, validated, corrected, withdrawn. An id names a reading as it was read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Status

from accounts.errors import StaleError
from accounts.permissions import require
from api.conditional import NEEDS_MATCH, require_match, set_etag
from api.fields import Amount, Body, Day, LongText, PastDay, ShortText
from outcomes import measurements
from outcomes.api import MeasurementItem, reading_item
from outcomes.models import Measurement, ReadingMethod

router = Router()


class MeasurementPatch(Body):
    """What was wrong with a reading; fields that are not sent stay as they are."""

    period_start: Day | None = None
    period_end: PastDay = Field(None)
    value: Amount = Field(None)
    method: ReadingMethod = Field(None)
    evidence_url: ShortText = Field(None)
    note: LongText = Field(None)


@router.get("/measurements/{int:pk}", response=MeasurementItem, summary="One reading")
def get_measurement(request: HttpRequest, response: HttpResponse, pk: int) -> dict[str, Any]:
    """404 once it is withdrawn or corrected."""
    reading = _reading(request, pk, counting=True)
    set_etag(response, reading)
    return reading_item(reading)


@router.patch("/measurements/{int:pk}", response=MeasurementItem, summary="Correct a reading")
def correct_measurement(
    request: HttpRequest, response: HttpResponse, pk: int, body: MeasurementPatch
) -> dict[str, Any]:
    """Put another in its place, with another id, to be validated anew; the old one stays on record.

    Needs `If-Match`. Once it is corrected or withdrawn, what was read of it is stale (412).
    """
    reading = _reading(request, pk)
    require(request.user, "measurement.edit", reading)
    require_match(request, reading)
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    try:
        corrected = measurements.correct(request.user, reading, **changes)
    except measurements.GoneError as gone:
        raise StaleError from gone
    set_etag(response, corrected)
    return reading_item(corrected)


@router.delete(
    "/measurements/{int:pk}",
    response={204: None},
    openapi_extra=NEEDS_MATCH,
    summary="Take a reading out of every figure",
)
def withdraw_measurement(request: HttpRequest, pk: int) -> Status[None]:
    """It stays on record. Needs `If-Match`; 404 once it is withdrawn or corrected."""
    reading = _reading(request, pk, counting=True)
    require(request.user, "measurement.edit", reading)
    require_match(request, reading)
    measurements.withdraw(request.user, reading)
    return Status(204, None)


@router.post("/measurements/{int:pk}/validate", response=MeasurementItem, summary="Validate a reading")
def validate_measurement(request: HttpRequest, response: HttpResponse, pk: int) -> dict[str, Any]:
    """Confirm a reading for finance."""
    return _judge(request, response, pk, measurements.validate)


@router.delete("/measurements/{int:pk}/validate", response=MeasurementItem, summary="Take a validation back")
def take_validation_back(request: HttpRequest, response: HttpResponse, pk: int) -> dict[str, Any]:
    """Let a reading wait for validation again."""
    return _judge(request, response, pk, measurements.take_validation_back)


def _judge(
    request: HttpRequest, response: HttpResponse, pk: int, judge: Callable[..., list[Measurement]]
) -> dict[str, Any]:
    reading = _reading(request, pk)
    require(request.user, "measurement.validate", reading)
    judged = judge(request.user, [reading])
    if not judged:
        raise measurements.GoneError
    set_etag(response, judged[0])
    return reading_item(judged[0])


def _reading(request: HttpRequest, pk: int, *, counting: bool = False) -> Measurement:
    found = Measurement.objects.visible_to(request.user).select_related("outcome__initiative")
    return get_object_or_404(found.counting() if counting else found, pk=pk)
