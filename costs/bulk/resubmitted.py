"""Staged rows of a bill that come back from errors.csv, without those beside them.

The n-th charge of a period may be another one than the n-th that is there: what would take the place of a version that
counts is taken out, and of what is equal to one it is told that it was taken for that.
"""

from __future__ import annotations

from django.db import connection

from costs.groups import same_line_sql
from imports.report import LINES_KEPT, Tally

_IS_EQUAL = """(
    SELECT version.amount = staged.amount AND version.withdrawn <> 'restated' FROM costs_costline AS version
    WHERE version.group_id = staged.group_id AND version.incurred_on = staged.incurred_on
      AND version.fingerprint = staged.fingerprint
    ORDER BY version.is_correction, version.occurrence DESC LIMIT 1
)"""
RESTATING = f"""
DELETE FROM costs_staged AS staged USING costs_chargegroup AS charge
WHERE charge.id = staged.group_id
  AND EXISTS (
      SELECT FROM costs_chargegroup AS relative
      JOIN costs_costline AS line ON line.group_id = relative.id AND line.incurred_on = staged.incurred_on
          AND line.fingerprint = staged.fingerprint AND line.withdrawn_at IS NULL
      WHERE {same_line_sql("charge", "relative")})
  AND {_IS_EQUAL} IS NOT TRUE
RETURNING staged.line_number
"""  # noqa: S608 - our own names
EQUAL = f"""
SELECT count(*), (array_agg(staged.line_number ORDER BY staged.line_number))[:{LINES_KEPT}]
FROM costs_staged AS staged WHERE {_IS_EQUAL}
"""  # noqa: S608 - our own names


def take_out_restating() -> list[int]:
    """Take out rows that would take the place of a version that counts; return their line numbers."""
    with connection.cursor() as cursor:
        cursor.execute(RESTATING)
        return sorted(line for (line,) in cursor.fetchall())


def equal() -> Tally:
    """Count the rows that a version equals which is there already."""
    with connection.cursor() as cursor:
        cursor.execute(EQUAL)
        count, lines = cursor.fetchone()
    return Tally(is_rejection=False, count=count, lines=lines or [])
