"""Staged usage that comes back from errors.csv, without the rows beside it.

The n-th row of a name may be another one than the n-th that is there: what would take the place of usage that counts is
taken out, and of what is equal to some it is told that it was taken for that.
"""

from __future__ import annotations

from django.db import connection

from imports.report import LINES_KEPT, Tally

RESTATING = """
DELETE FROM usage_staged AS staged USING costs_usageline AS version
WHERE version.fingerprint = staged.fingerprint AND version.withdrawn_at IS NULL AND version.content <> staged.content
RETURNING staged.line_number
"""
EQUAL = f"""
SELECT count(*), (array_agg(staged.line_number ORDER BY staged.line_number))[:{LINES_KEPT}]
FROM usage_staged AS staged
WHERE staged.content = (
    SELECT content FROM costs_usageline AS version WHERE version.fingerprint = staged.fingerprint
    ORDER BY occurrence DESC LIMIT 1)
"""  # noqa: S608 - our own names


def take_out_restating() -> list[int]:
    """Take out rows that would take the place of usage that counts; return their line numbers."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE usage_staged")
        cursor.execute(RESTATING)
        return sorted(line for (line,) in cursor.fetchall())


def equal() -> Tally:
    """Count the rows that usage equals which is there already."""
    with connection.cursor() as cursor:
        cursor.execute(EQUAL)
        count, lines = cursor.fetchone()
    return Tally(is_rejection=False, count=count, lines=lines or [])
