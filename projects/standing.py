"""Where initiatives stood on a day (METRICS.md §1): one query for any number of them, over the periods kept of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from projects.models import OPEN, StandingPeriod
from projects.stages import ENDS, LINE, Stage

Ids = Sequence[int] | None


@dataclass(slots=True)
class Standing:
    """An initiative on a day. Dates are None where they are unknown."""

    id: int
    stage: Stage
    on_hold: bool
    stage_since: date | None = None
    production_on: date | None = None
    # Stages of the line that it entered or passed; the date of the first entry, None where unknown or passed over.
    entered: dict[Stage, date | None] = field(default_factory=dict)
    # Why the date of a stage that it did enter is unknown.
    entered_unknown: dict[Stage, str] = field(default_factory=dict)

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
_SQL = f"""
SELECT i.id, {ON_HOLD_SQL.format(initiative="i.id", day="%(as_of)s")},
       at.stage, at.stage_since, at.production_on, at.furthest, at.entered_on, at.entered_unknown
FROM projects_initiative AS i
LEFT JOIN projects_standingperiod AS at
    ON at.initiative_id = i.id AND at.begins <= %(as_of)s AND at.ends > %(as_of)s
{{these}} ORDER BY i.id
"""  # noqa: S608 - text of our own


def standing(ids: Ids, as_of: date) -> list[Standing]:
    """Return where these initiatives (None: all) stood on `as_of`, in the order of their ids; one query."""
    these = "WHERE i.id = ANY(%(ids)s)" if ids is not None else ""
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(these=these), {"as_of": as_of, "ids": list(ids or ())})
        return [_standing(*row) for row in cursor.fetchall()]


def _standing(pk: int, on_hold: bool, stage: str | None, *known: Any) -> Standing:
    if stage is None:
        return Standing(pk, Stage.DRAFT, on_hold)
    stage_since, production_on, furthest, days, reasons = known
    entered = dict(zip(LINE[:furthest], days, strict=False))  # the stages beyond were not entered
    unknown = {stage: reason for stage, reason in zip(LINE, reasons, strict=True) if reason is not None}
    return Standing(pk, Stage(stage), on_hold, stage_since, production_on, entered, unknown)


def ended_intervals(ids: Ids) -> dict[int, list[tuple[date, date | None]]]:
    """Return the days on which each initiative was declined, stopped or retired, half open: [first, first not)."""
    periods = StandingPeriod.objects.filter(stage__in=ENDS).order_by("initiative", "begins")
    if ids is not None:
        periods = periods.filter(initiative__in=ids)
    found: dict[int, list[tuple[date, date | None]]] = defaultdict(list)
    for pk, begun, until in periods.values_list("initiative_id", "begins", "ends"):
        found[pk].append((begun, None if until == OPEN else until))
    return dict(found)
