"""Read initiatives as rows of the figures: where they stand, what was agreed, which cohort they are in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from costs.budgets import totals as budget_totals
from money.exact import ZERO
from outcomes.targets import NO_FACTS, Agreement, TargetFacts, target_facts
from portfolio.facts.rows import Row
from portfolio.guidance import Evidence, decide
from projects.models import Initiative
from projects.stages import Stage
from projects.standing import ON_HOLD_SQL, Standing, standing


class Details(NamedTuple):
    """What the figures need of an initiative, in the order in which it is selected."""

    id: int
    number: int
    title: str
    unit: str | None
    why_stated: bool
    outcomes_not_recorded: bool
    planned_production_on: date | None
    on_hold: bool
    stage: str | None  # None: a draft
    is_prototype: bool
    started_on: date | None
    reached_production: bool
    production_on: date | None
    # Of plans that name a date for production and of budgets: when each was agreed, and when that was recorded.
    plans_agreed_on: list[date] | None
    plans_recorded_at: list[datetime] | None
    budgets_agreed_on: list[date] | None
    budgets_recorded_at: list[datetime] | None
    budget_before: Decimal | None  # of the months before the one of the date
    budget_running: Decimal | None  # of that month
    budget_waits: bool | None  # a line of these months waits for an exchange rate


# Plans and budgets agreed by the date, with their days of agreement; of plans the last agreed is in force, of budgets
# a part is due.
DETAILS = f"""
SELECT i.id, i.number, i.title, unit.path, i.problem ~ '[^[:space:]]' AND i.desired_outcome ~ '[^[:space:]]',
       i.outcomes_not_recorded, plan.production_on,
       {ON_HOLD_SQL.format(initiative="i.id", day="%(as_of)s")},
       at.stage, coalesce(at.is_prototype, false), at.started_on,
       coalesce(at.reached_production, false), at.production_on, plan.agreed_on, plan.recorded_at,
       budget.agreed_on, budget.recorded_at, budget.before, budget.running, budget.waits
FROM projects_initiative AS i
LEFT JOIN projects_businessunit AS unit ON unit.id = i.business_unit_id
LEFT JOIN projects_standingperiod AS at
    ON at.initiative_id = i.id AND at.begins <= %(as_of)s AND at.ends > %(as_of)s
LEFT JOIN (
    SELECT initiative_id,
           (array_agg(planned_production_on ORDER BY agreed_on DESC, recorded_at DESC, id DESC))[1] AS production_on,
           array_agg(agreed_on) FILTER (WHERE planned_production_on IS NOT NULL) AS agreed_on,
           array_agg(recorded_at) FILTER (WHERE planned_production_on IS NOT NULL) AS recorded_at
    FROM projects_planrevision WHERE agreed_on <= %(as_of)s AND initiative_id = ANY(%(ids)s)
    GROUP BY initiative_id
) AS plan ON plan.initiative_id = i.id
LEFT JOIN (
    SELECT initiative_id, array_agg(approved_on) AS agreed_on, array_agg(recorded_at) AS recorded_at,
           coalesce(sum(before), 0) AS before, coalesce(sum(running), 0) AS running, bool_or(waits) AS waits
    FROM (
        SELECT initiative_id, approved_on, min(recorded_at) AS recorded_at,
               sum(base_amount) FILTER (WHERE month < %(month)s) AS before,
               sum(base_amount) FILTER (WHERE month = %(month)s) AS running,
               bool_or(base_amount IS NULL AND month <= %(month)s) AS waits
        FROM costs_budgetline WHERE approved_on <= %(as_of)s AND initiative_id = ANY(%(ids)s)
        GROUP BY initiative_id, approved_on
    ) AS approved
    GROUP BY initiative_id
) AS budget ON budget.initiative_id = i.id
WHERE i.id = ANY(%(ids)s) ORDER BY i.number
"""  # noqa: S608 - put together from texts of our own


def rows_of(as_of: date, ids: Sequence[int], targets: Mapping[int, TargetFacts] | None = None) -> list[Row]:
    """Return initiatives as they stood at the date, oldest first; costs and benefits not yet.

    Two queries, whatever their number; one where their `targets` are at hand.
    """
    if not ids:
        return []
    targets = target_facts(ids, as_of) if targets is None else targets
    return [_row(details, targets.get(details.id, NO_FACTS), as_of) for details in details_of(ids, as_of)]


def row_of(initiative: Initiative, as_of: date) -> tuple[Row, Standing]:
    """Return one initiative, with where it stands; three queries."""
    ids = [initiative.pk]
    (now,), (details,) = standing(ids, as_of), details_of(ids, as_of)
    return _row(details, target_facts(ids, as_of).get(initiative.pk, NO_FACTS), as_of), now


def judged(initiative: Initiative, as_of: date) -> tuple[Row, Evidence]:
    """Return one initiative with what its guidance is decided from; two queries."""
    ids = [initiative.pk]
    (details,), facts = details_of(ids, as_of), target_facts(ids, as_of).get(initiative.pk, NO_FACTS)
    return _row(details, facts, as_of), _evidence(details, facts)


def details_of(ids: Sequence[int], as_of: date) -> list[Details]:
    """Return the details of these initiatives, oldest first; one query."""
    with connection.cursor() as cursor:
        cursor.execute(DETAILS, {"ids": list(ids), "as_of": as_of, "month": as_of.replace(day=1)})
        return [Details._make(row) for row in cursor.fetchall()]


def _phased(details: Details, as_of: date) -> Decimal | None:
    """Return the budget that is due by the date: of its month the days that have passed. None while a line waits."""
    if details.budget_waits:
        return None
    if details.budget_before is None or details.budget_running is None:
        return ZERO
    return budget_totals.phased(details.budget_before, details.budget_running, as_of)


def _evidence(details: Details, facts: TargetFacts) -> Evidence:
    return Evidence(
        why_stated=details.why_stated,
        targets=facts.targets,
        complete_targets=facts.complete,
        production_plans=_agreements(details.plans_agreed_on, details.plans_recorded_at),
        budgets=_agreements(details.budgets_agreed_on, details.budgets_recorded_at),
        has_outcomes=facts.has_outcomes,
        outcomes_not_recorded=details.outcomes_not_recorded,
    )


def _agreements(agreed_on: list[date] | None, recorded_at: list[datetime] | None) -> list[Agreement]:
    return [Agreement(*each) for each in zip(agreed_on or (), recorded_at or (), strict=True)]


def _row(details: Details, facts: TargetFacts, as_of: date) -> Row:
    decision = decide(_evidence(details, facts), details.started_on, as_of) if details.is_prototype else None
    return Row(
        id=details.id,
        number=details.number,
        title=details.title,
        unit=details.unit or "",
        stage=Stage(details.stage or Stage.DRAFT),
        on_hold=details.on_hold,
        is_prototype=details.is_prototype,
        started_on=details.started_on,
        reached_production=details.reached_production,
        production_on=details.production_on,
        planned_production_on=details.planned_production_on,
        guidance=decision.guidance if decision else None,
        rests_on_later_rows=bool(decision and decision.rests_on_later_rows),
        has_target=facts.has_target(as_of),
        planned_cost=_phased(details, as_of),
        has_budget=bool(details.budgets_agreed_on),
    )
