"""Which initiatives have a target outcome, since when, and when that was recorded (METRICS.md §2 and §3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest

from outcomes.models import Outcome, OutcomeTerms
from outcomes.terms import holding


@dataclass(frozen=True, slots=True)
class Agreement:
    """The day something was agreed, and the moment it was recorded."""

    agreed_on: date
    recorded_at: datetime


Interval = tuple[date, date]  # from the first day to before the second


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """What an initiative had agreed by a date.

    `targets`: every agreement that gave one of its outcomes a target; `complete`: those of them with metric, baseline,
    target (or bounds) and target date; `targeted`: the days on which one of its outcomes had a target, by what is known
    of any date; `in_force`: those of them before the outcome ended.
    """

    has_outcomes: bool = False
    targets: tuple[Agreement, ...] = ()
    complete: tuple[Agreement, ...] = ()
    targeted: tuple[Interval, ...] = ()
    in_force: tuple[Interval, ...] = ()

    def has_agreed_target(self, day: date) -> bool:
        """Tell whether a target was agreed by a day, also one that has ended: only one that was given up is none."""
        return any(start <= day < end for start, end in self.targeted)

    def has_target(self, day: date) -> bool:
        """Tell whether a target was in force on a day: one that was given up, or has ended, is none any more."""
        return any(start <= day < end for start, end in self.in_force)


NO_FACTS = TargetFacts()


def target_facts(ids: Sequence[int] | None, as_of: date) -> dict[int, TargetFacts]:
    """Return the facts by initiative, for those that have an outcome; one query."""
    terms = OutcomeTerms.objects.select_related("outcome").order_by()
    if ids is not None:
        terms = terms.filter(outcome__initiative__in=ids)
    of_outcome: dict[Outcome, list[OutcomeTerms]] = defaultdict(list)
    # In their order, which takes half as long here as to write it into the statement.
    for row in sorted(terms, key=lambda row: (row.outcome_id, row.effective_on or date.min, row.pk)):
        of_outcome[row.outcome].append(row)
    facts: dict[int, TargetFacts] = {}
    for outcome, rows in of_outcome.items():
        known = facts.get(outcome.initiative_id, NO_FACTS)
        terms_held = list(_held(outcome, rows))
        targeted = [(start, end) for row, start, end in terms_held if row.has_target]
        last = outcome.ended_on or date.max
        facts[outcome.initiative_id] = TargetFacts(
            has_outcomes=known.has_outcomes or outcome.agreed_on <= as_of,
            targets=known.targets + tuple(_agreed(terms_held, rows, as_of, complete=False)),
            complete=known.complete + tuple(_agreed(terms_held, rows, as_of, complete=True)),
            targeted=known.targeted + tuple(targeted),
            in_force=known.in_force + tuple((start, min(end, last)) for start, end in targeted),
        )
    return facts


def _held(outcome: Outcome, rows: list[OutcomeTerms]) -> Iterator[tuple[OutcomeTerms, date, date]]:
    """Yield the terms of an outcome with the days on which they hold, from its agreement on, also after its end."""
    held = holding(rows)
    for row, later in zip_longest(held, held[1:]):
        start = max(row.effective_on or outcome.agreed_on, outcome.agreed_on)
        end = max(later.effective_on, outcome.agreed_on) if later and later.effective_on else date.max
        if start < end:
            yield row, start, end


def _agreed(
    held: list[tuple[OutcomeTerms, date, date]], rows: list[OutcomeTerms], as_of: date, *, complete: bool
) -> Iterator[Agreement]:
    """Yield the agreements that gave the outcome a (complete) target. A corrected row no longer tells."""
    tells = [row for row in rows if (row.is_complete if complete else row.has_target)]
    for row, agreed_on, _end in held:
        if row in tells and agreed_on <= as_of:
            yield Agreement(agreed_on, min(r.recorded_at for r in tells if r.effective_on == row.effective_on))
