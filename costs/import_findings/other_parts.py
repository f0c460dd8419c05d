"""Lines of a bill that went for a file that may be another part of the delivery that brought them.

Rows that are equal but for their amount cannot be told from a restatement where they come in files by themselves.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection

from costs.groups import same_line_sql

# As `costs.bulk.merge` withdraws them. Of another file of the last day, with the same cost as the amount, that was
# imported by itself as well (also in a zip file).
_REPLACED = f"""
SELECT other.file_name, count(*)
FROM (
    SELECT DISTINCT went.group_id, went.incurred_on, went.fingerprint, went.occurrence, went.import_id
    FROM costs_staged AS staged
    JOIN costs_chargegroup AS ours ON ours.id = staged.group_id
    JOIN costs_chargegroup AS theirs ON {same_line_sql("ours", "theirs")}
    JOIN costs_costline AS went ON went.group_id = theirs.id AND went.incurred_on = staged.incurred_on
        AND went.fingerprint = staged.fingerprint AND went.withdrawn_by_import_id = %(import)s
        AND NOT went.is_correction
) AS gone
JOIN imports_import AS other ON other.id = gone.import_id
JOIN imports_import AS mine ON mine.id = %(import)s
WHERE other.finished_at > now() - interval '1 day' AND jsonb_array_length(other.parts) < 2
  AND other.file_name <> mine.file_name AND other.amount_column = mine.amount_column
GROUP BY other.id, other.file_name ORDER BY other.id
"""  # noqa: S608 - our own names


class Replaced(NamedTuple):
    """A file, and how many of its lines went."""

    file: str
    count: int


def of_bill(import_id: int) -> list[Replaced]:
    """Find them while the staged rows of an import are there, after they were merged."""
    with connection.cursor() as cursor:
        cursor.execute(_REPLACED, {"import": import_id})
        return [Replaced(*row) for row in cursor.fetchall()]
