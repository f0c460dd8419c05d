"""Rows without an external id that say what an earlier line says, but for the amount: a new line, and both count.

Such a row may be a corrected amount, or another cost of that day: only who hands it in knows. An earlier line that the
file has too is no such line. Looked for is only on days of groups that had lines before: among staged rows of costs,
and, before they take their place, among fresh ones of usage. Each side is read once, not each row with each.

    agreeing.of_costs(import_id)  # or `of_usage`: while the staged rows are there
    agreeing.tell(report, found)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext_noop

from imports.models import Import
from imports.pipeline import Reason, Report
from imports.report import LINES_KEPT, Tally

AGREES = gettext_noop(
    "Without an external_id a row with another amount is a new line. In date, initiative, category, vendor, "
    "description and all else but the amount these rows agree with earlier lines ({file}) that this file does not "
    "have: both count. If they are the same costs with a corrected amount, delete the earlier lines, or take that "
    "import back."
)
AGREES_IN_USAGE = gettext_noop(
    "Without an external_id a row with other counts is a new line. In date, provider, model, initiative, account, API "
    "key and tags these rows agree with earlier lines ({file}) that this file does not have: both count. If they are "
    "the same usage with corrected counts, delete the earlier lines, or take that import back."
)
IMPORTS_NAMED = 5  # the others are told together
NO_FILE = "–"  # recorded by hand or by API, or corrected

_SAYS = """coalesce({line}.billed_on, 'infinity') AS billed_on, coalesce({line}.invoice_ref, '') AS invoice_ref,
           coalesce({line}.description, '') AS description"""
_OF_COSTS = f"""
WITH mine AS MATERIALIZED (
    SELECT staged.group_id, staged.incurred_on, {_SAYS.format(line="staged")}, staged.line_number
    FROM costs_staged AS staged
    JOIN costs_costline AS line ON line.group_id = staged.group_id AND line.incurred_on = staged.incurred_on
        AND line.fingerprint = staged.fingerprint AND line.line_number = staged.line_number
    WHERE staged.external_id IS NULL AND line.import_id = %(import)s
),
day AS MATERIALIZED (SELECT DISTINCT group_id, incurred_on FROM mine),
given AS MATERIALIZED (
    SELECT group_id, incurred_on, fingerprint, count(*) AS rows FROM costs_staged
    JOIN day USING (group_id, incurred_on) WHERE external_id IS NULL GROUP BY group_id, incurred_on, fingerprint
),
theirs AS MATERIALIZED (
    SELECT group_id, incurred_on, {_SAYS.format(line="line")}, max(line.import_id) AS import_id
    FROM day JOIN costs_costline AS line USING (group_id, incurred_on)
    LEFT JOIN given USING (group_id, incurred_on, fingerprint)
    WHERE line.withdrawn_at IS NULL AND line.external_id IS NULL AND line.import_id IS DISTINCT FROM %(import)s
      AND line.occurrence > coalesce(given.rows, 0)
    GROUP BY 1, 2, 3, 4, 5
)
SELECT theirs.import_id, count(*), (array_agg(mine.line_number ORDER BY mine.line_number))[:{LINES_KEPT}]
FROM mine JOIN theirs USING (group_id, incurred_on, billed_on, invoice_ref, description)
GROUP BY theirs.import_id ORDER BY theirs.import_id DESC NULLS LAST
"""  # noqa: S608 - our own names
_OF_USAGE = f"""
WITH mine AS MATERIALIZED (
    SELECT group_id, occurred_on, batch, line_number FROM usage_fresh WHERE external_id IS NULL
),
day AS MATERIALIZED (SELECT DISTINCT group_id, occurred_on FROM mine),
theirs AS MATERIALIZED (
    SELECT group_id, occurred_on, used.batch, max(used.import_id) AS import_id
    FROM day JOIN costs_usageline AS used USING (group_id, occurred_on)
    WHERE used.withdrawn_at IS NULL AND used.external_id IS NULL
      AND NOT EXISTS (SELECT FROM usage_staged AS staged WHERE staged.fingerprint = used.fingerprint)
    GROUP BY 1, 2, 3
)
SELECT theirs.import_id, count(*), (array_agg(mine.line_number ORDER BY mine.line_number))[:{LINES_KEPT}]
FROM mine JOIN theirs USING (group_id, occurred_on, batch)
GROUP BY theirs.import_id ORDER BY theirs.import_id DESC NULLS LAST
"""  # noqa: S608 - our own names


class Agreeing(NamedTuple):
    """The last import that brought the earlier lines (None: none), how many rows agree with them, and the first."""

    import_id: int | None
    count: int
    lines: list[int]


def of_costs(import_id: int) -> list[Agreeing]:
    """Find such rows of costs, after they were merged; the newest import of what they agree with first."""
    return _found(_OF_COSTS, import_id)


def of_usage() -> list[Agreeing]:
    """Find such rows of usage, before they are lines."""
    return _found(_OF_USAGE, None)


def tell(report: Report, found: Sequence[Agreeing], text: str = AGREES) -> None:
    """Tell the report what was found, by the name of the file; every row once."""
    names = dict(Import.objects.filter(pk__in=[each.import_id for each in found]).values_list("pk", "file_name"))
    by_name: dict[str, Tally] = {}
    for place, (import_id, count, lines) in enumerate(found):
        name = "…" if place >= IMPORTS_NAMED else names.get(import_id, NO_FILE)
        tally = by_name.setdefault(name, Tally(is_rejection=False))
        tally.count += count
        tally.lines = sorted([*tally.lines, *lines])[:LINES_KEPT]
    for name, tally in by_name.items():
        report.note_rows(Reason(text, file=name), tally.count, tally.lines, leads_to_lines=True)


def _found(statement: str, import_id: int | None) -> list[Agreeing]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"import": import_id})
        return [Agreeing(*row) for row in cursor.fetchall()]
