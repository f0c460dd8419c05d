"""Keeps where each initiative stood from when until when, so that no figure has to walk through transitions again.

Transitions keep the order in which they happened (METRICS.md §1). The one in force on a day is the last in that order
that has happened by then, by its date or, where that is unknown, by its `known_by`; it stays in force until the first
day of any later one, and where that lies before its own it never is. So an initiative has at most one period a
transition, and a day lies in one of them at most: before the first it is a draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from projects.models import OPEN, StandingPeriod
from projects.stages import LINE, PROTOTYPE_OR_LATER

_DAYS = ", ".join(f"max(first.effective_on) FILTER (WHERE first.to_stage = '{stage}')" for stage in LINE)
_REASONS = ", ".join(
    f"max(first.unknown_reason) FILTER (WHERE first.to_stage = '{stage}' AND first.effective_on IS NULL)"
    for stage in LINE
)
# Of each step of the line: its days where both dates are known, -1 where it was in both stages but they are not;
# nothing for what passed one of them over, or was in the first again later.
_STEPS = ", ".join(
    f"""CASE WHEN entered_on[{step + 1}] >= entered_on[{step}] THEN entered_on[{step + 1}] - entered_on[{step}]
        WHEN entered_on[{step + 1}] < entered_on[{step}] THEN NULL
        WHEN coalesce(entered_on[{step}]::text, entered_unknown[{step}]) IS NOT NULL
         AND coalesce(entered_on[{step + 1}]::text, entered_unknown[{step + 1}]) IS NOT NULL THEN -1 END"""
    for step in range(1, len(LINE))
)
_NO_STEPS = ", ".join(["NULL::integer"] * (len(LINE) - 1))
_FILL = f"""
WITH step AS (
    SELECT initiative_id, position, to_stage, effective_on, unknown_reason,
           coalesce(effective_on, known_by) AS day,
           min(coalesce(effective_on, known_by)) OVER (
               PARTITION BY initiative_id ORDER BY position ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
           ) AS until,
           to_stage = ANY(%(line)s)
               AND row_number() OVER (PARTITION BY initiative_id, to_stage ORDER BY position) = 1 AS is_first
    FROM projects_transition WHERE initiative_id = ANY(%(ids)s)
), period AS (
    SELECT step.initiative_id, step.day AS begins, coalesce(step.until, %(open)s) AS ends, step.to_stage AS stage,
           step.effective_on AS stage_since, step.unknown_reason AS stage_unknown,
           coalesce(max(array_position(%(line)s, first.to_stage)), 0) AS furthest,
           ARRAY[{_DAYS}] AS entered_on, ARRAY[{_REASONS}] AS entered_unknown,
           coalesce(bool_or(first.to_stage = ANY(%(begun)s)), false) AS is_prototype,
           (array_agg(first.effective_on ORDER BY first.position)
               FILTER (WHERE first.to_stage = ANY(%(begun)s)))[1] AS started_on,
           coalesce((array_agg(first.unknown_reason ORDER BY first.position)
               FILTER (WHERE first.to_stage = ANY(%(begun)s)))[1], '') AS start_unknown,
           coalesce(bool_or(first.to_stage = 'production'), false) AS reached_production,
           max(first.effective_on) FILTER (WHERE first.to_stage = 'production') AS production_on,
           coalesce(max(first.unknown_reason) FILTER (WHERE first.to_stage = 'production'), '') AS production_unknown
    FROM step
    LEFT JOIN step AS first
        ON first.initiative_id = step.initiative_id AND first.is_first AND first.position <= step.position
    WHERE step.until IS NULL OR step.day < step.until
    GROUP BY step.initiative_id, step.position, step.day, step.until, step.to_stage, step.effective_on,
             step.unknown_reason
)
INSERT INTO projects_standingperiod (
    initiative_id, begins, ends, stage, stage_since, stage_unknown, furthest, entered_on, entered_unknown,
    is_prototype, started_on, start_unknown, reached_production, production_on, production_unknown, step_days, alike
)
SELECT period.*, nullif(ARRAY[{_STEPS}], ARRAY[{_NO_STEPS}]),
       concat_ws(' ', stage, furthest, is_prototype, started_on IS NULL, start_unknown, stage_since IS NULL,
                 stage_unknown, production_on IS NULL, production_unknown,
                 ARRAY[{_STEPS}] = ARRAY[{_NO_STEPS}])
FROM period
"""  # noqa: S608 - text of our own


def rebuild(ids: Sequence[int]) -> None:
    """Work out the periods of these initiatives anew, inside the write that changed their transitions."""
    StandingPeriod.objects.filter(initiative__in=ids).delete()
    fill(ids)


def fill(ids: Sequence[int]) -> None:
    """Write the periods of initiatives that have none yet; one statement."""
    given: dict[str, Any] = {
        "ids": list(ids),
        "line": [stage.value for stage in LINE],
        "begun": [stage.value for stage in PROTOTYPE_OR_LATER],
        "open": OPEN,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FILL, given)
