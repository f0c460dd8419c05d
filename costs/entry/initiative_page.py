"""What the Costs tab of an initiative shows: sums, categories by month, cost against budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from costs import totals
from costs.budgets import figures as budget_figures
from costs.budgets import notices
from costs.budgets import totals as budget_totals
from costs.budgets.totals import Method
from costs.models import Category
from costs.totals import NO_COST, Flow
from display import numbers
from display.charts.bars import BarsByMonth, MonthBar
from money.exact import ZERO
from money.months import next_month

MONTHS_SHOWN = 12


@dataclass(frozen=True)
class CategoryRow:
    """A category: what it cost in all, and in each of the last months."""

    category: Category
    total: Decimal
    months: list[tuple[date, Decimal]]


def costs_context(
    initiative_id: int, as_of: date, currency: str, categories: list[Category], method: Method
) -> dict[str, Any]:
    """Return the figures of the page; a bounded number of queries."""
    ids = [initiative_id]
    by_month = totals.by_category_month(ids, as_of)
    total = _sum(flow for categories in by_month.values() for flow in categories.values())
    planned, waiting = budget_totals.by_month(initiative_id, as_of)
    months = _months(sorted(by_month), as_of)
    rows = _rows(by_month, months, categories)
    figures = budget_figures.figures(total.gross, planned, waiting, as_of, method)
    return {
        "total": total,
        "recent_months": months,
        "category_rows": rows,
        "month_totals": [_sum(by_month.get(month, {}).values()).gross for month in months],
        "figures": figures,
        "notice": notices.still_true(initiative_id, figures.used),
        "chart": _chart(by_month, planned, currency, as_of, figures.variance_share),
    }


def _rows(by_month: dict[date, dict[str, Flow]], months: list[date], categories: list[Category]) -> list[CategoryRow]:
    rows = []
    for category in categories:
        spent = {month: flows[category.name].gross for month, flows in by_month.items() if category.name in flows}
        if spent:
            shown = [(month, spent.get(month, ZERO)) for month in months]
            rows.append(CategoryRow(category, budget_figures.add(spent.values()), shown))
    return rows


def _chart(
    by_month: dict[date, dict[str, Flow]],
    planned: dict[date, Decimal],
    currency: str,
    as_of: date,
    over: Decimal | None,
) -> BarsByMonth:
    gross = {month: _sum(flows.values()).gross for month, flows in by_month.items()}
    known = sorted({*gross, *planned})
    months = []
    month = known[0] if known else as_of.replace(day=1)
    while known and month <= known[-1]:
        months.append(MonthBar(month, gross.get(month, ZERO), planned.get(month)))
        month = next_month(month)
    return BarsByMonth(
        title=_title(over),
        note=_("Gross cost by month; the line across a month is its budget."),
        bars=months,
        running=as_of.replace(day=1),  # the page is of today
        currency=currency,
        width=760.0,
    )


def _title(over: Decimal | None) -> str:
    """Say what the variance shows, or ask where there is none; `over` is its share of the budget due."""
    if over is None:
        return _("What was spent, month by month?")
    if not over:
        return _("As much was spent as was budgeted to date")
    words = (
        _("{share} more was spent than budgeted to date")
        if over > 0
        else _("{share} less was spent than budgeted to date")
    )
    return words.format(share=numbers.percent(abs(over)))


def _months(known: list[date], as_of: date) -> list[date]:
    """Return the last months up to the date, at most a year and not before the first cost."""
    months = [as_of.replace(day=1)]
    while known and len(months) < MONTHS_SHOWN and months[0] > known[0]:
        months.insert(0, date.fromordinal(months[0].toordinal() - 1).replace(day=1))
    return months


def _sum(flows: Any) -> Flow:
    total = NO_COST
    for flow in flows:
        total += flow
    return total
