"""What shared cost is divided by: another cost, or the tokens used, of each initiative in a month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from costs.allocation import placements
from costs.allocation.placements import Spans
from costs.models.allocation import BELONGS_SQL
from costs.reconciliation.sources import provider_of
from money.exact import EXACT

Measured = dict[tuple[int, date], Decimal]

# Where cost belongs: groups that are being placed anew as they will be, all others as they are. Cost that itself
# follows use is no measure: it would depend on itself.
PLACES = f"""
given AS MATERIALIZED ({placements.GIVEN}),
anew AS MATERIALIZED (SELECT unnest(%(anew)s::bigint[]) AS group_id),
place AS MATERIALIZED (
    SELECT kept.group_id, kept.since, kept.until, kept.initiative_id, kept.share, kept.division IS NULL AS is_measure
    FROM {{kept}} AS kept
    WHERE NOT EXISTS (SELECT FROM anew WHERE anew.group_id = kept.group_id)
    UNION ALL
    SELECT group_id, since, until, initiative_id, share, true FROM given
)"""  # noqa: S608 - put together from texts of our own

COST = f"""
WITH {PLACES.format(kept="costs_placement")}
SELECT {BELONGS_SQL}, kept.month, sum(kept.gross * coalesce(place.share, 1))
FROM costs_groupmonth AS kept
JOIN costs_chargegroup AS charge ON charge.id = kept.group_id
LEFT JOIN place ON place.group_id = kept.group_id AND place.since <= kept.month AND place.until > kept.month
WHERE kept.month = ANY(%(months)s) AND {BELONGS_SQL} > 0
  AND place.is_measure IS NOT FALSE AND (%(category)s::bigint IS NULL OR charge.category_id = %(category)s)
GROUP BY 1, 2
"""  # noqa: S608

# Tokens are a measure whether the ledger takes their cost from here or from the bill.
_OF_USAGE = """(
    SELECT group_id, since, until, initiative_id, share, division FROM costs_placement WHERE initiative_id >= 0
    UNION ALL SELECT group_id, since, until, initiative_id, share, division FROM costs_usageplacement
)"""
TOKENS = f"""
WITH {PLACES.format(kept=_OF_USAGE)}
SELECT {BELONGS_SQL}, used.month, charge.vendor, charge.kind,
       sum((used.input_tokens + used.cached_input_tokens + used.cache_write_5m_tokens + used.cache_write_1h_tokens
            + used.output_tokens) * coalesce(place.share, 1))
FROM costs_usagemonth AS used
JOIN costs_chargegroup AS charge ON charge.id = used.group_id
LEFT JOIN place
    ON place.group_id = used.group_id AND place.since <= used.month AND place.until > used.month
    AND place.initiative_id >= 0
WHERE used.month = ANY(%(months)s) AND {BELONGS_SQL} > 0
  AND place.is_measure IS NOT FALSE
GROUP BY 1, 2, 3, 4
"""  # noqa: S608


def cost(category_id: int | None, months: Sequence[date], settled: Mapping[int, Spans]) -> Measured:
    """Return the gross cost by initiative and month, of one category or of all; in base currency.

    `settled`: the groups that are being placed anew, and where they belong as far as that does not follow use.
    """
    rows = _rows(COST, months, settled, placements.given(settled), category=category_id)
    return {(initiative, month): Decimal(amount) for initiative, month, amount in rows}


def tokens_used(months: Sequence[date], settled: Mapping[int, Spans]) -> Measured:
    """Return the tokens of all classes by initiative and month, priced or not, counted in the ledger or not.

    A gateway logs calls that usage counts too: of a provider's kinds of record the one with more tokens says how many.
    """
    kinds: dict[tuple[int, date, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    rows = _rows(TOKENS, months, settled, placements.given(settled, placements.of_usage))
    for initiative, month, vendor, kind, tokens in rows:
        told = kinds[initiative, month, provider_of(vendor)]
        told[kind] = EXACT.add(told[kind], tokens)
    used: Measured = defaultdict(Decimal)
    for (initiative, month, _provider), told in kinds.items():
        used[initiative, month] = EXACT.add(used[initiative, month], max(told.values()))
    return used


def _rows(
    query: str, months: Sequence[date], settled: Mapping[int, Spans], places: Mapping[str, Any], **more: Any
) -> list[tuple[Any, ...]]:
    if not months:  # of new groups: what they cost is known in none
        return []
    given = {"months": list(months), "anew": list(settled), **places, **more}
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return cursor.fetchall()
