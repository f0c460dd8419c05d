"""Realised and validated benefit to a date, by initiative and by month (METRICS.md §4).

Months before the one of the date come from the rollup; what the date cuts through comes from its segments: level
readings in force in the running month, and flow periods that end in it or after it.
`ids`: initiatives, None for every one. Amounts in base currency; readings without an exchange rate are left out of
every sum and counted by `portfolio.facts.pending`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

Ids = Sequence[int] | None

# Until the month before: the rollup's running sum. In the month itself: levels by the day, flows that end by the date.
# Who comes to nothing is among them where readings that count have evened out, not where the first is yet to count.
TOTALS = """
SELECT initiative_id, sum(amount) FROM (
    SELECT initiative_id, cumulated AS amount
    FROM outcomes_benefitmonth
    WHERE validated = %(validated)s AND month < %(month)s AND until >= %(month)s {initiatives}
    UNION ALL
    SELECT initiative_id, per_day * (least(end_on, %(after)s) - greatest(start_on, %(month)s))
    FROM outcomes_benefitsegment
    WHERE validated = %(validated)s AND NOT is_flow AND per_day IS NOT NULL
      AND end_on > %(month)s AND start_on < %(after)s {initiatives}
    UNION ALL
    SELECT initiative_id, amount
    FROM outcomes_benefitsegment
    WHERE validated = %(validated)s AND is_flow AND per_day IS NOT NULL
      AND counts_from >= %(month)s AND counts_from < %(after)s {initiatives}
) AS parts GROUP BY initiative_id
HAVING sum(amount) <> 0 OR EXISTS (
    SELECT FROM outcomes_benefitsegment AS segment
    WHERE segment.initiative_id = parts.initiative_id AND segment.validated = %(validated)s
      AND per_day IS NOT NULL AND counts_from < %(after)s)
"""

# Months before: the rollup, less the share of flows whose period is not over. The month itself: from the segments.
# A month in which benefits cancel out has one, though it comes to nothing: cash flows begin with the first benefit.
BY_MONTH = """
SELECT month, sum(amount) FROM (
    SELECT month, spread AS amount, entries
    FROM outcomes_benefitmonth
    WHERE validated = %(validated)s AND month < %(month)s {initiatives}
    UNION ALL
    SELECT start::date,
           per_day * (greatest(start_on, start::date) - least(end_on, (start + interval '1 month')::date)),
           -(per_day <> 0)::int
    FROM outcomes_benefitsegment
    CROSS JOIN LATERAL generate_series(
        date_trunc('month', start_on::timestamp),
        least(end_on, %(month)s)::timestamp - interval '1 day', interval '1 month') AS start
    WHERE validated = %(validated)s AND is_flow AND per_day IS NOT NULL
      AND counts_from >= %(after)s AND start_on < %(month)s {initiatives}
    UNION ALL
    SELECT %(month)s, per_day * (least(end_on, %(after)s) - greatest(start_on, %(month)s)),
           (per_day <> 0)::int
    FROM outcomes_benefitsegment
    WHERE validated = %(validated)s AND per_day IS NOT NULL AND end_on > %(month)s AND start_on < %(after)s
      AND (NOT is_flow OR counts_from < %(after)s) {initiatives}
) AS parts GROUP BY month HAVING sum(entries) > 0 OR sum(amount) <> 0
"""


def benefit_by_initiative(ids: Ids, as_of: date, validated: bool = False) -> dict[int, Decimal]:
    """Return the benefit to `as_of` of those initiatives that have any."""
    return dict(_rows(TOTALS, ids, as_of, validated))


def benefit_statement(as_of: date) -> tuple[str, dict[str, Any]]:
    """Return the statement of `benefit_by_initiative` over all of them, to stand in another; its values by name."""
    return _narrowed(TOTALS, None), _given(None, as_of, validated=False)


def benefit_on(ids: Ids, wanted: Sequence[tuple[date, bool]]) -> list[dict[int, Decimal]]:
    """Return the benefit by initiative for each (day, validated) that is wanted, in one query."""
    parts, given = [], {}
    for index, (as_of, validated) in enumerate(wanted):
        text, values = _narrowed(TOTALS, ids), _given(ids, as_of, validated)
        text = text.replace("%(", f"%({index}_")
        parts.append(f"SELECT {index}, part.* FROM ({text}) AS part")  # noqa: S608 - text of our own
        given |= {f"{index}_{name}": value for name, value in values.items()}
    found: list[dict[int, Decimal]] = [{} for _ in wanted]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), given)
        for index, initiative, amount in cursor.fetchall():
            found[index][initiative] = amount
    return found


def benefit_by_month(ids: Ids, as_of: date, validated: bool = False) -> dict[date, Decimal]:
    """Return the benefit of all of them together by month to `as_of`."""
    return dict(sorted(_rows(BY_MONTH, ids, as_of, validated)))


# By outcome, straight from its segments: both bases, the first day that counts, and what waits for a rate.
BY_OUTCOME = """
SELECT outcome_id,
       sum(part) FILTER (WHERE NOT validated), sum(part) FILTER (WHERE validated),
       min(start_on) FILTER (WHERE NOT validated AND part IS NOT NULL),
       count(DISTINCT measurement_id) FILTER (WHERE NOT validated AND part IS NULL),
       count(DISTINCT measurement_id) FILTER (WHERE validated AND part IS NULL)
FROM (
    SELECT outcome_id, measurement_id, validated, start_on,
           CASE WHEN is_flow THEN amount ELSE per_day * (least(end_on, %(after)s) - start_on) END AS part
    FROM outcomes_benefitsegment
    WHERE outcome_id = ANY(%(ids)s) AND counts_from < %(after)s
) AS segment GROUP BY outcome_id
"""


@dataclass(frozen=True, slots=True)
class OutcomeBenefit:
    """What one outcome has brought: realised, of it validated, counted from `since`; `pending` readings stand apart."""

    realised: Decimal | None
    validated: Decimal | None
    since: date | None
    pending: int
    pending_validated: int  # of these


def benefit_by_outcome(outcome_ids: Sequence[int], as_of: date) -> dict[int, OutcomeBenefit]:
    """Return the benefit to `as_of` of those outcomes that have any, or wait for a rate."""
    with connection.cursor() as cursor:
        cursor.execute(BY_OUTCOME, {"ids": list(outcome_ids), "after": as_of + timedelta(days=1)})
        return {outcome: OutcomeBenefit(*figures) for outcome, *figures in cursor.fetchall()}


# By kind of reading: levels count day by day until the date, amounts once their period is over.
BY_KIND = """
SELECT is_flow, sum(CASE WHEN is_flow THEN amount ELSE per_day * (least(end_on, %(after)s) - start_on) END),
       count(DISTINCT measurement_id)
FROM outcomes_benefitsegment
WHERE validated = %(validated)s AND per_day IS NOT NULL AND counts_from < %(after)s {initiatives}
GROUP BY is_flow
"""


@dataclass(frozen=True, slots=True)
class KindBenefit:
    """What readings of one kind have brought together, and how many they are."""

    amount: Decimal = Decimal(0)
    readings: int = 0


def benefit_by_kind(ids: Ids, as_of: date, validated: bool = False) -> tuple[KindBenefit, KindBenefit]:
    """Return the benefit to `as_of` from readings of a level, and from amounts per period; one query."""
    found = {is_flow: KindBenefit(amount, count) for is_flow, amount, count in _rows(BY_KIND, ids, as_of, validated)}
    return found.get(False, KindBenefit()), found.get(True, KindBenefit())


def _rows(query: str, ids: Ids, as_of: date, validated: bool) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_narrowed(query, ids), _given(ids, as_of, validated))
        return list(cursor.fetchall())


def _narrowed(query: str, ids: Ids) -> str:
    return query.format(initiatives="" if ids is None else "AND initiative_id = ANY(%(ids)s)")


def _given(ids: Ids, as_of: date, validated: bool) -> dict[str, Any]:
    return {
        "ids": None if ids is None else list(ids),
        "month": as_of.replace(day=1),
        "after": as_of + timedelta(days=1),
        "validated": validated,
    }
