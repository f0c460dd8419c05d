"""What shared cost is divided by: another cost, or the tokens used, of each initiative in a month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import connection

# Cost that itself follows use is no measure: it would depend on itself.
COST = """
SELECT coalesce(place.initiative_id, charge.initiative_id), kept.month, sum(kept.gross * coalesce(place.share, 1))
FROM costs_groupmonth AS kept
JOIN costs_chargegroup AS charge ON charge.id = kept.group_id
LEFT JOIN costs_placement AS place
    ON place.group_id = kept.group_id AND place.since <= kept.month AND place.until > kept.month
LEFT JOIN costs_allocationrule AS rule ON rule.id = place.rule_id
WHERE kept.month = ANY(%(months)s) AND coalesce(place.initiative_id, charge.initiative_id) > 0
  AND coalesce(place.initiative_id, 0) >= 0 AND (rule.id IS NULL OR rule.method = 'equal')
  AND (%(category)s::bigint IS NULL OR charge.category_id = %(category)s)
GROUP BY 1, 2
"""

TOKENS = """
SELECT coalesce(place.initiative_id, charge.initiative_id), used.month,
       sum((used.input_tokens + used.cached_input_tokens + used.cache_write_5m_tokens + used.cache_write_1h_tokens
            + used.output_tokens) * coalesce(place.share, 1))
FROM costs_usagemonth AS used
JOIN costs_chargegroup AS charge ON charge.id = used.group_id
LEFT JOIN costs_placement AS place
    ON place.group_id = used.group_id AND place.since <= used.month AND place.until > used.month
    AND place.initiative_id >= 0
LEFT JOIN costs_allocationrule AS rule ON rule.id = place.rule_id
WHERE used.month = ANY(%(months)s) AND coalesce(place.initiative_id, charge.initiative_id) > 0
  AND (rule.id IS NULL OR rule.method = 'equal')
GROUP BY 1, 2
"""


def cost(category_id: int | None, months: Sequence[date]) -> dict[tuple[int, date], Decimal]:
    """Return the gross cost by initiative and month, of one category or of all; in base currency."""
    with connection.cursor() as cursor:
        cursor.execute(COST, {"category": category_id, "months": list(months)})
        return {(initiative, month): gross for initiative, month, gross in cursor.fetchall()}


def tokens_used(months: Sequence[date]) -> dict[tuple[int, date], Decimal]:
    """Return the tokens of all classes by initiative and month, priced or not, counted in the ledger or not."""
    with connection.cursor() as cursor:
        cursor.execute(TOKENS, {"months": list(months)})
        return {(initiative, month): Decimal(tokens) for initiative, month, tokens in cursor.fetchall()}
