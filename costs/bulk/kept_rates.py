"""Staged rows of lines that are there: they keep the rate of the version that counts, however many came since.

A rate entered later re-values nothing (METRICS.md 3): neither what a file says again nor what it restates, as long as
day and currency are the same. Staged rows have the rate of now until then.
"""

from __future__ import annotations

from django.db import connection

from costs.groups import same_line_sql

# Day and fingerprint of a bill's row, in its own group, else in one of the family that this file no longer has. The
# family names the currency.
_OF_BILL = f"""
UPDATE costs_staged AS staged SET rate = kept.rate, base_amount = staged.amount * kept.rate
FROM (
    SELECT DISTINCT ON (own.ctid) own.ctid AS at, was.rate FROM costs_staged AS own
    JOIN costs_chargegroup AS ours ON ours.id = own.group_id
    JOIN costs_chargegroup AS theirs ON {same_line_sql("ours", "theirs")}
    CROSS JOIN LATERAL (
        SELECT * FROM costs_costline AS line
        WHERE line.group_id = theirs.id AND line.incurred_on = own.incurred_on
          AND line.fingerprint = own.fingerprint AND line.withdrawn_at IS NULL
        LIMIT 1
    ) AS was
    WHERE ours.currency <> %(base)s AND was.rate IS DISTINCT FROM own.rate
      AND (was.group_id = own.group_id OR NOT EXISTS (
          SELECT FROM costs_staged AS other
          WHERE other.group_id = was.group_id AND other.incurred_on = was.incurred_on
            AND other.fingerprint = was.fingerprint
      ) AND NOT EXISTS (
          SELECT FROM costs_costline AS said
          WHERE said.group_id = own.group_id AND said.incurred_on = own.incurred_on
            AND said.fingerprint = own.fingerprint AND said.withdrawn_at IS NULL))
    ORDER BY own.ctid, ours.tags <> theirs.tags, was.group_id
) AS kept WHERE staged.ctid = kept.at AND kept.rate IS NOT NULL
"""  # noqa: S608 - our own names
_OF_EXTERNAL_IDS = """
UPDATE costs_staged AS staged SET rate = was.rate, base_amount = staged.amount * was.rate
FROM costs_chargegroup AS ours, costs_costline AS was JOIN costs_chargegroup AS theirs ON theirs.id = was.group_id
WHERE ours.id = staged.group_id AND ours.currency <> %(base)s AND staged.external_id IS NOT NULL
  AND was.fingerprint = staged.fingerprint AND was.external_id IS NOT NULL AND was.withdrawn_at IS NULL
  AND was.incurred_on = staged.incurred_on AND theirs.currency = ours.currency
  AND was.rate IS NOT NULL AND was.rate IS DISTINCT FROM staged.rate
"""


def keep(base: str, *, is_bill: bool) -> None:
    """Give rows the rates of the lines that say the same, or whose place they take."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_BILL if is_bill else _OF_EXTERNAL_IDS, {"base": base})
