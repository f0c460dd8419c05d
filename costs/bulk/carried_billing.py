"""Billing that somebody entered on a line of a bill, carried to the version that a later delivery puts in its place.

A provider adds its invoice when the month is closed, and so restates every line at the same amount: what was billed on
is the same. It is kept where amount, day and currency are, one line stands for one, and nothing else was corrected. The
delivered version is there as it came; what counts is its correction, as the person's was, made by the import.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from costs.groups import GroupKey, find_or_make, same_line_sql
from costs.importers.account_names import AccountNames
from costs.models import ChargeGroup

_SAID = ", ".join(f"{{0}}.{name}" for name in ("initiative_id", "category_id", "capex", "recurring", "tags"))
_SAME_BUT_BILLING = (
    f"{same_line_sql('ours', 'theirs')} AND ({_SAID.format('theirs')}) IS NOT DISTINCT FROM ({_SAID.format('ours')})"
)
PREPARE = """
DROP TABLE IF EXISTS pg_temp.costs_recoverable;
CREATE TEMPORARY TABLE costs_recoverable (group_id bigint, into_id bigint) ON COMMIT DROP
"""
_ASKED = f"""
SELECT DISTINCT ours.id FROM costs_chargegroup AS theirs
JOIN costs_chargegroup AS ours ON {_SAME_BUT_BILLING}
WHERE theirs.recoverable AND NOT ours.recoverable AND ours.id = ANY(%s)
"""  # noqa: S608 - our own names
# Of `gone`, what was withdrawn, the billing by the row in whose place it stood, and the group that it goes into.
CARRIED = f"""carried AS MATERIALIZED (
    SELECT * FROM (
        SELECT staged.group_id, staged.incurred_on, staged.fingerprint, went.billed_on, went.invoice_ref,
               CASE WHEN theirs.recoverable AND NOT ours.recoverable THEN twin.into_id ELSE ours.id END AS into_id,
               count(*) OVER (PARTITION BY staged.group_id, staged.incurred_on, staged.fingerprint) AS lines,
               count(*) OVER (PARTITION BY went.group_id, went.incurred_on, went.fingerprint) AS rows
        FROM gone AS went
        JOIN costs_chargegroup AS theirs ON theirs.id = went.group_id
            AND (theirs.recoverable OR went.billed_on IS NOT NULL OR went.invoice_ref > '')
        JOIN costs_chargegroup AS ours ON {_SAME_BUT_BILLING}
        JOIN costs_staged AS staged ON staged.group_id = ours.id AND staged.incurred_on = went.incurred_on
            AND staged.fingerprint = went.fingerprint AND staged.amount = went.amount
        LEFT JOIN costs_recoverable AS twin ON twin.group_id = ours.id
    ) AS found WHERE lines = 1 AND rows = 1 AND into_id IS NOT NULL
)"""  # noqa: S608 - our own names
# Whether a line of the import counts, or did, for the one that it delivered as `mine`, which is of the group `ours`.
IS_CARRIED = """EXISTS (
    SELECT FROM costs_chargegroup AS recoverable
    JOIN costs_costline AS kept ON kept.group_id = recoverable.id AND kept.incurred_on = mine.incurred_on
        AND kept.fingerprint = mine.fingerprint AND kept.occurrence = mine.occurrence + 1
    WHERE recoverable.family = ours.family AND recoverable.tags = ours.tags AND recoverable.details = ours.details
      AND kept.import_id = %(import)s AND kept.is_correction)"""


def prepare(groups: Collection[int], names: AccountNames | None) -> dict[int, GroupKey]:
    """Make the groups that recoverable lines of these may go into, before the sums are locked; return them by id."""
    with connection.cursor() as cursor:
        cursor.execute(PREPARE)
        cursor.execute(_ASKED, [list(groups)])
        asked = [pk for (pk,) in cursor.fetchall()]
        if not asked:
            return {}
        keys = {
            group.pk: GroupKey.of(group)._replace(recoverable=True)
            for group in ChargeGroup.objects.filter(pk__in=asked)
        }
        made = find_or_make(keys.values(), names)
        pairs = [(pk, made[key]) for pk, key in keys.items()]
        cursor.executemany("INSERT INTO costs_recoverable VALUES (%s, %s)", pairs)
    return {pk: key for key, pk in made.items()}
