"""Where outcomes stand on a day: latest reading, attainment, expected path, status (METRICS.md §4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from display import numbers
from outcomes import terms as dated
from outcomes.benefit import per_month, to_decimal
from outcomes.models import Measurement, Outcome, OutcomeTerms
from projects.stages import ENDS, Stage
from projects.standing import Standing, standing

OVERDUE_AFTER = Fraction(3, 2)  # cadences
BEHIND = Fraction(1, 10)
FAR_BEHIND = Fraction(3, 10)


class Status(models.TextChoices):
    """How an outcome does; the first that holds."""

    OVERDUE = "overdue", _("Overdue")
    NOT_MEASURED = "not_measured", _("Not measured")
    MET = "met", _("Met")
    ON_TRACK = "on_track", _("On track")
    AT_RISK = "at_risk", _("At risk")
    OFF_TRACK = "off_track", _("Off track")


@dataclass(frozen=True, slots=True)
class OutcomeState:
    """An outcome on a day. `expected` is the share of the way that should lie behind it, `terms` those in force.

    Before the day of its agreement, and from the day on which it ended, it has neither attainment nor status, although
    it may have readings.
    """

    outcome: Outcome
    terms: OutcomeTerms
    latest: Measurement | None
    holds: bool = False
    has_ended: bool = False
    attainment: Decimal | None = None
    expected: Decimal | None = None
    status: Status | None = None
    next_due: date | None = None
    is_first_due_unknown: bool = False  # it reached production on a day that is not known
    days_late: int = 0  # since the next reading was due
    is_past_target: bool = False  # its target date is over
    needs_date: bool = False  # so it is, the target is not reached, and nothing has ended: another is to be agreed on

    @property
    def ended(self) -> str:
        """Say from which day on it is no longer measured; nothing where it is."""
        day = self.outcome.ended_on if self.has_ended else None
        return _("No longer measured from %(day)s.") % {"day": numbers.day(day)} if day else ""


def states(
    outcome_ids: Sequence[int] | None, as_of: date, initiative_ids: Sequence[int] | None = None
) -> dict[int, OutcomeState]:
    """Return the state by outcome: of these outcomes, or of these initiatives' ones, or of all. Five queries."""
    outcomes = Outcome.objects.order_by("id")
    if outcome_ids is not None:
        outcomes = outcomes.filter(pk__in=list(outcome_ids))
    if initiative_ids is not None:
        outcomes = outcomes.filter(initiative__in=list(initiative_ids))
    return states_of(list(outcomes), as_of)


def states_of(
    outcomes: Sequence[Outcome],
    as_of: date,
    latest: Mapping[int, Measurement] | None = None,
    standings: Iterable[Standing] | None = None,
) -> dict[int, OutcomeState]:
    """Return the state by outcome, for outcomes at hand. Four queries, less those whose answer the caller has."""
    if not outcomes:
        return {}
    held = {pk: dated.in_force(rows, as_of) for pk, rows in dated.of_outcomes(outcomes).items()}
    latest = _latest(outcomes, as_of) if latest is None else latest
    shares = _shares_within([held[o.pk] for o in outcomes if held[o.pk].maintains], as_of)
    standings = standing(sorted({o.initiative_id for o in outcomes}), as_of) if standings is None else standings
    where = {row.id: row for row in standings}
    return {
        o.pk: _state(o, held[o.pk], latest.get(o.pk), shares.get(o.pk), where[o.initiative_id], as_of) for o in outcomes
    }


def attained(outcome: Outcome, terms: OutcomeTerms, latest: Measurement | None) -> Fraction | None:
    """Return how much of the way from baseline to target the latest reading is (increase and decrease)."""
    if latest is None or terms.target is None or terms.baseline is None:
        return None
    baseline = Fraction(terms.baseline)
    return (comparable(outcome, latest) - baseline) / (Fraction(terms.target) - baseline)


def comparable(outcome: Outcome, reading: Measurement) -> Fraction:
    """Return what of a reading is compared with baseline and target: its value, of a flow per month."""
    if outcome.is_flow:
        return per_month(reading.value, reading.period_start, reading.period_end)
    return Fraction(reading.value)


def expected_share(terms: OutcomeTerms, as_of: date) -> Fraction | None:
    """Return the share of the time from baseline date to target date that is over, 0 to 1 (maintain: 1)."""
    if not terms.has_target:
        return None
    if terms.maintains:
        return Fraction(1)
    if terms.baseline_on is None or terms.target_on is None:
        return None
    passed = Fraction((as_of - terms.baseline_on).days, (terms.target_on - terms.baseline_on).days)
    return min(max(passed, Fraction(0)), Fraction(1))


def verdict(attainment: Fraction | None, expected: Fraction | None) -> Status | None:
    """Return the status of a measured outcome that is not overdue; None where there is nothing to compare."""
    if attainment is None:
        return None
    if attainment >= 1:
        return Status.MET
    if expected is None:
        return None
    if attainment >= expected - BEHIND:
        return Status.ON_TRACK
    return Status.AT_RISK if attainment >= expected - FAR_BEHIND else Status.OFF_TRACK


def _state(
    outcome: Outcome,
    terms: OutcomeTerms,
    latest: Measurement | None,
    share_within: Fraction | None,
    where: Standing,
    as_of: date,
) -> OutcomeState:
    if not outcome.holds_on(as_of):
        return OutcomeState(outcome, terms, latest, has_ended=outcome.has_ended_by(as_of))
    attainment = share_within if terms.maintains else attained(outcome, terms, latest)
    is_past_target = terms.target_on is not None and as_of > terms.target_on
    expected = expected_share(terms, as_of)
    due = _next_due(terms, latest, where)
    if _is_overdue(terms, latest, where, as_of):
        status: Status | None = Status.OVERDUE
    else:
        status = verdict(attainment, expected) if latest else Status.NOT_MEASURED
    return OutcomeState(
        outcome=outcome,
        terms=terms,
        latest=latest,
        holds=True,
        attainment=None if attainment is None else to_decimal(attainment),
        expected=None if expected is None else to_decimal(expected),
        status=status,
        next_due=due,
        is_first_due_unknown=due is None and where.stage not in ENDS and where.ever(Stage.PRODUCTION),
        is_past_target=is_past_target,
        needs_date=is_past_target and where.stage not in ENDS and (attainment is None or attainment < 1),
        days_late=max((as_of - due).days, 0) if due else 0,
    )


def _is_overdue(terms: OutcomeTerms, latest: Measurement | None, where: Standing, as_of: date) -> bool:
    if where.stage in ENDS:
        return False
    if latest is not None:
        return (as_of - latest.period_end).days > OVERDUE_AFTER * terms.cadence_days
    due = _next_due(terms, latest, where)
    return due is not None and as_of > due


def _next_due(terms: OutcomeTerms, latest: Measurement | None, where: Standing) -> date | None:
    """Return a cadence after the latest reading; without one, after production (or the baseline, when it is later)."""
    if where.stage in ENDS:
        return None
    if latest is not None:
        return latest.period_end + timedelta(days=terms.cadence_days)
    if where.production_on is None:
        return None
    return max(where.production_on, terms.baseline_on or where.production_on) + timedelta(days=terms.cadence_days)


def _latest(outcomes: Iterable[Outcome], as_of: date) -> dict[int, Measurement]:
    found = Measurement.objects.counting().by(as_of).filter(outcome__in=[outcome.pk for outcome in outcomes])
    found = found.order_by("outcome_id", "-period_end", "-id").distinct("outcome_id")
    return {reading.outcome_id: reading for reading in found}


# Share of readings within bounds, for many outcomes at once; a missing bound is open.
WITHIN = """
SELECT reading.outcome_id, count(*),
       count(*) FILTER (WHERE coalesce(reading.per_month >= bound.low, true)
                          AND coalesce(reading.per_month <= bound.high, true))
FROM outcomes_measurement AS reading
JOIN unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS bound (outcome_id, low, high)
  ON bound.outcome_id = reading.outcome_id
WHERE reading.withdrawn_at IS NULL AND reading.period_end <= %s
GROUP BY reading.outcome_id
"""


def _shares_within(terms: Iterable[OutcomeTerms], as_of: date) -> dict[int, Fraction]:
    bounded = [row for row in terms if row.has_target]
    if not bounded:
        return {}
    ids, lows, highs = zip(*((row.outcome_id, row.target_low, row.target_high) for row in bounded), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(WITHIN, [list(ids), list(lows), list(highs), as_of])
        return {outcome: Fraction(inside, total) for outcome, total, inside in cursor.fetchall()}
