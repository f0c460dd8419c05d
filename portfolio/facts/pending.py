"""Cost lines and readings that wait for an exchange rate: kept and listed, and in no sum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from django.db import connection

from costs.models.allocation import BELONGS_SQL, PLACES_SQL
from portfolio.facts.look_back_days import quarter_ends
from portfolio.selection.scope import Ids


class Pending(NamedTuple):
    """Cost lines and readings that wait for an exchange rate, and so stand in no sum."""

    lines: int = 0
    readings: int = 0
    validated: int = 0  # of the readings

    @property
    def left_out_lines(self) -> dict[str, int]:
        """Say so beside a cost."""
        return {"pending lines": self.lines} if self.lines else {}

    @property
    def left_out_readings(self) -> dict[str, int]:
        """Say so beside a benefit."""
        return {"pending readings": self.readings} if self.readings else {}

    @property
    def left_out_validated(self) -> dict[str, int]:
        """Say so beside a benefit of validated readings alone."""
        return {"pending readings": self.validated} if self.validated else {}

    @property
    def left_out(self) -> dict[str, int]:
        """Say so beside what comes from costs and benefits."""
        return self.left_out_lines | self.left_out_readings

    @property
    def of_lines(self) -> Pending:
        """The cost lines alone."""
        return Pending(self.lines)

    @property
    def of_readings(self) -> Pending:
        """The readings alone."""
        return self._replace(lines=0)

    def plus(self, counts: Iterable[int]) -> Pending:
        """Return what waits here and there together."""
        return Pending(*map(add, self, counts))


NOTHING_PENDING = Pending()

# Which lines a sum could have in it, were there a rate: those of any day, those of the months of the run cost, those
# until production.
OF_ANY_DAY = "true"
OF_LAST_QUARTER = "line.incurred_on > %(before_quarter)s AND line.incurred_on <= %(quarter_end)s"
UNTIL_PRODUCTION = "line.incurred_on <= at.production_on"
_STANDING = f"""LEFT JOIN projects_standingperiod AS at
    ON at.initiative_id = {BELONGS_SQL} AND at.begins <= %(as_of)s AND at.ends > %(as_of)s"""
# Lines that wait for a rate, as many as lie together: those of a group in a month are counted by the sums and stand on
# its 1st, but for a month that the as-of date or the day of production cuts; there they are counted day by day.
_WAITING = f"""
WITH kept AS MATERIALIZED (
    SELECT month.group_id, month.month, month.pending, span.ends, coalesce(bool_or(
               %(as_of)s < span.ends OR (at.production_on >= month.month AND at.production_on < span.ends)
           ), false) AS is_cut
    FROM costs_groupmonth AS month JOIN costs_chargegroup AS charge ON charge.id = month.group_id
    CROSS JOIN LATERAL (SELECT (month.month + interval '1 month - 1 day')::date AS ends) AS span
    {PLACES_SQL.format(group="month.group_id", day="month.month")}
    {_STANDING}
    WHERE month.pending > 0 AND month.month <= %(as_of)s AND {{charged}}
    GROUP BY month.group_id, month.month, month.pending, span.ends
),
line AS MATERIALIZED (
    SELECT group_id, month AS incurred_on, pending AS lines FROM kept WHERE NOT is_cut
    UNION ALL
    SELECT kept.group_id, day.incurred_on, day.lines FROM kept CROSS JOIN LATERAL (
        SELECT one.incurred_on, count(*) AS lines FROM costs_costline AS one
        WHERE one.group_id = kept.group_id AND one.incurred_on >= kept.month
          AND one.incurred_on <= least(kept.ends, %(as_of)s) AND one.base_amount IS NULL AND one.withdrawn_at IS NULL
        GROUP BY one.incurred_on
    ) AS day WHERE kept.is_cut
)
"""  # noqa: S608 - put together from texts of our own
_LINES = f"""
FROM line JOIN costs_chargegroup AS charge ON charge.id = line.group_id
{PLACES_SQL.format(group="line.group_id", day="line.incurred_on")}
{_STANDING}
WHERE {{charged}}
"""
# A reading waits once, however many segments it has.
_READINGS = """
FROM outcomes_benefitsegment
WHERE per_day IS NULL AND counts_from <= %(as_of)s AND {measured}
"""
# Lines by the initiatives that share them, so that of a set of initiatives each counts once; readings have one each.
_BY_SHARERS = f"""{_WAITING}
SELECT sharers, before_production, is_of_quarter, sum(lines)::bigint, 0, 0
FROM (
    SELECT lines, array_agg(DISTINCT {BELONGS_SQL}) AS sharers, bool_or({OF_LAST_QUARTER}) AS is_of_quarter,
           array_agg(DISTINCT {BELONGS_SQL}) FILTER (WHERE {UNTIL_PRODUCTION}) AS before_production
    {_LINES} GROUP BY line.group_id, line.incurred_on, line.lines
) AS each GROUP BY sharers, before_production, is_of_quarter
UNION ALL
SELECT ARRAY[initiative_id], NULL, false, 0, count(DISTINCT measurement_id) FILTER (WHERE NOT validated),
       count(DISTINCT measurement_id) FILTER (WHERE validated)
{_READINGS} GROUP BY initiative_id
"""  # noqa: S608 - put together from texts of our own
_BY_INITIATIVE = f"""{_WAITING}
SELECT 'pending lines', {BELONGS_SQL} AS belongs, sum(line.lines)::bigint {_LINES} AND {{lines}} GROUP BY belongs
UNION ALL
SELECT 'pending readings', initiative_id, count(DISTINCT measurement_id)
{_READINGS} AND validated = %(validated)s GROUP BY initiative_id
"""


Shared = Sequence[tuple[Collection[int], Pending]]


@dataclass(frozen=True)
class PendingBySharers:
    """What waits of a set, by the initiatives that share it: a line that several share is one of each."""

    shared: Shared = ()
    of_quarter: Shared = ()  # of these the lines dated in the months of the run cost
    until_production: Shared = ()  # and those until production, by the sharers that were not in production yet

    @property
    def whole(self) -> Pending:
        """What waits in all."""
        return _together(pending for _sharers, pending in self.shared)

    def of(self, ids: Iterable[int]) -> Pending:
        """What waits of some of the initiatives, together."""
        return _of(self.shared, ids)

    def of_run_cost(self, ids: Iterable[int]) -> Pending:
        """The lines of these that could be in the run cost."""
        return _of(self.of_quarter, ids)

    def of_direct_cost(self, ids: Iterable[int]) -> Pending:
        """The lines of these that could be in the cost until production."""
        return _of(self.until_production, ids)

    def by_initiative(self) -> dict[int, Pending]:
        """What waits of each initiative of which anything does."""
        each = defaultdict[int, Pending](Pending)
        for sharers, pending in self.shared:
            for pk in sharers:
                each[pk] = each[pk].plus(pending)
        return dict(each)


def _of(shared: Shared, ids: Iterable[int]) -> Pending:
    these = set(ids) if shared else set()
    return _together(pending for sharers, pending in shared if not these.isdisjoint(sharers))


def _together(parts: Iterable[Pending]) -> Pending:
    return reduce(Pending.plus, parts, NOTHING_PENDING)


def pending_of_set(ids: Ids, as_of: date, with_unallocated: bool = False) -> PendingBySharers:
    """Return what waits for an exchange rate; one query."""
    rows = _fetched(_BY_SHARERS, ids, as_of, with_unallocated)
    return PendingBySharers(
        [(sharers, Pending(*counts)) for sharers, _before, _is_of_quarter, *counts in rows],
        [(sharers, Pending(lines)) for sharers, _before, is_of_quarter, lines, *_readings in rows if is_of_quarter],
        [(before, Pending(lines)) for _sharers, before, _is_of_quarter, lines, *_readings in rows if before],
    )


def waiting_by_initiative(
    ids: Ids, as_of: date, with_unallocated: bool = False, validated: bool = False, lines: str = OF_ANY_DAY
) -> dict[str, dict[int, int]]:
    """Return the same by reason and initiative; a line that several share stands at each. One query.

    `validated`: of the readings those alone that finance has validated; `lines`: which could stand in a sum.
    """
    found: dict[str, dict[int, int]] = {"pending lines": {}, "pending readings": {}}
    for why, initiative, count in _fetched(_BY_INITIATIVE, ids, as_of, with_unallocated, validated, lines):
        found[why][initiative] = count
    return found


def _fetched(
    text: str, ids: Ids, as_of: date, with_unallocated: bool, validated: bool = False, lines: str = OF_ANY_DAY
) -> list[tuple[Any, ...]]:
    charged = f"{BELONGS_SQL} > 0" if ids is None else f"{BELONGS_SQL} = ANY(%(ids)s)"
    measured = "true" if ids is None else "initiative_id = ANY(%(ids)s)"
    if with_unallocated:
        charged = f"({charged} OR {BELONGS_SQL} = 0)"
    given = {"ids": list(ids or ()), "as_of": as_of, "validated": validated}
    given |= dict(zip(("before_quarter", "quarter_end"), quarter_ends(as_of), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(text.format(charged=charged, measured=measured, lines=lines), given)
        return list(cursor.fetchall())
