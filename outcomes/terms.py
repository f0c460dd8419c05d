"""Dated terms: which values of an outcome hold on a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import zip_longest
from typing import Any, Self

from outcomes.benefit import CADENCES_IN_FORCE
from outcomes.models import Measurement, Outcome, OutcomeTerms


def of_outcomes(outcomes: Iterable[Outcome]) -> dict[int, list[OutcomeTerms]]:
    """Return the terms that hold, in order of their days, by outcome."""
    found: dict[int, list[OutcomeTerms]] = defaultdict(list)
    for row in OutcomeTerms.objects.filter(outcome__in=outcomes).order_by(*OutcomeTerms._meta.ordering):
        found[row.outcome_id].append(row)
    return {outcome: holding(rows) for outcome, rows in found.items()}


def holding(rows: Iterable[OutcomeTerms]) -> list[OutcomeTerms]:
    """Leave out corrected rows (of two for the same day the last recorded holds); `rows` are in order."""
    return list({row.effective_on: row for row in rows}.values())


def in_force(held: Sequence[OutcomeTerms], day: date) -> OutcomeTerms:
    """Return the terms in force on a day; the first ones hold from the start."""
    found = held[0]
    for row in held[1:]:
        if row.effective_on is not None and row.effective_on <= day:
            found = row
    return found


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the worth of an outcome's readings follows from: its terms, and the first day that counts no more."""

    held: Sequence[OutcomeTerms]
    ends: date

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """Return what is agreed of an outcome as it stands."""
        return cls(holding(outcome.terms.all()), outcome.ended_on or date.max)


def revalued(readings: Iterable[Measurement], before: Agreed, after: Agreed) -> list[Measurement]:
    """Return those of an outcome's readings, in order, that are worth something else on any day after a change."""
    found = []
    held = list(readings)
    for reading, following in zip_longest(held, held[1:]):
        start, end = reading.period_end, following.period_end if following else date.max
        # What it is worth a day changes on these days alone.
        rows = (*before.held, *after.held)
        days = {start, before.ends, after.ends, *(row.effective_on for row in rows if row.effective_on)}
        days |= {_expiry(reading, row) for row in rows}
        if reading.outcome.is_flow:
            days, end = {start}, date.max
        if any(_worth(reading, before, day) != _worth(reading, after, day) for day in days if start <= day < end):
            found.append(reading)
    return found


def _worth(reading: Measurement, agreed: Agreed, day: date) -> tuple[Any, ...] | None:
    """Return what the money of a reading follows from on a day; None where it brings none."""
    terms = in_force(agreed.held, day)
    first = (reading.period_start or day) if reading.outcome.is_flow else day
    if terms.unit_value is None or terms.maintains or agreed.ends <= first:
        return None
    common = (terms.direction, terms.baseline, terms.unit_value, terms.unit_value_currency, terms.attribution)
    if reading.outcome.is_flow:
        return (*common, min(agreed.ends, reading.period_end + timedelta(days=1)))
    return (*common, terms.volume_per_month) if day < _expiry(reading, terms) else None


def _expiry(reading: Measurement, terms: OutcomeTerms) -> date:
    return reading.period_end + timedelta(days=CADENCES_IN_FORCE * terms.cadence_days)


def main_outcomes(held: Iterable[tuple[Outcome, OutcomeTerms]], day: date) -> dict[int, Outcome]:
    """Return each initiative's main outcome on a day: of those that hold then the first with a target, else the first.

    `held`: outcomes with the terms that are in force on that day.
    """
    holding_then = [(outcome, terms) for outcome, terms in held if outcome.holds_on(day)]
    main: dict[int, Outcome] = {}
    for outcome, _terms in sorted(holding_then, key=lambda one: (not one[1].has_target, one[0].pk)):
        main.setdefault(outcome.initiative_id, outcome)
    return main
