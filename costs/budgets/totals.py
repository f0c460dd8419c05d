"""Budgets: what was approved, what of it is due by a date, and where the cost will end (METRICS.md §3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from django.db import connection
from django.db.models import Count, Q, Sum

from costs.models import BudgetLine
from costs.totals import TO_DATE, Flow, parts_of
from money.exact import EXACT, ZERO

Ids = Sequence[int] | None
Method = Literal["remaining", "cpi"]


class Budget(NamedTuple):
    """A budget in base currency: as a whole, what is due by the date; its lines, and those that wait for a rate."""

    total: Decimal
    phased: Decimal
    pending: int = 0
    lines: int = 0

    @property
    def is_known(self) -> bool:
        """Tell whether any of its lines has its exchange rate."""
        return self.lines > self.pending


class Planned(NamedTuple):
    """Budget by month in base currency, and how many lines are in none of it because they wait for a rate."""

    months: Mapping[date, Decimal]
    waiting: int


ANY = ""  # in place of a category: for whatever it is needed
NOTHING_PLANNED = Planned({}, 0)
WAITING = Count("pk", filter=Q(base_amount=None))

# A month counts in full before the one of the date, and by its days in it (the date's own included). Days are added
# up first and divided once, so that nothing is rounded on the way.
BUDGETS = """
SELECT initiative_id,
       coalesce(sum(base_amount), 0),
       coalesce(sum(base_amount) FILTER (WHERE month < %(month)s), 0),
       coalesce(sum(base_amount) FILTER (WHERE month = %(month)s), 0),
       count(*) FILTER (WHERE base_amount IS NULL),
       count(*)
FROM costs_budgetline
WHERE approved_on <= %(as_of)s AND {these}
GROUP BY initiative_id
"""


def budgets(ids: Ids, as_of: date) -> dict[int, Budget]:
    """Return the budget of each initiative that has one approved by `as_of`."""
    return {
        initiative: Budget(total, phased(before, running, as_of), pending, lines)
        for initiative, total, before, running, pending, lines in _rows(ids, as_of)
    }


def flows_and_budgets(ids: Sequence[int], as_of: date) -> dict[int, tuple[Flow | None, Budget | None]]:
    """Return cost and budget to the date of each initiative that has one of them; one query."""
    these = "initiative_id = ANY(%(ids)s)"
    text = f"""
        SELECT id, gross, recovered, total, before, running, pending, lines
        FROM ({TO_DATE.format(these=these)}) AS spent (id, gross, recovered)
        FULL JOIN ({BUDGETS.format(these=these)}) AS budget (id, total, before, running, pending, lines) USING (id)
    """  # noqa: S608 - put together from texts of our own
    found: dict[int, tuple[Flow | None, Budget | None]] = {}
    with connection.cursor() as cursor:
        cursor.execute(text, {"ids": list(ids), **parts_of(as_of)})
        for pk, gross, recovered, total, before, running, pending, lines in cursor.fetchall():
            flow = None if gross is None else Flow(gross, recovered)
            budget = None if lines is None else Budget(total, phased(before, running, as_of), pending, lines)
            found[pk] = flow, budget
    return found


def budgets_statement(as_of: date) -> tuple[str, dict[str, Any]]:
    """Return the statement of `budgets` over all of them, to stand in another; its values by name."""
    return BUDGETS.format(these="true"), parts_of(as_of)


def by_category(initiative_id: int, as_of: date) -> dict[str, Planned]:
    """Return an initiative's budget by name of the category, `ANY` for whatever it is needed; one query."""
    lines = BudgetLine.objects.approved_by(as_of).filter(initiative=initiative_id)
    sums = lines.order_by("month").values_list("category__name", "month")
    found: dict[str, Planned] = {}
    for name, month, amount, waiting in sums.annotate(amount=Sum("base_amount"), waiting=WAITING):
        months, so_far = found.get(name or ANY, NOTHING_PLANNED)
        known = {} if amount is None else {month: amount}
        found[name or ANY] = Planned({**months, **known}, so_far + waiting)
    return found


def by_month(initiative_id: int, as_of: date) -> Planned:
    """Return an initiative's budget by month, and how many of its lines wait for a rate, of those approved by then."""
    return together(by_category(initiative_id, as_of).values())


def together(planned: Iterable[Planned]) -> Planned:
    """Return what budgets of several categories come to."""
    months: dict[date, Decimal] = {}
    waiting = 0
    for each in planned:
        waiting += each.waiting
        for month, amount in each.months.items():
            months[month] = EXACT.add(months.get(month, ZERO), amount)
    return Planned(months, waiting)


def of_months(months: Mapping[date, Decimal], as_of: date) -> Budget:
    """Return the budget that amounts by month come to."""
    total = due = ZERO
    running = as_of.replace(day=1)
    for month, amount in months.items():
        total = EXACT.add(total, amount)
        due = EXACT.add(due, ZERO if month > running else _share(amount, as_of) if month == running else amount)
    return Budget(total, due)


def by_remaining(spent: Decimal, budget: Budget) -> Decimal:
    """Return gross cost to date + the budget still to come."""
    return EXACT.subtract(EXACT.add(spent, budget.total), budget.phased)


def by_index(spent: Decimal, budget: Budget) -> Decimal | None:
    """Return budget ÷ cost performance index; None while nothing is due or nothing was spent."""
    if budget.phased <= 0 or spent <= 0:
        return None
    return EXACT.divide(EXACT.multiply(budget.total, spent), budget.phased)


def phased(before: Decimal, running: Decimal, as_of: date) -> Decimal:
    """Return what is due by a date of a budget: of the months before its own, and of that month."""
    return EXACT.add(before, _share(running, as_of))


def phased_share(as_of: date) -> tuple[int, int]:
    """Return the days of the month of `as_of` that have passed, that day included, and the days it has."""
    days = (date(as_of.year + as_of.month // 12, as_of.month % 12 + 1, 1) - as_of.replace(day=1)).days
    return as_of.day, days


def _share(amount: Decimal, as_of: date) -> Decimal:
    passed, days = phased_share(as_of)
    return amount if passed == days else EXACT.divide(EXACT.multiply(amount, Decimal(passed)), Decimal(days))


def _rows(ids: Ids, as_of: date) -> list[tuple[Any, ...]]:
    these = "true" if ids is None else "initiative_id = ANY(%(ids)s)"
    with connection.cursor() as cursor:
        cursor.execute(BUDGETS.format(these=these), {"ids": None if ids is None else list(ids), **parts_of(as_of)})
        return list(cursor.fetchall())
