"""What an import restates: rows that came in the place of another version, with the amounts of both.

They counted and count only where the ledger takes this record: what is kept to compare only is restated likewise.

    restated.of_bill(import_id)          # or `of_external_ids`, `of_usage`: found while the staged rows are there
    restated.tell(report, import_id, Reason(…))

A few statements, however many rows: they go from the database to the report's file without being looked at.
"""

from __future__ import annotations

from django.db import connection
from django.utils.translation import gettext_noop

from costs.groups import same_line_sql, same_row_sql
from costs.models import Withdrawal
from imports.pipeline import Reason, Report
from imports.report import LINES_KEPT, RESTATED_COLUMNS

_KEPT = "CREATE TEMPORARY TABLE costs_restated ON COMMIT DROP AS "

# What somebody had said of a line's billing that the version that counts now does not say.
_LOSES_BILLING = """(theirs.recoverable AND NOT ours.recoverable
           OR {was}.billed_on IS NOT NULL AND mine.billed_on IS NULL
           OR {was}.invoice_ref > '' AND coalesce(mine.invoice_ref, '') = '')"""
LOST_BILLING = gettext_noop(
    "Billing lost: these lines were recoverable, billed on or on an invoice, and the version that counts now is not: "
    "what was billed may be another amount. Enter it again where it holds; restated.csv has what it was, and taking "
    "the import back brings it back."
)

# A row comes in the place of a version of its own group, or of one that the file no longer has (as costs/bulk/merge.py
# withdraws them): of what stood until now, or of nothing, where somebody had deleted that. What went is told once:
# beside the row of its own group, else beside the first that came in its place, one with the same tags before others.
_OF_BILL = f"""
SELECT pair.line_number AS line, sum(pair.before_amount) FILTER (WHERE place = 1) AS before_amount,
       min(pair.currency) FILTER (WHERE place = 1) AS before_currency,
       sum(pair.before_base) FILTER (WHERE place = 1) AS before_base,
       count(*) FILTER (WHERE place = 1 AND before_base IS NULL) AS before_pending,
       min(pair.billed_on) FILTER (WHERE place = 1) AS before_billed_on,
       min(pair.invoice_ref) FILTER (WHERE place = 1) AS before_invoice_ref,
       bool_or(pair.loses_billing) FILTER (WHERE place = 1) AS loses_billing,
       pair.now_amount, pair.currency AS now_currency, pair.now_base
FROM (
    SELECT mine.line_number, mine.amount AS now_amount, mine.base_amount AS now_base, ours.currency,
           was.amount AS before_amount, was.base_amount AS before_base, was.billed_on, was.invoice_ref,
           {_LOSES_BILLING.format(was="was")} AS loses_billing,
           CASE WHEN was.withdrawn_by_import_id = %(import)s THEN row_number() OVER (
               PARTITION BY was.group_id, was.incurred_on, was.fingerprint, was.occurrence
               ORDER BY mine.group_id <> was.group_id, ours.tags <> theirs.tags, mine.line_number) END AS place
    FROM costs_staged AS staged
    JOIN costs_chargegroup AS ours ON ours.id = staged.group_id
    JOIN costs_chargegroup AS theirs ON {same_line_sql("ours", "theirs")}
    JOIN costs_costline AS was ON was.group_id = theirs.id AND was.incurred_on = staged.incurred_on
        AND was.fingerprint = staged.fingerprint
        AND (was.withdrawn_by_import_id = %(import)s OR was.withdrawn = '{Withdrawal.DELETED}')
    JOIN costs_costline AS mine ON mine.group_id = staged.group_id AND mine.incurred_on = staged.incurred_on
        AND mine.fingerprint = staged.fingerprint AND mine.import_id = %(import)s
    WHERE {same_row_sql("ours", "theirs")} OR NOT EXISTS (
        SELECT FROM costs_chargegroup AS row
        JOIN costs_staged AS other ON other.group_id = row.id AND other.incurred_on = was.incurred_on
            AND other.fingerprint = was.fingerprint
        WHERE {same_row_sql("theirs", "row")})
) AS pair
GROUP BY pair.line_number, pair.now_amount, pair.currency, pair.now_base
"""  # noqa: S608 - our own names
_OF_EXTERNAL_IDS = f"""
SELECT mine.line_number AS line, went.amount AS before_amount, theirs.currency AS before_currency,
       went.base_amount AS before_base, (went.amount IS NOT NULL AND went.base_amount IS NULL)::int AS before_pending,
       went.billed_on AS before_billed_on, went.invoice_ref AS before_invoice_ref,
       {_LOSES_BILLING.format(was="went")} AS loses_billing,
       mine.amount AS now_amount, ours.currency AS now_currency, mine.base_amount AS now_base
FROM costs_costline AS mine
JOIN costs_chargegroup AS ours ON ours.id = mine.group_id
LEFT JOIN costs_costline AS went ON went.fingerprint = mine.fingerprint AND went.external_id IS NOT NULL
    AND went.withdrawn_by_import_id = %(import)s
LEFT JOIN costs_chargegroup AS theirs ON theirs.id = went.group_id
WHERE mine.import_id = %(import)s AND mine.external_id IS NOT NULL AND mine.occurrence > 1
"""  # noqa: S608 - our own names
# Usage whose other version no longer counted comes in the place of nothing; without a price there is no amount. It is
# never billed on: what it costs is no line of its own to be corrected.
_OF_USAGE = """
SELECT fresh.line_number AS line, went.amount AS before_amount, theirs.currency AS before_currency,
       cost.base_amount AS before_base, (went.amount IS NOT NULL AND cost.base_amount IS NULL)::int AS before_pending,
       NULL::date AS before_billed_on, NULL AS before_invoice_ref, false AS loses_billing,
       fresh.amount AS now_amount, ours.currency AS now_currency, fresh.amount * fresh.rate AS now_base
FROM usage_fresh AS fresh
JOIN costs_chargegroup AS ours ON ours.id = fresh.group_id
LEFT JOIN costs_usageline AS went ON went.fingerprint = fresh.fingerprint AND went.withdrawn_at IS NULL
LEFT JOIN costs_chargegroup AS theirs ON theirs.id = went.group_id
LEFT JOIN costs_costline AS cost ON (cost.group_id, cost.incurred_on, cost.fingerprint, cost.occurrence)
        = (went.group_id, went.occurred_on, went.fingerprint, went.occurrence) AND cost.withdrawn_at IS NULL
WHERE EXISTS (SELECT FROM costs_usageline AS version WHERE version.fingerprint = fresh.fingerprint)
"""

_IS_PENDING = "before_pending > 0 OR (now_amount IS NOT NULL AND now_base IS NULL)"
_SUMS = f"""
SELECT count(*), coalesce(sum(before_base), 0), coalesce(sum(now_base), 0), count(*) FILTER (WHERE {_IS_PENDING}),
       ARRAY(SELECT line FROM costs_restated ORDER BY line LIMIT {LINES_KEPT})
FROM costs_restated
"""  # noqa: S608 - our own names


def of_bill(import_id: int) -> int:
    """Find the rows of a bill that restate, after it was merged; return how many."""
    return _found(_OF_BILL, import_id)


def of_external_ids(import_id: int) -> int:
    """Find the rows with an external id that restate, after they were merged; return how many."""
    return _found(_OF_EXTERNAL_IDS, import_id)


def of_usage(import_id: int | None) -> int:
    """Find the rows of usage that restate, before they take the place of what is there; return how many."""
    return _found(_OF_USAGE, import_id)


_LOST = f"""
SELECT count(*), coalesce((array_agg(line ORDER BY line))[:{LINES_KEPT}], '{{}}')
FROM costs_restated WHERE loses_billing
"""  # noqa: S608 - our own names


def tell(report: Report, import_id: int, reason: Reason) -> None:
    """Tell the report what was found: sums in base currency, every row with both amounts, and what lost its billing."""
    columns = ", ".join(RESTATED_COLUMNS)
    rows = f"SELECT {import_id:d}, {columns} FROM costs_restated ORDER BY line"  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.execute(_SUMS)
        count, before, now, pending, lines = cursor.fetchone()
        with cursor.copy(f"COPY ({rows}) TO STDOUT") as found:
            report.restate(reason, count, lines, found)
        cursor.execute(_LOST)
        lost, lines = cursor.fetchone()
    report.restated.before, report.restated.now, report.restated.pending = before, now, pending
    if lost:
        report.note_rows(Reason(LOST_BILLING), lost, lines, leads_to_lines=True)


def _found(statement: str, import_id: int | None) -> int:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.costs_restated")
        cursor.execute(_KEPT + statement, {"import": import_id})
        return cursor.rowcount
