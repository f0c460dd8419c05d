"""An initiative's budget as its pages show it: figures with their reasons, months beside their cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from costs.budgets import totals
from costs.budgets.totals import Budget, Method, Planned
from costs.models import Category
from costs.totals import Flow
from money.exact import EXACT, ZERO
from money.exact import total as add

NO_BUDGET = _("No budget has been approved.")
BUDGET_WAITS = _("The budget waits for an exchange rate.")
NO_WHOLE = _("The whole budget is nothing, or less.")
NOTHING_DUE = _("No budget is due yet.")
NO_INDEX = _("Nothing is due or nothing was spent yet, so there is no cost performance index.")


@dataclass(frozen=True)
class BudgetFigures:
    """Cost against budget on a day. `budget` is None while no line of it was approved, or none has a rate."""

    gross: Decimal
    budget: Budget | None
    pending: int
    method: Method

    @property
    def variance(self) -> Decimal | None:
        """Gross cost less the budget due; None without a budget."""
        return None if self.budget is None else EXACT.subtract(self.gross, self.budget.phased)

    @property
    def variance_share(self) -> Decimal | None:
        """The variance as a share of the budget due; None while nothing is due."""
        if self.budget is None or self.variance is None or self.budget.phased <= 0:
            return None
        return EXACT.divide(self.variance, self.budget.phased)

    @property
    def used(self) -> Decimal | None:
        """Gross cost as a share of the whole budget; None without one."""
        if self.budget is None or self.budget.total <= 0:
            return None
        return EXACT.divide(self.gross, self.budget.total)

    @property
    def left(self) -> Decimal | None:
        """The budget that is still to come."""
        return None if self.budget is None else EXACT.subtract(self.budget.total, self.budget.phased)

    @property
    def index(self) -> Decimal | None:
        """The cost performance index, budget due ÷ gross cost; None while either is nothing."""
        if self.budget is None or self.budget.phased <= 0 or self.gross <= 0:
            return None
        return EXACT.divide(self.budget.phased, self.gross)

    @property
    def by_remaining(self) -> Decimal | None:
        """The estimate at completion: gross cost + the budget to come."""
        return None if self.budget is None else totals.by_remaining(self.gross, self.budget)

    @property
    def by_index(self) -> Decimal | None:
        """The estimate at completion: budget ÷ cost performance index."""
        return None if self.budget is None else totals.by_index(self.gross, self.budget)

    @property
    def estimate(self) -> Decimal | None:
        """The estimate that the reader has chosen."""
        return self.by_index if self.method == "cpi" else self.by_remaining

    @property
    def why_not(self) -> str | Promise:
        """Why there is no budget to compare with."""
        return BUDGET_WAITS if self.pending else NO_BUDGET


@dataclass(frozen=True)
class MonthRow:
    """A month: its budget, what of it is due, its cost, and the difference; the last two None in the future."""

    month: date
    budget: Decimal
    due: Decimal | None
    cost: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """Cost less budget due."""
        return None if self.cost is None or self.due is None else EXACT.subtract(self.cost, self.due)


@dataclass(frozen=True)
class CategoryRow:
    """A category beside its cost, both from the beginning; None is the budget for whatever it is needed."""

    category: Category | None
    figures: BudgetFigures


def method_of(text: str | None) -> Method:
    """Return how the estimate is made, as an address says it."""
    return "cpi" if text == "cpi" else "remaining"


def of_budget(gross: Decimal, budget: Budget | None) -> BudgetFigures:
    """Return the figures of one that was added up already; none while no line of it has its rate."""
    known = budget if budget is not None and budget.is_known else None
    return BudgetFigures(gross, known, budget.pending if budget else 0, "remaining")


def figures(
    gross: Decimal, planned: Mapping[date, Decimal], pending: int, as_of: date, method: Method
) -> BudgetFigures:
    """Return the figures of a budget given by month."""
    return BudgetFigures(gross, totals.of_months(planned, as_of) if planned else None, pending, method)


def month_rows(
    months: list[date], planned: Mapping[date, Decimal], gross: Mapping[date, Decimal], as_of: date
) -> list[MonthRow]:
    """Return budget and cost of some months."""
    return [_row(month, planned.get(month, ZERO), gross.get(month, ZERO), as_of) for month in months]


def total_row(rows: list[MonthRow]) -> MonthRow:
    """Return the sum of months; None where none of them has begun."""
    begun = [row for row in rows if row.cost is not None]
    due = add(row.due or ZERO for row in begun) if begun else None
    cost = add(row.cost or ZERO for row in begun) if begun else None
    return MonthRow(rows[0].month, add(row.budget for row in rows), due, cost)


def gross_by_month(spent: Mapping[date, Mapping[str, Flow]]) -> dict[date, Decimal]:
    """Return the gross cost of months that are given by category."""
    return {month: add(flow.gross for flow in flows.values()) for month, flows in spent.items()}


def category_rows(
    categories: Iterable[Category],
    planned: Mapping[str, Planned],
    spent: Mapping[date, Mapping[str, Flow]],
    as_of: date,
) -> list[CategoryRow]:
    """Return budget and cost by category, in the order of these; they add up to the figures of the whole.

    Nothing where no budget is known. A category without one of its own has 0: all of its cost is over.
    """
    if not any(months for months, _waiting in planned.values()):
        return []
    cost: dict[str, list[Decimal]] = defaultdict(list)
    for flows in spent.values():
        for name, flow in flows.items():
            cost[name].append(flow.gross)
    rows = []
    for category in [*categories, None]:
        name = category.name if category else totals.ANY
        if name in planned or name in cost:
            months, waiting = planned.get(name, totals.NOTHING_PLANNED)
            budget = totals.of_months(months, as_of)
            rows.append(CategoryRow(category, BudgetFigures(add(cost[name]), budget, waiting, "remaining")))
    return rows


def _row(month: date, budget: Decimal, cost: Decimal, as_of: date) -> MonthRow:
    if month > as_of:
        return MonthRow(month, budget, None, None)
    return MonthRow(month, budget, totals.of_months({month: budget}, as_of).phased, cost)
