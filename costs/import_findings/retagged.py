"""Lines of a bill that went because a file has them with other tags: a tag that was changed, or another extract."""

from __future__ import annotations

from django.db import connection

from imports.report import LINES_KEPT, Tally

# As `costs.bulk.merge` withdraws them: of one family, day and fingerprint, where the file has no such row with the same
# tags: with an invoice that it did not have, it is another group. With the first row that came in its place. What a
# person had corrected is no other version of the bill.
_WENT = f"""
SELECT count(*), (array_agg(DISTINCT line))[:{LINES_KEPT}] FROM (
    SELECT min(staged.line_number) AS line
    FROM costs_staged AS staged
    JOIN costs_chargegroup AS ours ON ours.id = staged.group_id
    JOIN costs_chargegroup AS theirs ON theirs.family = ours.family AND theirs.tags <> ours.tags
    JOIN costs_costline AS went ON went.group_id = theirs.id AND went.incurred_on = staged.incurred_on
        AND went.fingerprint = staged.fingerprint AND went.withdrawn_by_import_id = %(import)s
        AND NOT went.is_correction
    WHERE NOT EXISTS (
        SELECT FROM costs_chargegroup AS same
        JOIN costs_staged AS own ON own.group_id = same.id AND own.incurred_on = went.incurred_on
            AND own.fingerprint = went.fingerprint
        WHERE same.family = theirs.family AND same.tags = theirs.tags)
    GROUP BY went.group_id, went.incurred_on, went.fingerprint, went.occurrence
) AS gone
"""  # noqa: S608 - our own names


def went(import_id: int) -> Tally:
    """Count the lines that went by an import, while its staged rows are there, with rows that came in their place."""
    with connection.cursor() as cursor:
        cursor.execute(_WENT, {"import": import_id})
        count, lines = cursor.fetchone()
    return Tally(is_rejection=False, count=count, lines=lines or [])
