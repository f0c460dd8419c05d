"""Lines and budgets that wait for an exchange rate get their value when one arrives; nothing else changes.

A budget that will be approved on a day yet to come waits for that day first.

Many lines are valued by a worker, by the rates there are then; until that is done they wait as before.

Who adds a rate takes the lock of the sums before looking for lines, so none is committed while a write holds that lock.
A write values its own lines under it, and need not look at those that wait already: each saw all rates there were, and
those that came since have valued it or asked a worker to. Those that come back are valued then (`VALUE_ON_RETURN`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import (
    Case,
    Count,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.changes import Change, changing
from accounts.models import User
from costs import initiative_history, rollups
from costs.budgets import notices
from costs.bulk import planner_statistics
from costs.models import AllocationRun, BudgetLine, CostLine, GroupMonth
from costs.querysets import groups_visible_to
from costs.runs import queue
from money.models import ExchangeRate
from money.months import last_day
from money.rates import OLDEST_DAYS, RATE_SQL, days_served

# Groups and months, as `kept` with their `charge`, in which lines may wait for rates of some days.
_IN_MONTHS = """kept.pending > 0 AND kept.month BETWEEN date_trunc('month', %(first)s::timestamp) AND %(last)s
          AND charge.currency = ANY(%(currencies)s)"""
WAITING = f"""
SELECT charge.currency, sum(kept.pending) FROM costs_groupmonth AS kept
JOIN costs_chargegroup AS charge ON charge.id = kept.group_id WHERE {_IN_MONTHS} GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - put together from texts of our own

VALUE_LINES = f"""
changed AS (
    UPDATE costs_costline AS line SET rate = found.rate, base_amount = line.amount * found.rate
    FROM (
        SELECT waiting.*, at.rate
        FROM costs_groupmonth AS kept
        JOIN costs_chargegroup AS charge ON charge.id = kept.group_id
        CROSS JOIN LATERAL (
            SELECT one.group_id, one.incurred_on, one.fingerprint, one.occurrence FROM costs_costline AS one
            WHERE one.group_id = kept.group_id AND one.base_amount IS NULL AND one.withdrawn_at IS NULL
              AND one.incurred_on >= greatest(kept.month, %(first)s)
              AND one.incurred_on < kept.month + interval '1 month' AND one.incurred_on <= %(last)s
            OFFSET 0  -- month by month, not all lines that wait: there may be far more in other currencies
        ) AS waiting
        CROSS JOIN LATERAL ({RATE_SQL.format(currency="charge.currency", day="waiting.incurred_on")}) AS at
        WHERE {_IN_MONTHS}
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
    WHERE waiting.base_amount IS NULL AND waiting.approved_on <= %(today)s
      AND waiting.approved_on BETWEEN %(first)s AND %(last)s AND waiting.currency = ANY(%(currencies)s)
) AS found WHERE line.id = found.id
"""  # noqa: S608 - put together from texts of our own


class Served(NamedTuple):
    """The days that rates of some currencies may serve."""

    first: date
    last: date
    currencies: list[str]

    @classmethod
    def by(cls, rates: Collection[tuple[str, date]]) -> Served:
        """Return those of rates, of which there is one at least."""
        days = [on for _, on in rates]
        return cls(min(days), days_served(max(days))[1], sorted({currency for currency, _ in rates}))


def after_rates_added(added: Sequence[tuple[str, date]]) -> bool:
    """Value what waited for one of these rates, in the transaction that adds them; True: a worker values the lines."""
    if not added:
        return False
    served = Served.by(added)
    with changing(None) as change:  # the write that adds them
        rollups.lock()
        waiting = _lines_of(served)
        is_much = sum(waiting.values()) > queue.MOST_LINES
        if is_much:
            queue.enqueue(change.actor, queue.About.RATES)
        else:
            _value_lines(served, waiting, change)
    _value_budgets(served)
    notices.raise_reached()
    return is_much


def value_waiting(_run: AllocationRun, change: Change) -> None:
    """Value every line that waits and has a rate now, for a run that has waited."""
    rollups.lock()
    currencies = GroupMonth.objects.filter(pending__gt=0).order_by().values("group__currency")
    if rates := ExchangeRate.objects.filter(currency__in=currencies).values_list("currency", "on"):
        served = Served.by(rates)
        _value_lines(served, _lines_of(served), change)
    notices.raise_reached()


def value_approved_budgets() -> bool:
    """Value every budget line whose day of approval has come since it was recorded; tell whether there was any.

    One query where there is none, which is nearly always: it is asked for every 20 seconds.
    """
    oldest = ExpressionWrapper(OuterRef("approved_on") - timedelta(days=OLDEST_DAYS), output_field=DateField())
    rates_of_the_day = ExchangeRate.objects.filter(
        currency=OuterRef("currency"), on__lte=OuterRef("approved_on"), on__gte=oldest
    )
    due = BudgetLine.objects.waiting(timezone.localdate()).filter(Exists(rates_of_the_day)).order_by()
    if not due.exists():
        return False
    with changing(None, counts=False) as change:
        rollups.lock()
        if rates := ExchangeRate.objects.filter(currency__in=due.values("currency")).values_list("currency", "on"):
            change.counts = _value_budgets(Served.by(rates)) > 0
        if change.counts:
            notices.raise_reached()
    return bool(change.counts)


def _value_budgets(served: Served) -> int:
    with connection.cursor() as cursor:
        cursor.execute(VALUE_BUDGETS, {**served._asdict(), "today": timezone.localdate()})
        return cursor.rowcount


def _lines_of(served: Served) -> dict[str, int]:
    """Return how many lines wait in the months of these days, by currency: at least those that the rates can value."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING, served._asdict())
        return dict(cursor.fetchall())


def _value_lines(served: Served, waiting: Collection[str], change: Change) -> None:
    """Value lines currency by currency: the history of an initiative names those that had a part in it."""
    if waiting:
        planner_statistics.analyze_if_believed_empty()  # of a table that was noted empty these may be all the lines
    for currency in waiting:
        with initiative_history.recording(change, ExchangeRate(), "value", currency):
            rollups.apply(VALUE_LINES, {**served._asdict(), "currencies": [currency]})


def pending_by_currency(user: User) -> dict[str, int]:
    """Return how many lines and budgets that a person may see wait, by currency."""
    months = GroupMonth.objects.filter(groups_visible_to(user), pending__gt=0).order_by()
    lines = dict(months.values_list("group__currency").annotate(waiting=Sum("pending")))
    budgets = BudgetLine.objects.waiting(timezone.localdate()).visible_to(user).order_by()
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
