"""Lines and budgets that wait for an exchange rate get their value when one arrives; nothing else changes.

Who adds a rate takes the lock of the sums before looking for lines, so none is committed while a write holds that lock.
A write values its own lines under it, and need not look at those that wait already: each saw all rates there were, and
has been looked at by all that came since. Those that come back have not (`VALUE_ON_RETURN`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from django.db import connection
from django.db.models import Case, Count, F, OuterRef, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from accounts.changes import changing
from accounts.models import User
from costs import initiative_history, rollups
from costs.budgets import notices
from costs.bulk import planner_statistics
from costs.models import BudgetLine, CostLine, GroupMonth
from costs.querysets import groups_visible_to
from money.models import ExchangeRate
from money.months import last_day
from money.rates import OLDEST_DAYS, RATE_SQL

VALUE_LINES = f"""
changed AS (
    UPDATE costs_costline AS line SET rate = found.rate, base_amount = line.amount * found.rate
    FROM (
        SELECT waiting.group_id, waiting.incurred_on, waiting.fingerprint, waiting.occurrence, at.rate
        FROM costs_costline AS waiting
        JOIN costs_chargegroup AS charge ON charge.id = waiting.group_id
        CROSS JOIN LATERAL ({RATE_SQL.format(currency="charge.currency", day="waiting.incurred_on")}) AS at
        WHERE waiting.base_amount IS NULL AND waiting.withdrawn_at IS NULL
          AND waiting.incurred_on BETWEEN %(first)s AND %(last)s AND charge.currency = ANY(%(currencies)s)
    ) AS found
    WHERE (line.group_id, line.incurred_on, line.fingerprint, line.occurrence)
        = (found.group_id, found.incurred_on, found.fingerprint, found.occurrence)
    RETURNING line.group_id, line.incurred_on, line.billed_on, 0 AS lines, -1 AS pending, line.base_amount AS base
)
"""  # noqa: S608 - put together from texts of our own

# In an UPDATE of `costs_costline AS line` that lets lines count again: they keep their value, or get that of a rate
# which came while they did not count.
VALUE_ON_RETURN = f"""(rate, base_amount) = (
    SELECT coalesce(line.rate, came.rate), coalesce(line.base_amount, line.amount * came.rate)
    FROM costs_chargegroup AS charge
    LEFT JOIN LATERAL ({RATE_SQL.format(currency="charge.currency", day="line.incurred_on")}) AS came
        ON line.base_amount IS NULL
    WHERE charge.id = line.group_id
)"""  # noqa: S608 - put together from texts of our own

VALUE_BUDGETS = f"""
UPDATE costs_budgetline AS line SET rate = found.rate, base_amount = line.amount * found.rate
FROM (
    SELECT waiting.id, at.rate FROM costs_budgetline AS waiting
    CROSS JOIN LATERAL ({RATE_SQL.format(currency="waiting.currency", day="waiting.approved_on")}) AS at
    WHERE waiting.base_amount IS NULL
      AND waiting.approved_on BETWEEN %(first)s AND %(last)s AND waiting.currency = ANY(%(currencies)s)
) AS found WHERE line.id = found.id
"""  # noqa: S608 - put together from texts of our own


def after_rates_added(added: Sequence[tuple[str, date]]) -> None:
    """Value what waited for one of these rates, in the transaction that adds them."""
    if not added:
        return
    days = [on for _, on in added]
    last = date.fromordinal(max(days).toordinal() + OLDEST_DAYS)
    given = {"first": min(days), "last": last, "currencies": sorted({currency for currency, _ in added})}
    with changing(None) as change:  # the write that adds them
        rollups.lock()
        planner_statistics.analyze_if_believed_empty()  # of a table that was noted empty these may be all the lines
        with initiative_history.recording(change, ExchangeRate(), "value", ", ".join(given["currencies"])):
            rollups.apply(VALUE_LINES, given)
    with connection.cursor() as cursor:
        cursor.execute(VALUE_BUDGETS, given)
    notices.raise_reached()


def pending_by_currency(user: User) -> dict[str, int]:
    """Return how many lines and budgets that a person may see wait, by currency."""
    months = GroupMonth.objects.filter(groups_visible_to(user), pending__gt=0).order_by()
    lines = dict(months.values_list("group__currency").annotate(waiting=Sum("pending")))
    budgets = BudgetLine.objects.filter(base_amount=None).visible_to(user).order_by()
    return dict(Counter(lines) + Counter(dict(budgets.values_list("currency").annotate(waiting=Count("*")))))


def lines_to(months: QuerySet[GroupMonth], as_of: date) -> int:
    """Count the lines of groups and months that wait and are dated to a day; one query.

    The sums tell, but for the month that the day cuts: its lines are counted.
    """
    in_month = {"group": OuterRef("group"), "incurred_on__gte": OuterRef("month"), "incurred_on__lte": as_of}
    lines = CostLine.objects.pending().filter(**in_month).order_by().values("group").annotate(found=Count("*"))
    waiting: Case | F = F("pending")
    if as_of != last_day(as_of):
        of_days = Coalesce(Subquery(lines.values("found")), 0)
        waiting = Case(When(month=as_of.replace(day=1), then=of_days), default=waiting)
    each = months.filter(pending__gt=0, month__lte=as_of).order_by().values("group_id", "month")
    return each.annotate(waiting=waiting).distinct().aggregate(found=Sum("waiting"))["found"] or 0
