"""Where initiatives stood on a day (METRICS.md §1): one query for any number of them, over the periods kept of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

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


# For SQL: is an initiative on hold on a day?
ON_HOLD_SQL = """EXISTS (
    SELECT FROM projects_hold AS hold
    WHERE hold.initiative_id = {initiative} AND hold.started_on <= {day}
      AND (hold.ended_on IS NULL OR hold.ended_on > {day})
)"""

# Kept by `projects.periods`: a day lies in one period of an initiative at most, and before the first it is a draft.
_SQL = """
SELECT {index}, i.id, i.number, {on_hold},
       at.stage, at.stage_since, at.stage_unknown, at.started_on, at.start_unknown, at.production_on,
       at.production_unknown, at.is_prototype, at.reached_production, at.furthest, at.entered_on, at.entered_unknown
FROM projects_initiative AS i
LEFT JOIN projects_standingperiod AS at
    ON at.initiative_id = i.id AND at.begins <= %(day_{index})s AND at.ends > %(day_{index})s
{these}
"""


def standing(ids: Ids, as_of: date) -> list[Standing]:
    """Return where these initiatives (None: all) stood on `as_of`, in the order of their ids; one query."""
    return standing_on(ids, [as_of])[0]


def standing_on(ids: Ids, days: Sequence[date]) -> list[list[Standing]]:
    """Return the same for each of several days, still in one query."""
    these = "WHERE i.id = ANY(%(ids)s)" if ids is not None else ""
    held = [ON_HOLD_SQL.format(initiative="i.id", day=f"%(day_{index})s") for index in range(len(days))]
    parts = [_SQL.format(index=index, these=these, on_hold=on_hold) for index, on_hold in enumerate(held)]
    given: dict[str, Any] = {f"day_{index}": day for index, day in enumerate(days)}
    found: list[list[Standing]] = [[] for _ in days]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts) + " ORDER BY 1, 2", given | {"ids": list(ids or ())})
        for index, *row in cursor.fetchall():
            found[index].append(_standing(*row))
    return found


def _standing(pk: int, number: int, on_hold: bool, stage: str | None, *known: Any) -> Standing:
    if stage is None:
        return Standing(pk, number, Stage.DRAFT, on_hold)
    *facts, furthest, days, reasons = known
    entered = dict(zip(LINE[:furthest], days, strict=False))  # the stages beyond were not entered
    unknown = {stage: reason for stage, reason in zip(LINE, reasons, strict=True) if reason is not None}
    return Standing(pk, number, Stage(stage), on_hold, *facts, entered=entered, entered_unknown=unknown)


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
