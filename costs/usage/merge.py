"""From staged rows to usage lines, their cost lines and the sums of both, and back: a few statements, however many.

Rows are staged with their price already. `take_fresh` keeps those that say something new, `swap` puts them in the place
of what said otherwise: usage lines and cost lines of the same key, in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Organisation
from costs import rollups
from costs.bulk import planner_statistics
from costs.pending import VALUE_ON_RETURN
from imports.report import LINES_KEPT
from money.rates import RATE_SQL

CLASSES = ("input_tokens", "cached_input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens")
# What a staged row has; all but `rate` comes with it.
STAGED = {
    "group_id": "bigint",
    "occurred_on": "date",
    "fingerprint": "uuid",  # null: not numbered among equal rows yet
    "content": "uuid",
    "external_id": "text",
    "requests": "bigint",
    "batch": "boolean",
    "prompt_tokens": "bigint",
    **dict.fromkeys(CLASSES, "bigint"),
    "price_id": "bigint",
    "amount": "numeric",
    "unpriced": "text",
    "import_id": "bigint",
    "line_number": "integer",
}
_COLUMNS = ", ".join(STAGED)
PREPARE = f"""
DROP TABLE IF EXISTS pg_temp.usage_staged, pg_temp.usage_fresh;
CREATE TEMPORARY TABLE usage_staged ({", ".join(f"{name} {kind}" for name, kind in STAGED.items())}, rate numeric)
ON COMMIT DROP
"""
# Without an external id the n-th equal row is the same line in every file.
NUMBER = """
UPDATE usage_staged AS staged SET fingerprint = md5(numbered.content::text || numbered.place)::uuid
FROM (
    SELECT content, line_number, row_number() OVER (PARTITION BY content ORDER BY line_number) AS place
    FROM usage_staged WHERE fingerprint IS NULL
) AS numbered
WHERE staged.fingerprint IS NULL AND staged.content = numbered.content AND staged.line_number = numbered.line_number
"""
# What is there in the same currency and on the same day keeps its rate, also where something else of it changes.
_KEPT_RATE = """
    SELECT line.rate FROM costs_usageline AS used
    JOIN costs_costline AS line ON (line.group_id, line.incurred_on, line.fingerprint, line.occurrence)
        = (used.group_id, used.occurred_on, used.fingerprint, used.occurrence) AND line.withdrawn_at IS NULL
    JOIN costs_chargegroup AS theirs ON theirs.id = line.group_id
    WHERE used.fingerprint = staged.fingerprint AND used.withdrawn_at IS NULL
      AND used.occurred_on = staged.occurred_on AND theirs.currency = charge.currency
"""
VALUE = f"""
UPDATE usage_staged AS staged SET rate = CASE WHEN charge.currency = %(base)s THEN 1
    ELSE coalesce(({_KEPT_RATE}), ({RATE_SQL.format(currency="charge.currency", day="staged.occurred_on")})) END
FROM costs_chargegroup AS charge WHERE charge.id = staged.group_id AND staged.amount IS NOT NULL
"""  # noqa: S608 - our own names
# An external id may stand in the file again, but not with other content: nobody could say which holds.
CONTRADICTIONS = """
DELETE FROM usage_staged AS staged USING (
    SELECT DISTINCT ON (fingerprint) fingerprint, content FROM usage_staged ORDER BY fingerprint, line_number
) AS first
WHERE staged.fingerprint = first.fingerprint AND staged.content <> first.content
RETURNING staged.line_number
"""
FRESH = """
CREATE TEMPORARY TABLE usage_fresh ON COMMIT DROP AS
SELECT DISTINCT ON (staged.fingerprint) staged.*, coalesce(said.occurrence, 0) + 1 AS occurrence
FROM usage_staged AS staged
LEFT JOIN LATERAL (
    SELECT occurrence, content, withdrawn FROM costs_usageline AS version
    WHERE version.fingerprint = staged.fingerprint ORDER BY occurrence DESC LIMIT 1
) AS said ON true
WHERE {condition}
ORDER BY staged.fingerprint, staged.line_number
"""
SAYS_OTHERWISE = "said.content IS DISTINCT FROM staged.content"
# What was deleted comes again when a person or another system sends it again; a file does not bring it back.
OR_WAS_DELETED = f"{SAYS_OTHERWISE} OR said.withdrawn = 'deleted'"

_WENT = """line.group_id, line.incurred_on, line.billed_on, -1 AS lines,
              -(line.base_amount IS NULL)::int AS pending, -line.base_amount AS base"""
_CAME = "group_id, incurred_on, billed_on, 1 AS lines, (base_amount IS NULL)::int AS pending, base_amount AS base"
_SAME_LINE = """(line.group_id, line.incurred_on, line.fingerprint, line.occurrence)
        = (used.group_id, used.occurred_on, used.fingerprint, used.occurrence)"""
COST_LINES = f"""
gone AS (
    UPDATE costs_costline AS line
    SET withdrawn = 'restated', withdrawn_at = %(now)s, withdrawn_by_import_id = %(import)s
    FROM usage_fresh AS fresh
    JOIN costs_usageline AS used ON used.fingerprint = fresh.fingerprint AND used.withdrawn_at IS NULL
    WHERE {_SAME_LINE} AND line.withdrawn_at IS NULL
    RETURNING {_WENT}
),
made AS (
    INSERT INTO costs_costline (group_id, incurred_on, fingerprint, occurrence, amount, rate, base_amount, external_id,
                                line_number, import_id, recorded_at, recorded_by_id, is_correction, withdrawn)
    SELECT group_id, occurred_on, fingerprint, occurrence, amount, rate, amount * rate, external_id,
           line_number, import_id, %(now)s, %(actor)s, false, ''
    FROM usage_fresh WHERE amount IS NOT NULL ORDER BY group_id, occurred_on, fingerprint
    RETURNING {_CAME}
),
changed AS (SELECT * FROM gone UNION ALL SELECT * FROM made)"""  # noqa: S608 - our own names

_DELTA = ", ".join(("group_id", "occurred_on", "unpriced", "requests", *CLASSES))
_COUNTED = ("lines", "requests", *CLASSES)
_ADDED = ", ".join(f"{name} = kept.{name} + excluded.{name}" for name in _COUNTED)
MONTHS = f"""
delta AS (
    SELECT 1 AS sign, {_DELTA} FROM came UNION ALL SELECT -1, {_DELTA} FROM went
)
INSERT INTO costs_usagemonth AS kept (group_id, month, unpriced, {", ".join(_COUNTED)})
SELECT group_id, date_trunc('month', occurred_on::timestamp)::date, unpriced, sum(sign),
       coalesce(sum(sign * requests), 0), {", ".join(f"sum(sign * {name})" for name in CLASSES)}
FROM delta GROUP BY 1, 2, 3
ON CONFLICT (group_id, month, unpriced) DO UPDATE SET {_ADDED}
"""  # noqa: S608 - our own names
USAGE_LINES = f"""
WITH went AS (
    UPDATE costs_usageline AS used
    SET withdrawn = 'restated', withdrawn_at = %(now)s, withdrawn_by_import_id = %(import)s
    FROM usage_fresh AS fresh WHERE used.fingerprint = fresh.fingerprint AND used.withdrawn_at IS NULL
    RETURNING used.*
),
came AS (
    INSERT INTO costs_usageline ({_COLUMNS}, occurrence, recorded_at, withdrawn)
    SELECT {_COLUMNS}, occurrence, %(now)s, '' FROM usage_fresh ORDER BY group_id, occurred_on, fingerprint
    RETURNING *
),
{MONTHS}"""  # noqa: S608 - our own names

DELETED_COST = f"""
changed AS (
    UPDATE costs_costline AS line SET withdrawn = 'deleted', withdrawn_at = %(now)s
    FROM costs_usageline AS used
    WHERE used.fingerprint = %(fingerprint)s AND used.withdrawn_at IS NULL AND {_SAME_LINE}
      AND line.withdrawn_at IS NULL
    RETURNING {_WENT}
)"""  # noqa: S608 - our own names
DELETED_USAGE = f"""
WITH went AS (
    UPDATE costs_usageline SET withdrawn = 'deleted', withdrawn_at = %(now)s
    WHERE fingerprint = %(fingerprint)s AND withdrawn_at IS NULL RETURNING *
),
came AS (SELECT * FROM went WHERE false),
{MONTHS}"""  # noqa: S608 - our own names

# The import's versions are deleted. A version that they had restated takes over what has become of the last of them:
# it counts again, or is withdrawn when and by what that one was.
BACK = """
DROP TABLE IF EXISTS pg_temp.usage_back;
CREATE TEMPORARY TABLE usage_back ON COMMIT DROP AS
SELECT DISTINCT ON (fingerprint) fingerprint, withdrawn, withdrawn_at, withdrawn_by_import_id FROM costs_usageline
WHERE import_id = %(import)s ORDER BY fingerprint, occurrence DESC
"""
_FATE = """withdrawn = back.withdrawn, withdrawn_at = back.withdrawn_at,
        withdrawn_by_import_id = back.withdrawn_by_import_id"""
_RESTATED = "used.withdrawn_by_import_id = %(import)s AND used.import_id IS DISTINCT FROM %(import)s"
COST_LINES_BACK = f"""
revived AS (
    UPDATE costs_costline AS line SET {_FATE}, {VALUE_ON_RETURN}
    FROM costs_usageline AS used JOIN usage_back AS back ON back.fingerprint = used.fingerprint
    WHERE {_RESTATED} AND {_SAME_LINE}
    RETURNING line.*
),
gone AS (DELETE FROM costs_costline WHERE import_id = %(import)s RETURNING *),
changed AS (
    SELECT {_CAME} FROM revived WHERE withdrawn_at IS NULL
    UNION ALL SELECT {_WENT} FROM gone AS line WHERE withdrawn_at IS NULL
)"""  # noqa: S608 - our own names
USAGE_LINES_BACK = f"""
WITH revived AS (
    UPDATE costs_usageline AS used SET {_FATE} FROM usage_back AS back
    WHERE back.fingerprint = used.fingerprint AND {_RESTATED}
    RETURNING used.*
),
gone AS (DELETE FROM costs_usageline WHERE import_id = %(import)s RETURNING *),
came AS (SELECT * FROM revived WHERE withdrawn_at IS NULL),
went AS (SELECT * FROM gone WHERE withdrawn_at IS NULL),
{MONTHS}"""  # noqa: S608 - our own names


def prepare() -> None:
    """Make the table that rows are staged in, for this transaction."""
    _run(PREPARE)


def stage(rows: Sequence[Sequence[Any]]) -> None:
    """Copy rows, in the order of `STAGED`."""
    with connection.cursor() as cursor, cursor.copy(f"COPY usage_staged ({_COLUMNS}) FROM STDIN") as out:
        for row in rows:
            out.write_row(row)


def take_fresh(condition: str = SAYS_OTHERWISE) -> list[int]:
    """Keep the staged rows that say something new; return the lines of those that contradict one further up."""
    planner_statistics.analyze_if_believed_empty()
    _run(NUMBER)
    _run("CREATE INDEX ON usage_staged (fingerprint)")
    _run("ANALYZE usage_staged")
    contradicted = sorted(line for (line,) in _rows(CONTRADICTIONS))
    _run(VALUE, {"base": Organisation.current().base_currency})
    _run(FRESH.format(condition=condition))
    _run("ANALYZE usage_fresh")
    return contradicted


def staged_amount() -> tuple[Decimal, int]:
    """Return the sum in base currency of the staged rows, pending and unpriced ones left out; how many are pending."""
    return _rows("SELECT coalesce(sum(amount * rate), 0), count(amount) - count(amount * rate) FROM usage_staged")[0]


def fresh_count() -> int:
    """Return how many rows say something new."""
    return _rows("SELECT count(*) FROM usage_fresh")[0][0]


def fresh_unpriced() -> list[tuple[str, int, list[int]]]:
    """Return why rows have no price: each lack with how many have it, and the first of their line numbers."""
    return _rows(f"""
        SELECT unpriced, count(*), ARRAY(
            SELECT line_number FROM usage_fresh AS one WHERE one.unpriced = fresh.unpriced
            ORDER BY line_number LIMIT {LINES_KEPT})
        FROM usage_fresh AS fresh WHERE unpriced <> '' GROUP BY unpriced ORDER BY min(line_number)
    """)  # noqa: S608 - our own names


def fresh_prints() -> list[UUID]:
    """Return the fingerprints of the fresh rows."""
    return [fingerprint for (fingerprint,) in _rows("SELECT fingerprint FROM usage_fresh")]


def versions_that_count() -> list[int]:
    """Return the line numbers of fresh rows of which another version is known and counts."""
    return [
        line
        for (line,) in _rows(
            "SELECT DISTINCT fresh.line_number FROM usage_fresh AS fresh "
            "JOIN costs_usageline AS used ON used.fingerprint = fresh.fingerprint AND used.withdrawn_at IS NULL "
            "ORDER BY 1"
        )
    ]


def restated_records() -> list[tuple[str, str]]:
    """Return vendor and kind of the versions that count and that fresh rows take the place of."""
    return _rows(
        "SELECT DISTINCT charge.vendor, charge.kind FROM usage_fresh AS fresh "
        "JOIN costs_usageline AS used ON used.fingerprint = fresh.fingerprint AND used.withdrawn_at IS NULL "
        "JOIN costs_chargegroup AS charge ON charge.id = used.group_id"
    )


def swap(now: datetime, actor_id: int | None, import_id: int | None) -> None:
    """Put the fresh rows in the place of the versions that counted until now. Sums are right afterwards."""
    given = {"now": now, "actor": actor_id, "import": import_id}
    rollups.apply(COST_LINES, given)
    _run(USAGE_LINES, given)


def withdraw(fingerprint: UUID, now: datetime) -> None:
    """Take one line and its cost out of all sums."""
    given = {"fingerprint": fingerprint, "now": now}
    rollups.apply(DELETED_COST, given)
    _run(DELETED_USAGE, given)


def revert(import_id: int) -> int:
    """Take back the lines that an import created, in all versions; return how many lines that were."""
    planner_statistics.analyze_if_believed_empty()
    given = {"import": import_id}
    _run(BACK, given)
    removed = _rows("SELECT count(*) FROM usage_back")[0][0]
    rollups.apply(COST_LINES_BACK, given)
    _run(USAGE_LINES_BACK, given)
    return removed


def _run(statement: str, given: dict[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def _rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()
