"""Keeps the sums right: a write of cost lines goes through `apply`, inside its own transaction.

It says what changed in SQL: a common table `changed` with a row per line that came (+1), went (−1) or was valued, which
may itself insert, update or delete the lines. One statement takes it into all sums; a second one renews the running
sums of the initiatives that it touched. Lines that an import has in months new to their groups are added up as they are
copied instead (costs/bulk/sums.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from costs import initiative_history
from costs.budgets import notices as budget_notices
from costs.models import CostLine
from costs.models.allocation import BELONGS_SQL, PLACES_SQL

# One write at a time: every write of a month meets in the same sums, and running sums must see all that came before.
LOCK = f"SELECT pg_advisory_xact_lock({0x1491})"


class Entry(NamedTuple):
    """A change of the sums: how many lines came or went, how many of them pending, and their base amounts."""

    group_id: int
    incurred_on: date
    billed_on: date | None
    lines: int
    pending: int
    base: Decimal


class Move(NamedTuple):
    """A share of a group's cost from `since` to before `until` that an initiative gets (sign 1), or gives up (−1).

    Sign 0: more or less of what it has already, so that the entries in its sums stay as many.
    """

    group_id: int
    since: date
    until: date
    initiative_id: int
    share: Decimal  # to add to what it had
    sign: int


class Applied(NamedTuple):
    """What a write did: lines that came, and initiatives whose sums have changed (0: unallocated)."""

    came: int
    initiatives: list[int]


ENTRIES = """changed AS (
    SELECT * FROM unnest(%(groups)s::bigint[], %(days)s::date[], %(billed)s::date[],
                         %(lines)s::int[], %(pending)s::int[], %(bases)s::numeric[])
        AS given (group_id, incurred_on, billed_on, lines, pending, base)
)"""

# Where entries belong (costs/models/allocation.py): their placements, else their own initiative, else nowhere (0).
# What is kept for comparison only (-1) is counted in no sum but that of its group.
PLACED = f"""placed AS MATERIALIZED (
    SELECT {BELONGS_SQL} AS initiative_id, charge.category_id,
           charge.recoverable, entry.incurred_on, entry.billed_on, entry.lines - entry.pending AS entries,
           entry.came, entry.went, entry.base * coalesce(place.share, 1) AS base,
           entry.lines <> entry.pending OR entry.base <> 0 AS counts, place.initiative_id IS NULL AS own
    FROM entry
    JOIN costs_chargegroup AS charge ON charge.id = entry.group_id
    {PLACES_SQL.format(group="entry.group_id", day="entry.incurred_on")}
    WHERE coalesce(place.initiative_id, 0) <> -1
)"""  # noqa: S608 - put together from texts of our own

# What a conflict adds to the days that are there: null where there is nothing before and after.
ADDED_BY_DAY = ", ".join(
    f"{name} = (SELECT coalesce(array_agg(coalesce(was + more, was, more) ORDER BY day), kept.{name}) "  # noqa: S608
    f"FROM unnest(kept.{name}, excluded.{name}) WITH ORDINALITY AS of_day (was, more, day))"  # names of our own
    for name in ("entries", "gross", "recovered")
)

# A cost belongs to the month of its date and counts from that day on. A recovery belongs to the month it was billed on
# and counts once both its date and the billing have passed.
SUMS = f"""
flow AS MATERIALIZED (
    SELECT initiative_id, category_id, date_trunc('month', incurred_on::timestamp)::date AS month,
           incurred_on AS counted_on, entries, base AS gross, 0 AS recovered
    FROM placed WHERE counts
    UNION ALL
    SELECT initiative_id, category_id, date_trunc('month', billed_on::timestamp)::date,
           greatest(incurred_on, billed_on), entries, 0, base
    FROM placed WHERE counts AND recoverable AND billed_on IS NOT NULL
),
monthly AS MATERIALIZED (
    SELECT initiative_id, category_id, month, date_trunc('month', counted_on::timestamp)::date AS counted_month,
           sum(entries) AS entries, sum(gross) AS gross, sum(recovered) AS recovered
    FROM flow GROUP BY 1, 2, 3, 4
),
daily AS MATERIALIZED (
    SELECT date_trunc('month', counted_on::timestamp)::date AS counted_month, initiative_id, month,
           extract(day FROM counted_on)::int AS day,
           sum(entries)::int AS entries, sum(gross) AS gross, sum(recovered) AS recovered
    FROM flow GROUP BY 1, 2, 3, 4
),
by_day AS (
    INSERT INTO costs_initiativedays AS kept (counted_month, initiative_id, month, entries, gross, recovered)
    SELECT counted_month, initiative_id, month, array_agg(entries ORDER BY day), array_agg(gross ORDER BY day),
           CASE WHEN bool_or(recovered <> 0) THEN array_agg(recovered ORDER BY day) ELSE ARRAY[]::numeric[] END
    FROM (SELECT DISTINCT counted_month, initiative_id, month FROM daily) AS key
    CROSS JOIN generate_series(1, 31) AS day
    LEFT JOIN daily USING (counted_month, initiative_id, month, day) GROUP BY 1, 2, 3
    ON CONFLICT (counted_month, initiative_id, month) DO UPDATE SET {ADDED_BY_DAY}
),
by_month AS (
    INSERT INTO costs_initiativemonth AS kept
        (initiative_id, month, category_id, counted_month, entries, gross, recovered)
    SELECT initiative_id, month, category_id, counted_month, entries, gross, recovered FROM monthly
    ON CONFLICT (initiative_id, month, category_id, counted_month) DO UPDATE
    SET entries = kept.entries + excluded.entries, gross = kept.gross + excluded.gross,
        recovered = kept.recovered + excluded.recovered
),
by_portfolio AS (
    INSERT INTO costs_portfoliomonth AS kept (month, category_id, counted_month, allocated, entries, gross, recovered)
    SELECT month, category_id, counted_month, initiative_id <> 0, sum(entries), sum(gross), sum(recovered)
    FROM monthly GROUP BY 1, 2, 3, 4
    ON CONFLICT (month, category_id, counted_month, allocated) DO UPDATE
    SET entries = kept.entries + excluded.entries, gross = kept.gross + excluded.gross,
        recovered = kept.recovered + excluded.recovered
)"""  # noqa: S608 - put together from texts of our own

# Of each initiative: lines that came and went, gross amount, whether its sums have changed, and whether the lines name
# it themselves; at least one row.
TOUCHED = """LEFT JOIN (
    SELECT initiative_id, sum(came)::bigint AS came, sum(went)::bigint AS went, sum(base) AS gross, bool_or(counts), own
    FROM placed GROUP BY initiative_id, own
) AS touched ON true"""

APPLY = f"""
WITH {{change}},
entry AS MATERIALIZED (
    SELECT group_id, incurred_on, billed_on,
           sum(lines)::int AS lines, sum(pending)::int AS pending, coalesce(sum(base), 0) AS base,
           sum(greatest(lines, 0)) AS came, sum(greatest(-lines, 0)) AS went
    FROM changed GROUP BY group_id, incurred_on, billed_on
),
{PLACED},
{SUMS},
by_group AS (
    INSERT INTO costs_groupmonth AS kept (group_id, month, lines, pending, gross)
    SELECT group_id, date_trunc('month', incurred_on::timestamp)::date, sum(lines), sum(pending), sum(base)
    FROM entry GROUP BY 1, 2
    ON CONFLICT (group_id, month) DO UPDATE SET lines = kept.lines + excluded.lines,
        pending = kept.pending + excluded.pending, gross = kept.gross + excluded.gross
)
SELECT done.came, touched.* FROM (SELECT count(*) AS came FROM changed WHERE lines > 0) AS done {TOUCHED}
"""  # noqa: S608 - put together from texts of our own

# Groups that belong elsewhere than before: what their lines come to by day goes over, share by share.
MOVE = f"""
WITH moved AS MATERIALIZED (
    SELECT * FROM unnest(%(groups)s::bigint[], %(since)s::date[], %(until)s::date[], %(initiatives)s::bigint[],
                         %(shares)s::numeric[], %(signs)s::int[])
        AS given (group_id, since, until, initiative_id, share, sign)
),
entry AS MATERIALIZED (
    SELECT span.group_id, span.since, line.incurred_on, line.billed_on, count(*) AS lines, sum(line.base_amount) AS base
    FROM (SELECT DISTINCT group_id, since, until FROM moved) AS span
    JOIN costs_costline AS line
        ON line.group_id = span.group_id AND line.incurred_on >= span.since AND line.incurred_on < span.until
    WHERE line.withdrawn_at IS NULL AND line.base_amount IS NOT NULL
    GROUP BY 1, 2, 3, 4
),
placed AS MATERIALIZED (
    SELECT moved.initiative_id, charge.category_id, charge.recoverable, entry.incurred_on, entry.billed_on,
           entry.lines * moved.sign AS entries, entry.base * moved.share AS base, true AS counts, false AS own,
           CASE WHEN moved.sign >= 0 THEN entry.lines ELSE 0 END AS came,
           CASE WHEN moved.sign <= 0 THEN entry.lines ELSE 0 END AS went
    FROM entry JOIN moved USING (group_id, since)
    JOIN costs_chargegroup AS charge ON charge.id = entry.group_id
),
{SUMS}
SELECT done.came, touched.* FROM (SELECT coalesce(sum(lines), 0) AS came FROM entry) AS done {TOUCHED}
"""  # noqa: S608 - put together from texts of our own

# Returned is what each costs in all.
CUMULATE = """
WITH renewed AS (
INSERT INTO costs_initiativecumulated AS kept (initiative_id, month, until, gross, recovered)
SELECT initiative_id, counted_month, coalesce(lead(counted_month) OVER line, '9999-12-31'),
       sum(sum(gross)) OVER line, sum(sum(recovered)) OVER line
FROM costs_initiativemonth WHERE initiative_id = ANY(%(initiatives)s)
GROUP BY initiative_id, counted_month
WINDOW line AS (PARTITION BY initiative_id ORDER BY counted_month)
ON CONFLICT (initiative_id, month) DO UPDATE
SET until = excluded.until, gross = excluded.gross, recovered = excluded.recovered
RETURNING initiative_id, until, gross
)
SELECT initiative_id, gross FROM renewed WHERE until = '9999-12-31'
"""


def lock() -> None:
    """Let one write at a time change cost lines, until the transaction ends.

    Taken before lines are looked up, and after groups and prices are made (costs/new_groups.py).
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK)


def apply(change: str, given: Mapping[str, Any]) -> Applied:
    """Run a change (SQL that ends in the common table `changed`) and take it into all sums."""
    return _run(APPLY.format(change=change), given)


def move(moves: Iterable[Move]) -> list[int]:
    """Take groups from where they belonged to where they belong now; return the initiatives that cost more or less."""
    columns = list(zip(*moves, strict=True))
    names = ("groups", "since", "until", "initiatives", "shares", "signs")
    if not columns:
        return []
    return _run(MOVE, {name: list(column) for name, column in zip(names, columns, strict=True)}).initiatives


def cumulate(initiatives: Sequence[int]) -> None:
    """Renew the running sums of initiatives whose months have changed."""
    with connection.cursor() as cursor:
        cursor.execute(CUMULATE, {"initiatives": initiatives})
        initiative_history.renewed(cursor.fetchall())


def came(line: CostLine) -> Entry:
    """Return what a line adds to the sums."""
    pending = line.base_amount is None
    return Entry(line.group_id, line.incurred_on, line.billed_on, 1, int(pending), line.base_amount or Decimal(0))


def went(line: CostLine) -> Entry:
    """Return what a line takes from the sums as it goes."""
    entry = came(line)
    return entry._replace(lines=-1, pending=-entry.pending, base=entry.base.copy_negate())


def apply_entries(entries: Iterable[Entry], also: str = "", given_also: Mapping[str, Any] | None = None) -> None:
    """Take all changes of a write that were worked out in Python into all sums, and raise the notices they are due.

    Both in one trip to the database: a line by hand is entered in as few as may be. `also`: a common table with its
    values that goes into the same statement, such as what withdraws the lines that go.
    """
    columns = list(zip(*entries, strict=True))
    if not columns:
        return
    names = ("groups", "days", "billed", "lines", "pending", "bases")
    given = {name: list(column) for name, column in zip(names, columns, strict=True)}
    changed = _add_up(APPLY.format(change=also + ENTRIES), {**given, **(given_also or {})}).initiatives
    if changed:
        notices, about = budget_notices.statement(changed)
        with connection.cursor() as cursor:
            cursor.execute(f"{CUMULATE}; {notices}", {"initiatives": changed, **about})
            initiative_history.renewed(cursor.fetchall())


def _run(statement: str, given: Mapping[str, Any]) -> Applied:
    applied = _add_up(statement, given)
    if applied.initiatives:
        cumulate(applied.initiatives)
    return applied


def _add_up(statement: str, given: Mapping[str, Any]) -> Applied:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        rows = cursor.fetchall()
    found = [row[1:] for row in rows if row[1] is not None]
    for of_own in (True, False):
        initiative_history.note([tuple(sums) for *sums, _counts, own in found if own is of_own], own=of_own)
    return Applied(rows[0][0], sorted({initiative for initiative, *_sums, counts, _own in found if counts}))
