"""Where initiatives stood on a day (METRICS.md §1): one query for any number of them.

Transitions keep the order in which they happened. A transition has happened by D when its date, or where that is
unknown its `known_by`, is not after D; the stage at D is the `to` of the last in order that has happened by D, and all
those before it have then happened too, whatever is known of their dates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from projects.stages import ENDS, LINE, Stage

Ids = Sequence[int] | None


@dataclass(slots=True)
class Standing:
    """An initiative on a day. Dates are None where they are unknown; the `*_unknown` beside them then says why."""

    id: int
    number: int
    stage: Stage
    on_hold: bool
    stage_since: date | None = None
    stage_unknown: str = ""
    started_on: date | None = None
    start_unknown: str = ""
    production_on: date | None = None
    production_unknown: str = ""
    is_prototype: bool = False
    reached_production: bool = False
    # Stages of the line that it entered or passed; the date of the first entry, None where unknown or passed over.
    entered: dict[Stage, date | None] = field(default_factory=dict)
    # Why the date of a stage that it did enter is unknown.
    entered_unknown: dict[Stage, str] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Tell whether it was stopped (and not re-opened) without ever reaching production."""
        return self.stage == Stage.STOPPED and not self.reached_production

    @property
    def end_unknown(self) -> str:
        """Return why the date of production, or of the stop of a failed one, is unknown."""
        if self.reached_production:
            return self.production_unknown
        return self.stage_unknown if self.failed else ""

    def ever(self, stage: Stage) -> bool:
        """Tell whether it ever entered this stage of the line, or passed it."""
        return stage in self.entered


class _Step(NamedTuple):
    """The first entry into a stage: its position in the order, its date, why that is unknown."""

    position: int
    on: date | None
    unknown: str


# The steps that have happened, one row of arrays per initiative.
_SQL = """
WITH step AS (
    SELECT initiative_id, position, to_stage, effective_on, unknown_reason,
           max(position) FILTER (WHERE coalesce(effective_on, known_by) <= %(as_of)s)
               OVER (PARTITION BY initiative_id) AS last
    FROM projects_transition {of_ids}
), way AS (
    SELECT initiative_id, array_agg(position) AS positions, array_agg(to_stage) AS stages,
           array_agg(effective_on) AS days, array_agg(unknown_reason) AS reasons
    FROM step WHERE position <= last GROUP BY initiative_id
), held AS (
    SELECT DISTINCT initiative_id FROM projects_hold
    WHERE started_on <= %(as_of)s AND (ended_on IS NULL OR ended_on > %(as_of)s)
)
SELECT i.id, i.number, held.initiative_id IS NOT NULL, way.positions, way.stages, way.days, way.reasons
FROM projects_initiative i
LEFT JOIN way ON way.initiative_id = i.id
LEFT JOIN held ON held.initiative_id = i.id
{these}
ORDER BY i.id
"""


def standing(ids: Ids, as_of: date) -> list[Standing]:
    """Return where these initiatives (None: all) stood on `as_of`, in the order of their ids; one query."""
    return standing_on(ids, [as_of])[0]


def standing_on(ids: Ids, days: Sequence[date]) -> list[list[Standing]]:
    """Return the same for each of several days, still in one query."""
    some = ids is not None
    query = _SQL.format(
        of_ids="WHERE initiative_id = ANY(%(ids)s)" if some else "", these="WHERE i.id = ANY(%(ids)s)" if some else ""
    )
    given: dict[str, object] = {"line": list(LINE), "ids": list(ids) if ids is not None else None}
    parts = []
    for index, day in enumerate(days):
        text = query.replace("%(as_of)s", f"%(day_{index})s")
        parts.append(f"SELECT {index}, at.* FROM ({text}) AS at")  # noqa: S608 - text of our own
        given[f"day_{index}"] = day
    found: list[list[Standing]] = [[] for _ in days]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), given)
        for index, *row in cursor.fetchall():
            found[index].append(_standing(*row))
    return found


def _standing(pk: int, number: int, on_hold: bool, positions: list[int] | None, *arrays: Any) -> Standing:
    if not positions:
        return Standing(pk, number, Stage.DRAFT, on_hold)
    steps = sorted(zip(positions, *arrays, strict=True))  # positions differ, so nothing else is compared
    _position, stage, since, reason = steps[-1]
    standing = Standing(pk, number, Stage(stage), on_hold, since, reason)
    first: dict[str, _Step] = {}
    for position, to_stage, on, unknown in steps:
        if to_stage in LINE:
            first.setdefault(to_stage, _Step(position, on, unknown))
    if first:
        _fill(standing, first)
    return standing


def _fill(standing: Standing, first: dict[str, _Step]) -> None:
    furthest = max(index for index, stage in enumerate(LINE) if stage in first)
    for stage in LINE[: furthest + 1]:
        step = first.get(stage)
        standing.entered[stage] = step.on if step else None
        if step and step.on is None:
            standing.entered_unknown[stage] = step.unknown
    begun = [step for stage in _BEGUN if (step := first.get(stage))]
    if begun:
        start = min(begun)
        standing.is_prototype, standing.started_on, standing.start_unknown = True, start.on, start.unknown
    production = first.get(Stage.PRODUCTION)
    if production:
        standing.reached_production = True
        standing.production_on, standing.production_unknown = production.on, production.unknown


_BEGUN = LINE[LINE.index(Stage.PROTOTYPE) :]

# A transition is the latest one from its own day until the first day of any later one.
_ENDED_SQL = """
SELECT initiative_id, begun, until FROM (
    SELECT initiative_id, position, to_stage, coalesce(effective_on, known_by) AS begun,
           min(coalesce(effective_on, known_by)) OVER (
               PARTITION BY initiative_id ORDER BY position ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
           ) AS until
    FROM projects_transition {of_ids}
) AS step
WHERE to_stage = ANY(%(ends)s) AND (until IS NULL OR begun < until)
ORDER BY initiative_id, position
"""


def ended_intervals(ids: Ids) -> dict[int, list[tuple[date, date | None]]]:
    """Return the days on which each initiative was declined, stopped or retired, half open: [first, first not)."""
    query = _ENDED_SQL.format(of_ids="WHERE initiative_id = ANY(%(ids)s)" if ids is not None else "")
    found: dict[int, list[tuple[date, date | None]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(query, {"ends": list(ENDS), "ids": list(ids) if ids is not None else None})
        for pk, begun, until in cursor.fetchall():
            found[pk].append((begun, until))
    return dict(found)
