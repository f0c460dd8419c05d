"""Gross and recovered cost to a date, by initiative, month and category (METRICS.md §3).

Months before the one of the date come from the sums by month, the days of the month itself from the sums by day, which
are not kept by category. `ids`: initiatives, None for every one; what belongs to none is only counted where that is
said. Amounts in base currency; pending lines stand in no sum and are counted by `portfolio.facts.pending`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from costs.models import UNALLOCATED
from costs.models.allocation import BELONGS_SQL, PLACES_SQL
from money.exact import EXACT, ZERO

Ids = Sequence[int] | None


class Flow(NamedTuple):
    """What was spent, and what of it was recovered."""

    gross: Decimal = ZERO
    recovered: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """Gross less recovered."""
        return EXACT.subtract(self.gross, self.recovered)

    def __add__(self, other: object) -> Flow:
        """Add two flows, not two tuples."""
        if not isinstance(other, Flow):
            return NotImplemented
        return Flow(EXACT.add(self.gross, other.gross), EXACT.add(self.recovered, other.recovered))


NO_COST = Flow()

# What counts in the month of the as-of date until then.
RUNNING = """
    SELECT initiative_id, month, day.entries, day.gross, coalesce(day.recovered, 0) AS recovered
    FROM costs_initiativedays
    CROSS JOIN LATERAL unnest(entries[:%(day)s], gross[:%(day)s], recovered[:%(day)s])
        AS day (entries, gross, recovered)
    WHERE counted_month = %(month)s AND day.entries IS NOT NULL AND {these}"""

# Costs that credits even out are a cost, lines that were withdrawn are none; both have a running sum of 0. Only then
# the entries of the months are looked up.
HAS_COST = """
sum(part.gross) <> 0 OR sum(part.recovered) <> 0 OR sum(part.entries) + coalesce((
    SELECT sum(entries) FROM costs_initiativemonth AS kept
    WHERE kept.initiative_id = {initiative} AND kept.counted_month < {month}), 0) > 0
"""

TO_DATE = f"""
SELECT initiative_id, sum(gross), sum(recovered) FROM (
    SELECT initiative_id, 0 AS entries, gross, recovered FROM costs_initiativecumulated
    WHERE month < %(month)s AND until >= %(month)s AND {{these}}
    UNION ALL
    SELECT initiative_id, entries, gross, recovered FROM ({RUNNING}) AS running
) AS part GROUP BY initiative_id HAVING {HAS_COST.format(initiative="part.initiative_id", month="%(month)s")}
"""  # noqa: S608 - put together from texts of our own

# As above, to dates of each initiative's own.
UNTIL = f"""
SELECT wanted.id, wanted.day, sum(part.gross), sum(part.recovered)
FROM unnest(%(ids)s::bigint[], %(days)s::date[], %(months)s::date[]) AS wanted (id, day, month)
CROSS JOIN LATERAL (
    SELECT 0 AS entries, gross, recovered FROM costs_initiativecumulated
    WHERE initiative_id = wanted.id AND month < wanted.month AND until >= wanted.month
    UNION ALL
    SELECT day.entries, day.gross, coalesce(day.recovered, 0) FROM costs_initiativedays AS kept
    CROSS JOIN LATERAL (SELECT wanted.day - wanted.month + 1 AS last) AS of_month
    CROSS JOIN LATERAL unnest(kept.entries[:last], kept.gross[:last], kept.recovered[:last])
        AS day (entries, gross, recovered)
    WHERE kept.counted_month = wanted.month AND kept.initiative_id = wanted.id AND day.gross IS NOT NULL
) AS part GROUP BY wanted.id, wanted.day, wanted.month
HAVING {HAS_COST.format(initiative="wanted.id", month="wanted.month")}
"""  # noqa: S608 - put together from texts of our own

BY_MONTH = f"""
SELECT month, sum(gross), sum(recovered) FROM (
    SELECT month, entries, gross, recovered FROM {{by_month}}
    WHERE counted_month < %(month)s AND {{these_months}}
    UNION ALL
    SELECT month, entries, gross, recovered FROM ({RUNNING}) AS running
) AS parts GROUP BY month HAVING sum(entries) > 0 ORDER BY month
"""  # noqa: S608 - put together from texts of our own

# What comes back later has no gross cost of its own.
IN_MONTHS = """
SELECT initiative_id, month, sum(gross) FROM costs_initiativemonth
WHERE initiative_id = ANY(%(ids)s) AND month = ANY(%(months)s) AND counted_month <= %(last)s
GROUP BY initiative_id, month HAVING sum(entries) > 0
"""

# The days are not kept by category: the months up to the running one are taken whole, less what counts later in that
# month, from its lines. Mostly nothing does, and then no group and no line is looked at, however many there are: with
# OFFSET 0 lines can only be looked up from a group, where a join might read all of them before it knows of none.
BY_CATEGORY = f"""
WITH charge AS MATERIALIZED (
    SELECT id, initiative_id, category_id, recoverable FROM costs_chargegroup
    WHERE id IN (
        SELECT id FROM costs_chargegroup WHERE initiative_id = ANY(%(ids)s)
        UNION
        SELECT group_id FROM costs_placement WHERE initiative_id = ANY(%(ids)s))
      AND EXISTS (
        SELECT FROM costs_initiativedays AS kept
        CROSS JOIN LATERAL unnest(kept.entries[%(day)s + 1:]) AS day (entries)
        WHERE kept.counted_month = %(month)s AND kept.initiative_id = ANY(%(ids)s) AND day.entries > 0)
),
later AS (
    SELECT line.* FROM charge CROSS JOIN LATERAL (
        SELECT group_id, incurred_on, incurred_on AS belongs_on, base_amount AS gross, 0 AS recovered
        FROM costs_costline
        WHERE group_id = charge.id
          AND incurred_on > %(as_of)s AND incurred_on < (%(month)s + interval '1 month')::date
          AND withdrawn_at IS NULL AND base_amount IS NOT NULL
        OFFSET 0) AS line
    UNION ALL
    SELECT line.* FROM charge CROSS JOIN LATERAL (
        SELECT group_id, incurred_on, billed_on, 0, base_amount
        FROM costs_costline
        WHERE group_id = charge.id
          AND incurred_on < (%(month)s + interval '1 month')::date
          AND billed_on IS NOT NULL AND billed_on < (%(month)s + interval '1 month')::date
          AND greatest(incurred_on, billed_on) > %(as_of)s
          AND withdrawn_at IS NULL AND base_amount IS NOT NULL
        OFFSET 0) AS line
    WHERE charge.recoverable
)
SELECT parts.month, category.name, sum(parts.gross), sum(parts.recovered) FROM (
    SELECT month, category_id, entries, gross, recovered FROM costs_initiativemonth
    WHERE counted_month <= %(month)s AND initiative_id = ANY(%(ids)s)
    UNION ALL
    SELECT date_trunc('month', later.belongs_on::timestamp)::date, charge.category_id, -1,
           -later.gross * coalesce(place.share, 1), -later.recovered * coalesce(place.share, 1)
    FROM later JOIN charge ON charge.id = later.group_id
    {PLACES_SQL.format(group="later.group_id", day="later.incurred_on")}
    WHERE {BELONGS_SQL} = ANY(%(ids)s)
) AS parts
JOIN costs_category AS category ON category.id = parts.category_id
GROUP BY parts.month, category.name HAVING sum(parts.entries) > 0 ORDER BY parts.month, category.name
"""  # noqa: S608 - put together from texts of our own


def flows_by_initiative(ids: Ids, as_of: date, with_unallocated: bool = False) -> dict[int, Flow]:
    """Return what each initiative that cost anything has cost to `as_of`; what belongs to none is at `UNALLOCATED`."""
    rows = _rows(TO_DATE, ids, as_of, with_unallocated)
    return {initiative: Flow(gross, recovered) for initiative, gross, recovered in rows}


def flows_statement(as_of: date) -> tuple[str, dict[str, Any]]:
    """Return the statement of `flows_by_initiative` over all of them, to stand in another; its values by name."""
    return TO_DATE.format(these="initiative_id <> 0"), parts_of(as_of)


def gross_by_initiative(ids: Ids, as_of: date) -> dict[int, Decimal]:
    """Return the gross cost to `as_of` by initiative."""
    return {initiative: flow.gross for initiative, flow in flows_by_initiative(ids, as_of).items()}


def flows_on(wanted: Collection[tuple[int, date]]) -> dict[tuple[int, date], Flow]:
    """Return what each (initiative, day) had cost up to and including that day, where that is anything; one query."""
    ids, days = [initiative for initiative, _day in wanted], [day for _initiative, day in wanted]
    with connection.cursor() as cursor:
        cursor.execute(UNTIL, {"ids": ids, "days": days, "months": [day.replace(day=1) for day in days]})
        return {(initiative, day): Flow(gross, back) for initiative, day, gross, back in cursor.fetchall()}


def flows_by_month(ids: Ids, as_of: date, with_unallocated: bool = False) -> dict[date, Flow]:
    """Return the flows of all of them together by month, those months that have any."""
    rows = _rows(BY_MONTH, ids, as_of, with_unallocated)
    return {month: Flow(gross, recovered) for month, gross, recovered in rows}


def gross_in_months(ids: Sequence[int], months: Sequence[date]) -> dict[tuple[int, date], Decimal]:
    """Return the gross cost of each initiative in each of these months, which are over, where there is any."""
    with connection.cursor() as cursor:
        cursor.execute(IN_MONTHS, {"ids": list(ids), "months": list(months), "last": max(months)})
        return {(initiative, month): gross for initiative, month, gross in cursor.fetchall()}


def by_category_month(ids: Sequence[int], as_of: date) -> dict[date, dict[str, Flow]]:
    """Return the flows of these initiatives together by month and name of the category."""
    found: dict[date, dict[str, Flow]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(BY_CATEGORY, {"ids": list(ids), **parts_of(as_of)})
        for month, category, gross, recovered in cursor.fetchall():
            found[month][category] = Flow(gross, recovered)
    return dict(found)


def unallocated(as_of: date) -> Flow:
    """Return the flows that belong to no initiative."""
    return flows_by_initiative([UNALLOCATED], as_of).get(UNALLOCATED, NO_COST)


def parts_of(as_of: date) -> dict[str, Any]:
    """Return what the queries above are told of an as-of date: itself, the first of its month, the day."""
    return {"as_of": as_of, "month": as_of.replace(day=1), "day": as_of.day}


def _rows(query: str, ids: Ids, as_of: date, with_unallocated: bool = False) -> list[tuple[Any, ...]]:
    """Run a query over some initiatives; the sums of all of them together have a table of their own."""
    every = ids is None
    wanted = None if ids is None else [*ids, UNALLOCATED] if with_unallocated else list(ids)
    these = "initiative_id = ANY(%(ids)s)" if not every else "true" if with_unallocated else "initiative_id <> 0"
    text = query.format(
        these=these,
        by_month="costs_portfoliomonth" if every else "costs_initiativemonth",
        these_months=these if not every else "true" if with_unallocated else "allocated",
    )
    with connection.cursor() as cursor:
        cursor.execute(text, {"ids": wanted, **parts_of(as_of)})
        return list(cursor.fetchall())
