"""The doors through which readings are written: recording, correcting, withdrawing, validating."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.changes import Change, changing
from accounts.errors import RuleError
from accounts.models import User
from outcomes import rollups, rules
from outcomes.benefit import per_month, to_decimal
from outcomes.models import Measurement, Outcome, ReadingMethod, ReadingState

FIELDS = ("period_start", "period_end", "value", "method", "evidence_url", "note")
Period = tuple[date, date]


@dataclass(frozen=True, slots=True)
class NewReading:
    """A reading to record."""

    outcome: Outcome
    period_end: date
    value: Decimal
    period_start: date | None = None
    method: str = ReadingMethod.OBSERVED
    evidence_url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reading that cannot be recorded: its place in the rows given, and why."""

    index: int
    error: RuleError


class GoneError(RuleError):
    """A reading does not count any more."""

    def __init__(self) -> None:
        super().__init__(_("This reading was withdrawn or corrected meanwhile."), status=409)


def record(actor: User | None, outcome: Outcome, *, period_end: date, value: Decimal, **details: Any) -> Measurement:
    """Record one reading; `details` are the further fields of `NewReading`."""
    return record_many(actor, [NewReading(outcome, period_end, value, **details)])[0]


def record_many(
    actor: User | None, rows: Sequence[NewReading], source_import_id: int | None = None
) -> list[Measurement]:
    """Record readings, all or none: the first that breaks a rule is raised. Benefits are worked out once for all."""
    with changing(actor) as change:
        rollups.lock({row.outcome.initiative_id for row in rows})
        _refresh_kinds(rows)
        refused = screen(rows)
        if refused:
            raise refused[0].error
        made = Measurement.objects.bulk_create(
            [_measurement(row, change, source_import_id) for row in rows], batch_size=5_000
        )
        for reading in made:
            change.record(reading, "create", _first_values(reading), reading.outcome.initiative_id)
        rollups.rebuild({row.outcome.pk for row in rows})
    return made


def screen(rows: Sequence[NewReading], leaving_out: int | None = None) -> list[Refusal]:
    """Return the rows that break a rule, each for its first reason.

    Flows must not overlap rows before them, nor readings that count, but the one `leaving_out` (its id).
    """
    taken = _taken([row.outcome for row in rows if row.outcome.is_flow], leaving_out)
    refused = []
    for index, row in enumerate(rows):
        try:
            rules.check_period(row.outcome.kind, row.period_start, row.period_end)
            rules.check_evidence(row.evidence_url)
            if row.outcome.is_flow and row.period_start:
                _claim(taken[row.outcome.pk], (row.period_start, row.period_end))
        except RuleError as error:
            refused.append(Refusal(index, error))
    return refused


def correct(actor: User | None, reading: Measurement, **fields: Any) -> Measurement:
    """Put a corrected reading in the place of this one, which stays on record. It is to be validated anew."""
    with changing(actor) as change:
        old = _locked(reading)
        if old.withdrawn_at:
            raise GoneError
        values = {name: fields.get(name, getattr(old, name)) for name in FIELDS}
        differences = {name: (getattr(old, name), new) for name, new in values.items() if getattr(old, name) != new}
        if not differences:
            return old
        row = NewReading(old.outcome, **values)
        refused = screen([row], leaving_out=old.pk)
        if refused:
            raise refused[0].error
        new = _measurement(row, change, None)
        new.save()
        _withdraw(old, change, replaced_by=new)
        if new.period_end == old.period_end:
            rollups.keep_rates(old, new)
        change.record(new, "correct", differences, old.outcome.initiative_id)
        rollups.rebuild([old.outcome_id])
    return new


def withdraw(actor: User | None, reading: Measurement) -> Measurement:
    """Take a reading out of every figure; it stays on record. One that was corrected or withdrawn stays as it is."""
    with changing(actor) as change:
        old = _locked(reading)
        if not old.withdrawn_at:
            _withdraw(old, change)
            change.record(old, "withdraw", {"value": (old.value, None)}, old.outcome.initiative_id)
            rollups.rebuild([old.outcome_id])
    return old


def validate(actor: User, readings: Iterable[Measurement]) -> list[Measurement]:
    """Confirm readings for finance; return those that are validated now, those that were so before among them.

    One that was corrected or withdrawn meanwhile is left out.
    """
    return _judge(actor, readings, ReadingState.VALIDATED)


def take_validation_back(actor: User, readings: Iterable[Measurement]) -> list[Measurement]:
    """Let readings wait for validation again; return those that do now, as `validate` does."""
    return _judge(actor, readings, ReadingState.SUBMITTED)


def put(change: Change, readings: Sequence[Measurement], state: ReadingState) -> None:
    """Put readings whose outcomes are locked into a state; what follows from it is to be worked out anew."""
    validates = state == ReadingState.VALIDATED
    action, at, by = ("validate", change.at, change.actor) if validates else ("unvalidate", None, None)
    for reading in readings:
        change.record(reading, action, {"state": (reading.state, state)}, reading.outcome.initiative_id)
        reading.state, reading.validated_at, reading.validated_by = state, at, by
    Measurement.objects.bulk_update(readings, ["state", "validated_at", "validated_by"])


def take_back(actor: User | None, import_id: int) -> int:
    """Remove the readings that an import created (its revert); return how many."""
    with changing(actor) as change:
        found = Measurement.objects.filter(source_import_id=import_id)
        touched = set(found.values_list("outcome_id", flat=True))
        rollups.lock(Outcome.objects.filter(pk__in=touched).values_list("initiative_id", flat=True))
        for reading in found.select_related("outcome"):
            change.record(reading, "delete", _first_values(reading), reading.outcome.initiative_id)
        removed = found.count()
        found.delete()
        rollups.rebuild(touched)
    return removed


def _judge(actor: User, readings: Iterable[Measurement], state: ReadingState) -> list[Measurement]:
    asked = [reading.pk for reading in readings]
    with changing(actor) as change:
        rollups.lock(Outcome.objects.filter(measurements__in=asked).values_list("initiative_id", flat=True))
        found = list(Measurement.objects.counting().select_related("outcome").filter(pk__in=asked))
        others = [reading for reading in found if reading.state != state]
        put(change, others, state)
        rollups.rebuild({reading.outcome_id for reading in others})
    return found


def _locked(reading: Measurement) -> Measurement:
    """Return the reading as it is now, with its outcome locked; GoneError where it went with its import."""
    rollups.lock([reading.outcome.initiative_id])
    now = Measurement.objects.select_related("outcome").filter(pk=reading.pk).first()
    if now is None:
        raise GoneError
    return now


def _refresh_kinds(rows: Sequence[NewReading]) -> None:
    """Let readings be judged by what their outcomes measure now that nobody else can change it."""
    outcomes = Outcome.objects.filter(pk__in={row.outcome.pk for row in rows})
    kinds = dict(outcomes.values_list("pk", "kind"))
    for row in rows:
        if row.outcome.pk not in kinds:
            raise rules.OutcomeGoneError
        row.outcome.kind = kinds[row.outcome.pk]


def _withdraw(reading: Measurement, change: Change, replaced_by: Measurement | None = None) -> None:
    reading.withdrawn_at, reading.withdrawn_by, reading.replaced_by = change.at, change.actor, replaced_by
    reading.save(update_fields=["withdrawn_at", "withdrawn_by", "replaced_by"])


def _measurement(row: NewReading, change: Change, source_import_id: int | None) -> Measurement:
    comparable = row.value
    if row.outcome.is_flow:
        comparable = to_decimal(per_month(row.value, row.period_start, row.period_end))
    return Measurement(
        outcome=row.outcome,
        per_month=comparable,
        recorded_by=change.actor,
        recorded_at=change.at,
        source_import_id=source_import_id,
        **{name: getattr(row, name) for name in FIELDS},
    )


def _first_values(reading: Measurement) -> dict[str, tuple[Any, Any]]:
    return {name: (None, value) for name in FIELDS if (value := getattr(reading, name)) not in (None, "")}


def _taken(flows: Iterable[Outcome], leaving_out: int | None) -> dict[int, list[Period]]:
    """Return the periods that readings of these outcomes cover already, in order."""
    periods: dict[int, list[Period]] = defaultdict(list)
    found = Measurement.objects.counting().filter(outcome__in={outcome.pk for outcome in flows})
    found = found.exclude(pk=leaving_out).order_by("period_start")
    for outcome, start, end in found.values_list("outcome_id", "period_start", "period_end"):
        periods[outcome].append((start or end, end))
    return periods


def _claim(taken: list[Period], period: Period) -> None:
    """Enter a period among those taken, which are in order and do not overlap."""
    place = bisect.bisect(taken, period)
    around = taken[max(place - 1, 0) : place + 1]
    for start, end in around:
        if start <= period[1] and period[0] <= end:
            raise rules.OverlapError(start, end)
    taken.insert(place, period)
