"""Lines of earlier imports that this bill has no more, though of its accounts and days: charges merged or renamed.

Nothing tells such a line from one that another extract of the bill brought, so it goes on counting, and is told of.
Looked for is where the file says something: on its days, in accounts that it has, on no invoice or on one that it
names. So a file of other accounts, days or invoices raises nothing, nor does what is kept to compare. What corrects
charges of an earlier day says nothing of the others of that day.

Asked at the end of an import, while its staged rows are there. An import that finds nothing in its accounts and months
asks no more than the sums.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from costs.groups import INVOICE
from costs.models import NOT_COUNTED
from imports.models import Import, State

# The groups of the accounts that the file has, with which of their invoices it names. Each step by itself: by what is
# known of tables that this transaction has filled, they would be run once for every line.
_ACCOUNTS = f"""
WITH account AS MATERIALIZED (
    SELECT source, vendor, account, array_agg(DISTINCT details ->> '{INVOICE}') AS invoices
    FROM costs_chargegroup WHERE id = ANY(%(groups)s) GROUP BY source, vendor, account
), charge AS MATERIALIZED (
    SELECT charge.id, charge.family, charge.currency FROM account
    JOIN costs_chargegroup AS charge USING (source, vendor, account)
    WHERE charge.kind = 'bill' AND NOT EXISTS (
        SELECT FROM costs_placement AS place, unnest(%(months)s::date[]) AS covered (month)
        WHERE place.group_id = charge.id AND place.initiative_id = {NOT_COUNTED}
          AND place.since <= covered.month AND place.until > covered.month)
      AND (charge.details ->> '{INVOICE}' IS NULL OR charge.details ->> '{INVOICE}' = ANY(account.invoices))
)
"""  # noqa: S608 - our own names
# What was there in months that are new to all their groups was not staged: the sums tell whether there is more.
_ANY = f"""
{_ACCOUNTS}
SELECT EXISTS (SELECT FROM costs_staged) OR (
    SELECT sum(kept.lines) > coalesce(%(created)s, 0)
    FROM charge JOIN costs_groupmonth AS kept ON kept.group_id = charge.id
    WHERE kept.month = ANY(%(months)s))
"""  # noqa: S608 - our own names
# Where a family has as many lines in a month as rows were staged of it, every line has its row: so it is in most, and
# the rest is sorted (a line that somebody has deleted may hide one). Months of which nothing was staged are new to it,
# or the file has nothing more of them.
_SUSPECTS = """
suspect AS MATERIALIZED (
    SELECT DISTINCT kept.family FROM (
        SELECT charge.family, sums.month, sum(sums.lines) AS lines, array_agg(charge.id) AS groups
        FROM charge JOIN costs_groupmonth AS sums ON sums.group_id = charge.id
        WHERE sums.month = ANY(%(months)s) GROUP BY charge.family, sums.month
    ) AS kept
    LEFT JOIN (
        SELECT ours.family, date_trunc('month', staged.incurred_on)::date AS month, count(*) AS rows
        FROM costs_staged AS staged JOIN costs_chargegroup AS ours ON ours.id = staged.group_id GROUP BY 1, 2
    ) AS told USING (family, month)
    WHERE told.rows <> kept.lines OR told.rows IS NULL AND EXISTS (
        SELECT FROM costs_costline AS line
        WHERE line.group_id = ANY(kept.groups) AND line.import_id IS DISTINCT FROM %(import)s
          AND line.incurred_on >= kept.month AND line.incurred_on < kept.month + interval '1 month')
)
"""
# Lines and staged rows side by side, sorted once: a join of the two may be done line by line.
_LEFT = f"""
{_ACCOUNTS}, {_SUSPECTS}
SELECT currency, count(*), sum(amount), array_agg(DISTINCT import_id)
FROM (
    SELECT currency, amount, import_id,
           bool_or(is_staged) OVER (PARTITION BY family, incurred_on, fingerprint) AS is_there
    FROM (
        SELECT charge.family, line.incurred_on, line.fingerprint, charge.currency, line.amount, line.import_id,
               false AS is_staged
        FROM suspect JOIN charge USING (family) JOIN costs_costline AS line ON line.group_id = charge.id
        WHERE line.incurred_on = ANY(%(days)s) AND line.withdrawn_at IS NULL
          AND line.import_id IS DISTINCT FROM %(import)s
        UNION ALL
        SELECT ours.family, staged.incurred_on, staged.fingerprint, NULL, NULL, NULL, true
        FROM costs_staged AS staged JOIN costs_chargegroup AS ours ON ours.id = staged.group_id
        JOIN suspect USING (family)
    ) AS told
) AS found
WHERE NOT is_there GROUP BY currency ORDER BY currency
"""  # noqa: S608 - our own names


class MissingLines(NamedTuple):
    """How many lines, what they come to by currency, and the files that brought them (none: all are corrections)."""

    count: int
    amounts: dict[str, Decimal]
    files: list[str]


def of_bill(
    job_id: int, format_name: str, groups: Collection[int], days: Collection[date], created: int | None
) -> MissingLines | None:
    """Return what of earlier imports of a format counts on beside this one; None where nothing does.

    `groups` are those of its rows, `days` theirs but for corrections, `created` how many lines it made; None: not all
    of them are of these days, or count.
    """
    done = Import.objects.filter(format=format_name, state=State.DONE, dry_run=False, rows_created__gt=0)
    if not done.exclude(pk=job_id).exists():
        return None
    months = {day.replace(day=1) for day in days}
    given = {"import": job_id, "groups": list(groups), "days": list(days), "months": list(months), "created": created}
    with connection.cursor() as cursor:
        cursor.execute(_ANY, given)
        if not cursor.fetchone()[0]:
            return None
        cursor.execute(_LEFT, given)
        found = cursor.fetchall()
    ids = {each for *_, imports in found for each in imports if each}
    files = done.filter(pk__in=ids).order_by("pk").values_list("file_name", flat=True)
    amounts = {currency: amount for currency, _count, amount, _imports in found}
    return MissingLines(sum(count for _, count, *_ in found), amounts, list(dict.fromkeys(files))) if found else None
