"""The doors through which outcomes are written: agreeing one, changing it from a day on, taking it back."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.changes import Change, changing
from accounts.errors import RuleError
from accounts.models import Organisation, User
from accounts.permissions import can
from outcomes import measurements, rollups, rules
from outcomes.models import Measurement, Outcome, OutcomeTerms, ReadingState
from outcomes.terms import Agreed, holding, in_force, revalued
from projects.models import Initiative

IDENTITY = ("metric", "unit", "kind", "agreed_on", "ended_on", "owner", "data_source")
VALUES = (
    "direction",
    "baseline",
    "baseline_on",
    "target",
    "target_low",
    "target_high",
    "target_on",
    "cadence_days",
    "benefit_type",
    "attribution",
    "unit_value",
    "unit_value_currency",
    "volume_per_month",
)


class StaleOutcomeError(Exception):
    """Somebody else changed the outcome meanwhile; `current` is as it stands now."""

    def __init__(self, current: Outcome) -> None:
        super().__init__(_("Somebody else has changed this outcome meanwhile."))
        self.current = current


def agree(actor: User | None, initiative: Initiative, **fields: Any) -> Outcome:
    """Add an outcome; `fields` are those of METRICS.md §4. Without `agreed_on` it was agreed today.

    A unit value without a currency is in base currency; the owner is the actor where nobody else is named.
    """
    identity, values = _sorted_out(fields)
    identity.setdefault("agreed_on", timezone.localdate())
    identity.setdefault("owner", actor)
    with changing(actor) as change:
        outcome = Outcome(initiative=initiative, recorded_by=actor, recorded_at=change.at, **identity)
        rules.check_identity(outcome)
        terms = OutcomeTerms(recorded_by=actor, recorded_at=change.at, **values)
        _in_base_currency(terms)
        rules.check_terms(outcome, terms)
        outcome.save()
        terms.outcome = outcome
        terms.save()
        change.record(outcome, "create", _first_values(outcome, terms), initiative.pk)
    return outcome


def revise(
    outcome: Outcome, *, version: int, actor: User | None, effective_on: date | None = None, **fields: Any
) -> Outcome:
    """Change an outcome from `effective_on` (default today) on; the agreed day or one before corrects from the start.

    A value that was changed for a later day already keeps that later value.
    """
    identity, values = _sorted_out(fields)
    with changing(actor) as change:
        current = _locked(outcome, version)
        before = Agreed.of(current)
        altered = _put_in_place(current, identity)
        effective_on = effective_on or timezone.localdate()
        rules.not_to_come(effective_on, "effective_on")
        since = None if effective_on <= current.agreed_on else effective_on
        rows, differences = _new_rows(current, since, values, change)
        if altered or rows:
            current.version += 1
            current.save()
            OutcomeTerms.objects.bulk_create(rows)
            change.record(current, "edit", altered | differences, current.initiative_id)
            _put_back(current, before, change)
            rollups.rebuild([current.pk])
    return current


def _put_back(outcome: Outcome, before: Agreed, change: Change) -> None:
    """Let finance look again at readings that it validated, where somebody else has changed what they are worth."""
    if change.actor is None or can(change.actor, "measurement.validate", outcome):
        return
    validated = Measurement.objects.counting().filter(outcome=outcome, state=ReadingState.VALIDATED)
    found = revalued(validated.select_related("outcome"), before, Agreed.of(outcome))
    measurements.put(change, found, ReadingState.SUBMITTED)


def take_back(outcome: Outcome, *, version: int, actor: User | None) -> None:
    """Take an outcome back, as if it had never been agreed, while no reading of it counts; the audit trail keeps it."""
    with changing(actor) as change:
        current = _locked(outcome, version)
        if Measurement.objects.counting().filter(outcome=current).exists():
            raise RuleError(_("It has readings: say from which day it is no longer measured instead."), status=409)
        known = _first_values(current, holding(current.terms.all())[-1])
        change.record(
            current, "delete", {name: (value, None) for name, (_none, value) in known.items()}, current.initiative_id
        )
        current.delete()


def _locked(outcome: Outcome, version: int) -> Outcome:
    """Return the outcome as it is now that nobody else can change it."""
    rollups.lock([outcome.initiative_id])
    current = Outcome.objects.select_related("owner").filter(pk=outcome.pk).first()
    if current is None:
        raise rules.OutcomeGoneError
    if current.version != version:
        raise StaleOutcomeError(current)
    return current


def _sorted_out(fields: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    identity = {name: fields.pop(name) for name in IDENTITY if name in fields}
    values = {name: fields.pop(name) for name in VALUES if name in fields}
    if fields:
        raise TypeError(f"no field of an outcome: {', '.join(fields)}")
    return identity, values


def _in_base_currency(terms: OutcomeTerms) -> None:
    if terms.unit_value is not None and not terms.unit_value_currency:
        terms.unit_value_currency = Organisation.current().base_currency


def _first_values(outcome: Outcome, terms: OutcomeTerms) -> dict[str, tuple[Any, Any]]:
    given = {name: getattr(outcome, name) for name in IDENTITY} | {name: getattr(terms, name) for name in VALUES}
    return {name: (None, value) for name, value in given.items() if value not in (None, "")}


def _put_in_place(outcome: Outcome, identity: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Give it its `IDENTITY` anew: what holds on every day; return what differs. Its kind only before any reading."""
    altered = {name: (getattr(outcome, name), value) for name, value in identity.items()}
    altered = {name: (old, new) for name, (old, new) in altered.items() if old != new}
    if "kind" in altered and Measurement.objects.counting().filter(outcome=outcome).exists():
        raise RuleError(_("There are readings already: level and flow cannot be swapped any more."), "kind")
    for name, (_old, new) in altered.items():
        setattr(outcome, name, new)
    rules.check_identity(outcome)
    return altered


def _new_rows(
    outcome: Outcome, since: date | None, values: dict[str, Any], change: Change
) -> tuple[list[OutcomeTerms], dict[str, tuple[Any, Any]]]:
    """Return the terms to add, and what differs in them on the day from which they hold."""
    held = holding(outcome.terms.all())
    before = held[0] if since is None else in_force(held, since)
    differences = {name: (getattr(before, name), new) for name, new in values.items() if getattr(before, name) != new}
    later = [row for row in held if row.effective_on is not None and (since is None or row.effective_on > since)]
    rows = []
    carried = {name: new for name, (_old, new) in differences.items()}
    if differences:
        rows.append(_copy(before, since, carried, change))
    for row in later:
        # From the first later day that gives a value another one, that value has a history of its own.
        carried = {name: new for name, new in carried.items() if getattr(row, name) == differences[name][0]}
        if carried:
            rows.append(_copy(row, row.effective_on, carried, change))
    superseded = {row.effective_on for row in rows}
    for row in [*rows, *(row for row in held if row.effective_on not in superseded)]:
        rules.check_terms(outcome, row)
    return rows, differences


def _copy(row: OutcomeTerms, since: date | None, values: dict[str, Any], change: Change) -> OutcomeTerms:
    kept = {name: getattr(row, name) for name in VALUES} | values
    copied = OutcomeTerms(
        outcome_id=row.outcome_id, effective_on=since, recorded_by=change.actor, recorded_at=change.at, **kept
    )
    _in_base_currency(copied)
    return copied
