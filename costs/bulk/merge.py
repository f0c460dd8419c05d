"""From the staged rows of a file to cost lines and sums, and back: a few statements, whatever the size of the file."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from costs import rollups
from costs.allocation import places
from costs.budgets import notices
from costs.bulk import planner_statistics
from costs.groups import same_line_sql, same_row_sql
from costs.importers import account_names
from costs.models import CostLine, Withdrawal
from costs.pending import VALUE_ON_RETURN
from money.rates import RATE_SQL

REVERTED_AT_ONCE = 50_000  # rows of a file of costs that a request takes back: it does so in a fraction of a second

STAGED = """
DROP TABLE IF EXISTS pg_temp.costs_staged;
CREATE TEMPORARY TABLE costs_staged (
    group_id bigint, incurred_on date, fingerprint uuid, amount numeric, rate numeric, base_amount numeric,
    billed_on date, external_id text, invoice_ref text, description text, line_number integer
) ON COMMIT DROP
"""
STAGED_COLUMNS = (
    "group_id", "incurred_on", "fingerprint", "amount", "rate", "base_amount",
    "billed_on", "external_id", "invoice_ref", "description", "line_number",
)  # fmt: skip

# An external id may stand in the file again, but not with other content: nobody could say which holds.
CONTRADICTIONS = """
DELETE FROM costs_staged AS staged USING (
    SELECT DISTINCT ON (fingerprint) * FROM costs_staged WHERE external_id IS NOT NULL
    ORDER BY fingerprint, line_number
) AS first
WHERE staged.fingerprint = first.fingerprint AND staged.external_id IS NOT NULL
  AND (staged.group_id, staged.incurred_on, staged.amount, staged.billed_on, staged.invoice_ref, staged.description)
      IS DISTINCT FROM (first.group_id, first.incurred_on, first.amount, first.billed_on, first.invoice_ref,
                        first.description)
RETURNING staged.line_number
"""

_AMOUNT = "SELECT coalesce(sum(base_amount), 0), count(*) - count(base_amount) FROM costs_staged"
VALUE_STAGED = f"""
UPDATE costs_staged AS staged SET rate = found.rate, base_amount = staged.amount * found.rate
FROM (
    SELECT waiting.ctid AS at, rate.rate FROM costs_staged AS waiting
    JOIN costs_chargegroup AS charge ON charge.id = waiting.group_id
    CROSS JOIN LATERAL ({RATE_SQL.format(currency="charge.currency", day="waiting.incurred_on")}) AS rate
    WHERE waiting.base_amount IS NULL
) AS found WHERE staged.ctid = found.at
"""  # noqa: S608 - our own names

_COLUMNS = """group_id, incurred_on, fingerprint, occurrence, amount, rate, base_amount, billed_on, external_id,
    invoice_ref, description, line_number, import_id, recorded_at, is_correction, withdrawn"""
_INSERT = f"""
    INSERT INTO costs_costline ({_COLUMNS})
    SELECT group_id, incurred_on, fingerprint, occurrence, amount, rate, base_amount, billed_on, external_id,
           invoice_ref, description, line_number, %(import)s, %(now)s, false, ''"""
_RETURNING = """RETURNING group_id, incurred_on, billed_on, 1 AS lines,
        (base_amount IS NULL)::int AS pending, base_amount AS base"""

# Without an external id the n-th equal row is the same line in every file: what is there already stays as it is.
# In the order of the index, so that it grows page by page.
BY_CONTENT = f"""changed AS (
    {_INSERT}
    FROM (
        SELECT *, row_number() OVER (PARTITION BY group_id, incurred_on, fingerprint ORDER BY line_number) AS occurrence
        FROM costs_staged WHERE external_id IS NULL
    ) AS staged
    WHERE NOT EXISTS (
        SELECT FROM costs_costline AS there
        WHERE there.group_id = staged.group_id AND there.incurred_on = staged.incurred_on
          AND there.fingerprint = staged.fingerprint AND there.occurrence = staged.occurrence)
    ORDER BY group_id, incurred_on, fingerprint, occurrence
    {_RETURNING}
)"""  # noqa: S608 - our own names

# With an external id a row that says something else than the last file did is a new version, and the one that counted
# until now is restated. What a person has corrected or deleted meanwhile stays so while the file says the same.
BY_EXTERNAL_ID = f"""
fresh AS MATERIALIZED (
    SELECT staged.*, (
        SELECT coalesce(max(occurrence), 0) + 1 FROM costs_costline AS version
        WHERE version.fingerprint = staged.fingerprint AND version.external_id IS NOT NULL) AS occurrence
    FROM (
        SELECT DISTINCT ON (fingerprint) * FROM costs_staged WHERE external_id IS NOT NULL
        ORDER BY fingerprint, line_number
    ) AS staged
    LEFT JOIN LATERAL (
        SELECT * FROM costs_costline AS version
        WHERE version.fingerprint = staged.fingerprint AND version.external_id IS NOT NULL AND NOT is_correction
        ORDER BY occurrence DESC LIMIT 1
    ) AS said ON true
    WHERE (said.group_id, said.incurred_on, said.amount, said.billed_on, said.invoice_ref, said.description)
          IS DISTINCT FROM (staged.group_id, staged.incurred_on, staged.amount, staged.billed_on, staged.invoice_ref,
                            staged.description)
),
gone AS (
    UPDATE costs_costline AS line
    SET withdrawn = 'restated', withdrawn_at = %(now)s, withdrawn_by_import_id = %(import)s
    FROM fresh
    WHERE line.fingerprint = fresh.fingerprint AND line.external_id IS NOT NULL AND line.withdrawn_at IS NULL
    RETURNING line.group_id, line.incurred_on, line.billed_on, -1 AS lines,
              -(line.base_amount IS NULL)::int AS pending, -line.base_amount AS base
),
made AS (
    {_INSERT} FROM fresh
    {_RETURNING}
),
changed AS (SELECT * FROM gone UNION ALL SELECT * FROM made)"""  # noqa: S608 - our own names

# A row of a bill is the line with its family, day and fingerprint. Where the last delivery said another amount, or gave
# it other tags (another group of the family) that this file no longer has, that version is restated by this one: also
# where only one of them names an invoice, but not what stands on another invoice. What a person has corrected goes with
# the row that was corrected. `related` by itself: a period is the fingerprint of a line in hundreds of groups, and a
# plan that joins by it alone would look at each with each.
BY_PERIOD = f"""
fresh AS MATERIALIZED (
    SELECT staged.*, (
        SELECT coalesce(max(version.occurrence), 0) + 1 FROM costs_chargegroup AS relative
        JOIN costs_costline AS version ON version.group_id = relative.id
            AND version.incurred_on = staged.incurred_on AND version.fingerprint = staged.fingerprint
        WHERE relative.family = charge.family) AS occurrence
    FROM costs_staged AS staged
    JOIN costs_chargegroup AS charge ON charge.id = staged.group_id
    LEFT JOIN LATERAL (
        SELECT * FROM costs_costline AS version
        WHERE version.group_id = staged.group_id AND version.incurred_on = staged.incurred_on
          AND version.fingerprint = staged.fingerprint
        ORDER BY is_correction, occurrence DESC LIMIT 1
    ) AS said ON true
    WHERE said.amount IS DISTINCT FROM staged.amount OR said.withdrawn = 'restated'
),
related AS MATERIALIZED (
    SELECT fresh.group_id, fresh.incurred_on, fresh.fingerprint, relative.id AS of_group,
           {same_row_sql("charge", "relative")} AS is_same_row
    FROM fresh
    JOIN costs_chargegroup AS charge ON charge.id = fresh.group_id
    JOIN costs_chargegroup AS relative ON {same_line_sql("charge", "relative")}
),
gone AS (
    UPDATE costs_costline AS line
    SET withdrawn = 'restated', withdrawn_at = %(now)s, withdrawn_by_import_id = %(import)s
    FROM related
    WHERE line.group_id = related.of_group AND line.incurred_on = related.incurred_on
      AND line.fingerprint = related.fingerprint
      AND line.withdrawn_at IS NULL AND line.import_id IS DISTINCT FROM %(import)s
      AND (related.is_same_row OR NOT EXISTS (
          SELECT FROM costs_chargegroup AS theirs
          JOIN costs_chargegroup AS row ON {same_row_sql("theirs", "row")}
          JOIN costs_staged AS other ON other.group_id = row.id AND other.incurred_on = line.incurred_on
              AND other.fingerprint = line.fingerprint
          WHERE theirs.id = line.group_id))
    RETURNING line.group_id, line.incurred_on, line.billed_on, -1 AS lines,
              -(line.base_amount IS NULL)::int AS pending, -line.base_amount AS base
),
made AS (
    {_INSERT} FROM fresh ORDER BY group_id, incurred_on, fingerprint
    {_RETURNING}
),
changed AS (SELECT * FROM gone UNION ALL SELECT * FROM made)"""  # noqa: S608 - our own names

# The import's versions are deleted. A version that one of them had restated takes over what has become of that one:
# it counts again, or is withdrawn when and by what that one was. Where several rows of a bill had restated it, this is
# the one in its own group, else one with the same tags, else one that had restated no line of its own group.
REVERT = f"""
revived AS (
    UPDATE costs_costline AS line
    SET withdrawn = mine.withdrawn, withdrawn_at = mine.withdrawn_at,
        withdrawn_by_import_id = mine.withdrawn_by_import_id, {VALUE_ON_RETURN}
    FROM costs_costline AS mine
    WHERE mine.import_id = %(import)s AND mine.external_id IS NOT NULL AND mine.fingerprint = line.fingerprint
      AND line.withdrawn_by_import_id = %(import)s AND line.external_id IS NOT NULL
    RETURNING line.*
),
revived_of_bill AS (
    UPDATE costs_costline AS line
    SET withdrawn = fate.withdrawn, withdrawn_at = fate.withdrawn_at,
        withdrawn_by_import_id = fate.withdrawn_by_import_id, {VALUE_ON_RETURN}
    FROM (
        SELECT DISTINCT ON (went.group_id, went.incurred_on, went.fingerprint, went.occurrence)
               went.group_id, went.incurred_on, went.fingerprint, went.occurrence,
               mine.withdrawn, mine.withdrawn_at, mine.withdrawn_by_import_id
        FROM costs_costline AS went
        JOIN costs_chargegroup AS theirs ON theirs.id = went.group_id
        JOIN costs_chargegroup AS ours ON {same_line_sql("theirs", "ours")}
        JOIN costs_costline AS mine ON mine.group_id = ours.id AND mine.incurred_on = went.incurred_on
            AND mine.fingerprint = went.fingerprint AND mine.import_id = %(import)s
        WHERE went.withdrawn_by_import_id = %(import)s AND went.external_id IS NULL
        ORDER BY went.group_id, went.incurred_on, went.fingerprint, went.occurrence, mine.group_id <> went.group_id,
                 ours.tags <> theirs.tags,
                 EXISTS (
                     SELECT FROM costs_costline AS own
                     WHERE own.group_id = mine.group_id AND own.incurred_on = mine.incurred_on
                       AND own.fingerprint = mine.fingerprint AND own.withdrawn_by_import_id = %(import)s),
                 mine.group_id
    ) AS fate
    WHERE line.group_id = fate.group_id AND line.incurred_on = fate.incurred_on
      AND line.fingerprint = fate.fingerprint AND line.occurrence = fate.occurrence
    RETURNING line.*
),
gone AS (DELETE FROM costs_costline WHERE import_id = %(import)s RETURNING *),
changed AS (
    SELECT group_id, incurred_on, billed_on, 1 AS lines, (base_amount IS NULL)::int AS pending, base_amount AS base
    FROM (SELECT * FROM revived UNION ALL SELECT * FROM revived_of_bill) AS line WHERE withdrawn_at IS NULL
    UNION ALL
    SELECT group_id, incurred_on, billed_on, -1, -(base_amount IS NULL)::int, -base_amount
    FROM gone WHERE withdrawn_at IS NULL
)"""  # noqa: S608 - our own names


class TakenBack(NamedTuple):
    """What a revert removed, and how many of the import's lines live on as somebody's correction."""

    removed: int
    corrected: int


def prepare() -> None:
    """Make the table that rows are staged in, for this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(STAGED)
        cursor.execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")


def know_staged(*, is_bill: bool) -> None:
    """Let the statements that merge the staged rows know how many they are, and find those of a bill."""
    with connection.cursor() as cursor:
        if is_bill:
            cursor.execute("CREATE INDEX ON costs_staged (group_id, incurred_on, fingerprint)")
        cursor.execute("ANALYZE costs_staged")


def take_out_contradictions() -> list[int]:
    """Take out rows whose external id stands further up with other content; return their line numbers."""
    with connection.cursor() as cursor:
        cursor.execute(CONTRADICTIONS)
        return sorted(line for (line,) in cursor.fetchall())


def staged_amount() -> tuple[Decimal, int]:
    """Return the sum in base currency of the staged rows, pending ones left out, and how many these are.

    A rate may have come since a row was staged: it is valued by that.
    """
    with connection.cursor() as cursor:
        cursor.execute(_AMOUNT)
        amount, waiting = cursor.fetchone()
        if waiting:
            cursor.execute(VALUE_STAGED)
            cursor.execute(_AMOUNT)
            amount, waiting = cursor.fetchone()
        return amount, waiting


def merge(import_id: int, with_external_ids: bool) -> int:
    """Make lines of the staged rows that are new; return how many. Sums are right afterwards."""
    given = {"import": import_id, "now": timezone.now()}
    created = rollups.apply(BY_CONTENT, given).came
    if with_external_ids:
        created += rollups.apply(BY_EXTERNAL_ID, given).came
    return created


def merge_bill(import_id: int) -> int:
    """Make lines of the staged rows of a bill that are new or say another amount; return how many."""
    return rollups.apply(BY_PERIOD, {"import": import_id, "now": timezone.now()}).came


def revert(import_id: int) -> TakenBack:
    """Take back the lines that an import created and the names of its accounts; what it had restated counts again."""
    rollups.lock()
    planner_statistics.analyze_if_believed_empty()
    count = CostLine.objects.filter(import_id=import_id).aggregate(
        lines=Count("occurrence"), corrected=Count("occurrence", filter=Q(withdrawn=Withdrawal.CORRECTED))
    )
    rollups.apply(REVERT, {"import": import_id})
    places.after_coming((), account_names.take_back(import_id))
    places.after_revert()
    notices.raise_reached()  # credits may have gone
    return TakenBack(count["lines"] - count["corrected"], count["corrected"])
