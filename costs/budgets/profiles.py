"""Another year as a profile: how a budget or a cost was distributed over its months, to spread an amount likewise."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from django.db.models import Sum, Value
from django.utils.translation import gettext as _

from costs import totals
from costs.budgets.figures import add
from costs.budgets.grid import BudgetGrid
from costs.budgets.totals import ANY
from costs.models import BudgetLine, InitiativeMonth
from money.months import last_day, next_month


class Profile(NamedTuple):
    """A fiscal year's budget or cost. `year` is the one that it begins in."""

    kind: Literal["budget", "cost"]
    year: int

    @property
    def name(self) -> str:
        """Its name in a form."""
        return f"{self.kind}-{self.year}"

    @property
    def label(self) -> str:
        """What it is called."""
        words = _("like the budget of {year}") if self.kind == "budget" else _("like what was spent in {year}")
        return words.format(year=self.year)


def profiles(grid: BudgetGrid) -> list[Profile]:
    """Return the other years that there is something to go by in, latest first; one query."""
    budget = BudgetLine.objects.filter(initiative=grid.initiative).order_by().annotate(of=Value("budget"))
    cost = InitiativeMonth.objects.filter(initiative_id=grid.initiative.pk).order_by().annotate(of=Value("cost"))
    starts, shown = grid.months[0].month, grid.months[0].year
    months = budget.values_list("of", "month").union(cost.values_list("of", "month"))
    found = {Profile(kind, _year(month, starts)) for kind, month in months}
    return sorted(
        (each for each in found if each.year != shown or each.kind == "cost"), key=lambda p: (-p.year, p.kind)
    )


def weights(grid: BudgetGrid, profile: Profile, category: str) -> dict[date, Decimal]:
    """Return what the profile has for each month of the grid, in base currency; of any category: all together."""
    first = grid.months[0].replace(year=profile.year)
    amounts = _budget(grid, first, category) if profile.kind == "budget" else _cost(grid, first, category)
    later = grid.months[0].year - profile.year
    return {month.replace(year=month.year + later): amount for month, amount in amounts.items()}


def _budget(grid: BudgetGrid, first: date, category: str) -> dict[date, Decimal]:
    lines = BudgetLine.objects.filter(
        initiative=grid.initiative, month__gte=first, month__lt=next_month(first, 12), base_amount__isnull=False
    )
    if category != ANY:
        lines = lines.filter(category__name=category)
    return dict(lines.order_by().values_list("month").annotate(Sum("base_amount")))


def _cost(grid: BudgetGrid, first: date, category: str) -> dict[date, Decimal]:
    by_month = totals.by_category_month([grid.initiative.pk], last_day(next_month(first, 11)))
    return {
        month: add(flow.gross for name, flow in flows.items() if category in (ANY, name))
        for month, flows in by_month.items()
        if month >= first
    }


def _year(month: date, starts: int) -> int:
    return month.year if month.month >= starts else month.year - 1
