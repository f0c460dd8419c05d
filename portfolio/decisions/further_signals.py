"""The rules of METRICS.md 6 that need more than a row: its outcomes, its stay in its stage, its cost of two months.

They hold for whatever has not ended, a prototype or not yet one. GET /portfolio/initiatives names them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from costs import totals as costs
from money.exact import ZERO
from money.months import next_month
from outcomes.status import OutcomeState, Status
from portfolio.facts.rows import Row
from portfolio.selection.scope import Ids
from projects.stages import ENDS, Stage
from projects.standing import Standing

STALLS_FROM = 90  # days
SHOCK = 2  # times what it was so many months before
MONTHS_BEFORE = 6

# How long those that left a stage by the date had stayed in it; a stay that begins or ends on an unknown day tells
# nothing.
USUAL_STAYS = """
SELECT stage, percentile_cont(0.75) WITHIN GROUP (ORDER BY left_on - since) FROM (
    SELECT to_stage AS stage, effective_on AS since,
           lead(effective_on) OVER (PARTITION BY initiative_id ORDER BY position) AS left_on
    FROM projects_transition WHERE %(ids)s::bigint[] IS NULL OR initiative_id = ANY(%(ids)s)
) AS stay WHERE left_on <= %(as_of)s AND since IS NOT NULL GROUP BY stage
"""


@dataclass(frozen=True)
class Beside:
    """What the rules look at beside a row, of many initiatives at once."""

    as_of: date
    states: Mapping[int, Sequence[OutcomeState]]
    standings: Mapping[int, Standing]
    usual_stays: Mapping[Stage, float]  # the days that three quarters of those that left a stage had stayed at most
    gross: Mapping[tuple[int, date], Decimal]  # in the last full month, and in that of six months earlier


def beside(
    ids: Sequence[int], as_of: date, visible: Ids, states: Sequence[OutcomeState], standings: Sequence[Standing]
) -> Beside:
    """Return what the rules look at; two queries. `visible`: those that the reader may see (None: every one)."""
    of_initiative: dict[int, list[OutcomeState]] = {}
    for state in states:
        of_initiative.setdefault(state.outcome.initiative_id, []).append(state)
    return Beside(
        as_of,
        of_initiative,
        {standing.id: standing for standing in standings},
        _usual_stays(visible, as_of),
        costs.gross_in_months(ids, compared_months(as_of)),
    )


def further_signals(row: Row, known: Beside) -> list[str]:
    """Name the rules that hold for an initiative; none where it has ended."""
    if row.stage in ENDS:
        return []
    return [name for name, holds in RULES.items() if holds(row, known)]


def compared_months(as_of: date) -> tuple[date, date]:
    """Return the last full month before that of the date, and the one of six months earlier."""
    last = next_month(as_of, -1)
    return last, next_month(last, -MONTHS_BEFORE)


def _usual_stays(visible: Ids, as_of: date) -> dict[Stage, float]:
    with connection.cursor() as cursor:
        cursor.execute(USUAL_STAYS, {"ids": None if visible is None else list(visible), "as_of": as_of})
        return {Stage(stage): days for stage, days in cursor.fetchall()}


def _has(status: Status, row: Row, known: Beside) -> bool:
    return any(state.status == status for state in known.states.get(row.id, ()))


def _stalled(row: Row, known: Beside) -> bool:
    since, usual = known.standings[row.id].stage_since, known.usual_stays.get(row.stage)
    if since is None or usual is None:
        return False
    days = (known.as_of - since).days
    return days >= STALLS_FROM and days > usual


def _price_shock(row: Row, known: Beside) -> bool:
    now, before = (known.gross.get((row.id, month), ZERO) for month in compared_months(known.as_of))
    return before > 0 and now >= SHOCK * before


RULES = {
    "overdue_measurement": lambda row, known: _has(Status.OVERDUE, row, known),
    "stalled": _stalled,
    "off_track": lambda row, known: _has(Status.OFF_TRACK, row, known),
    "price_shock": _price_shock,
}
