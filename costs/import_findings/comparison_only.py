"""How much of an import's amount is in no sum, because the ledger takes that provider's cost from another record.

Asked at the end of an import, while its staged rows are there, and only where there is such a thing at all.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import connection

_PLACED = """
JOIN costs_placement AS place ON place.initiative_id = -1 AND place.group_id = given.group_id
    AND place.since <= given.day AND place.until > given.day
"""
# A group's rows of a month were staged, whether they are new or not, or they were all new and are lines by now.
_OF_BILL = f"""
SELECT coalesce(sum(given.base), 0) FROM (
    SELECT group_id, incurred_on, base_amount FROM costs_staged
    UNION ALL
    SELECT line.group_id, line.incurred_on, line.base_amount FROM costs_costline AS line
    WHERE line.import_id = %(import)s AND NOT EXISTS (
        SELECT FROM costs_staged AS staged
        WHERE staged.group_id = line.group_id
          AND date_trunc('month', staged.incurred_on) = date_trunc('month', line.incurred_on))
) AS given (group_id, day, base) {_PLACED}
"""  # noqa: S608 - texts of our own
_OF_USAGE = f"""
SELECT coalesce(sum(given.amount * given.rate), 0)
FROM (SELECT group_id, occurred_on AS day, amount, rate FROM usage_staged) AS given {_PLACED}
"""  # noqa: S608 - texts of our own


def of_bill(import_id: int) -> Decimal:
    """Return what of a bill's rows is kept to compare, in base currency, pending ones left out."""
    return _sum(_OF_BILL, {"import": import_id})


def of_usage() -> Decimal:
    """Return what of rows of usage is, pending and unpriced ones left out."""
    return _sum(_OF_USAGE)


def _sum(query: str, values: dict[str, int] | None = None) -> Decimal:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchone()[0]
