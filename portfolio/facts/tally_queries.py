"""Read a set of initiatives as tallies: one statement, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection

from outcomes.targets import TargetFacts
from portfolio.facts.tallies import Tally, split
from portfolio.guidance import Decision, without_outcomes
from portfolio.selection.scope import Scope
from projects.stages import Stage

# Standings that differ in nothing but their dates are `alike` and counted together: what they share is read from `one`
# of them. The lists of a tally agree: the initiatives come in one order to all of them.
_TALLIES = """
SELECT {index}, one.stage, one.furthest, one.is_prototype, one.reached_production, part.with_target,
       part.outcomes_not_recorded, one.started_on IS NOT NULL, one.start_unknown, one.stage_unknown,
       one.production_unknown, part.ids, part.days, part.production_on, part.is_late, part.step_days
FROM (
    SELECT min(at.id) AS one_id, {with_target} AS with_target, i.outcomes_not_recorded,
           array_agg(i.id) AS ids,
           array_agg(CASE WHEN at.reached_production THEN at.production_on
                          WHEN at.stage = 'stopped' THEN at.stage_since ELSE %(day_{index})s END - at.started_on
           ) FILTER (WHERE at.is_prototype) AS days, {of_the_first}
    FROM projects_initiative AS i
    LEFT JOIN projects_standingperiod AS at
        ON at.initiative_id = i.id AND at.begins <= %(day_{index})s AND at.ends > %(day_{index})s
    {late}
    WHERE {these}
    GROUP BY at.alike, with_target, i.outcomes_not_recorded
) AS part LEFT JOIN LATERAL (SELECT * FROM projects_standingperiod WHERE id = part.one_id LIMIT 1) AS one ON true
"""
# What the figures look at on the first day alone.
_OF_THE_FIRST = """
    array_agg(at.production_on) FILTER (WHERE at.reached_production) AS production_on,
    array_agg(late.initiative_id IS NOT NULL) FILTER (WHERE at.is_prototype AND NOT at.reached_production) AS is_late,
    array_agg(at.step_days) FILTER (WHERE at.step_days IS NOT NULL) AS step_days
"""
# Whose plan in force on the first day names an earlier one: of plans agreed by then the last holds, of several of one
# day the last recorded. Begun from the dates that have passed, which are few.
_LATE = """
    LEFT JOIN (
        SELECT plan.initiative_id FROM projects_planrevision AS plan
        WHERE plan.planned_production_on < %(day_0)s AND plan.agreed_on <= %(day_0)s AND NOT EXISTS (
            SELECT FROM projects_planrevision AS later
            WHERE later.initiative_id = plan.initiative_id AND later.agreed_on <= %(day_0)s
              AND (later.agreed_on, later.recorded_at, later.id) > (plan.agreed_on, plan.recorded_at, plan.id)
        )
    ) AS late ON late.initiative_id = i.id
"""
_LATER = "NULL::date[] AS production_on, NULL::boolean[] AS is_late, NULL::integer[] AS step_days"
# The same initiatives on another day: filters speak of where they stood on the first.
_SAME = """
i.id IN (
    SELECT i.id FROM projects_initiative AS i
    LEFT JOIN projects_standingperiod AS at
        ON at.initiative_id = i.id AND at.begins <= %(day_0)s AND at.ends > %(day_0)s
    WHERE {these}
)
"""


def tally_up(days: Sequence[date], scope: Scope, targets: Mapping[int, TargetFacts]) -> list[list[Tally]]:
    """Return, for each of the days, the tallies of the initiatives that were in scope on the first; one query.

    Nothing is said of money, nor of the guidance of those that have outcomes: their cohort is taken for that of
    initiatives without any.
    """
    given: dict[str, Any] = dict(scope.given)
    parts = []
    for index, day in enumerate(days):
        these = scope.condition if not index or scope.condition == "true" else _SAME.format(these=scope.condition)
        of_the_first, late = (_LATER, "") if index else (_OF_THE_FIRST, _LATE)
        targeted = [pk for pk, facts in targets.items() if facts.has_agreed_target(day)]
        with_target = f"i.id = ANY(%(targeted_{index})s)" if targeted else "false"  # nothing to look at, row by row
        parts.append(
            _TALLIES.format(index=index, with_target=with_target, these=these, of_the_first=of_the_first, late=late)
        )
        given |= {f"day_{index}": day, f"targeted_{index}": targeted}
    found: list[list[Tally]] = [[] for _ in days]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), given)
        for index, *row in cursor.fetchall():
            found[index].append(_tally(*row))
    return found


def _tally(
    stage: str | None, furthest: int | None, is_prototype: bool | None, reached: bool | None, has_agreed_target: bool,
    outcomes_not_recorded: bool, is_start_known: bool, start_unknown: str | None, stage_unknown: str | None,
    production_unknown: str | None, *lists: Any,
) -> Tally:  # fmt: skip
    is_failed = stage == Stage.STOPPED and not reached
    end_unknown = (production_unknown if reached else stage_unknown if is_failed else "") or ""
    ids, days, production_on, is_late, step_days = lists
    is_known = bool(days) and days[0] is not None
    return Tally(
        stage=Stage(stage or Stage.DRAFT),
        furthest=furthest or 0,
        is_prototype=bool(is_prototype),
        reached_production=bool(reached),
        failed=is_failed,
        guidance=without_outcomes(outcomes_not_recorded, is_start_known) if is_prototype else None,
        has_agreed_target=has_agreed_target,
        is_start_known=is_start_known or not is_prototype,
        left_out="" if is_known or not is_prototype else end_unknown if is_start_known else start_unknown or "",
        end_unknown=end_unknown,
        ids=ids,
        days=days if is_known else [None] * len(ids),
        production_on=production_on or [],
        is_late=is_late or [],
        step_days=step_days or [],
    )


def with_guidance(tallies: Iterable[Tally], decisions: Mapping[int, Decision]) -> list[Tally]:
    """Return the tallies with the cohorts of those prototypes that have outcomes."""
    found = []
    for tally in tallies:
        for decision, part in split(tally, decisions.get).items() if decisions else [(None, tally)]:
            if decision is not None:
                part.guidance, part.rests_on_later_rows = decision.guidance, decision.rests_on_later_rows
            found.append(part)
    return found
