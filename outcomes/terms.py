"""Dated terms: which values of an outcome hold on a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from outcomes.models import Outcome, OutcomeTerms


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


def main_outcomes(held: Iterable[tuple[Outcome, OutcomeTerms]], day: date) -> dict[int, Outcome]:
    """Return each initiative's main outcome on a day: of those that hold then the first with a target, else the first.

    `held`: outcomes with the terms that are in force on that day.
    """
    holding_then = [(outcome, terms) for outcome, terms in held if outcome.holds_on(day)]
    main: dict[int, Outcome] = {}
    for outcome, _terms in sorted(holding_then, key=lambda one: (not one[1].has_target, one[0].pk)):
        main.setdefault(outcome.initiative_id, outcome)
    return main
