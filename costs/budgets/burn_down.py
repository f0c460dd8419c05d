"""Budget, cost and estimate month by month as one chart: what is left of the budget, or what has been spent of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext as _

from costs.budgets.figures import BudgetFigures, add
from costs.budgets.totals import Method, of_months
from display import numbers
from display.charts import CumulativeLines, Line, Mark
from money.exact import EXACT, ZERO
from money.months import last_day, next_month

View = Literal["left", "spent"]
Points = list[tuple[date, Decimal]]


def view_of(text: str | None) -> View:
    """Return what the chart shows, as an address says it."""
    return "spent" if text == "spent" else "left"


def chart(
    figures: BudgetFigures,
    planned: Mapping[date, Decimal],
    gross: Mapping[date, Decimal],
    as_of: date,
    currency: str,
    view: View = "left",
) -> CumulativeLines:
    """Return the chart of the months that have a budget or a cost; `figures` are those of the day it is drawn for."""
    total = add(planned.values())
    running = as_of.replace(day=1)
    first = _first_month(planned, gross, as_of)
    start = [(first, ZERO)]
    budgeted = start + _added_up(planned, first, max([*planned, running]))
    spent = start + [(min(day, as_of), amount) for day, amount in _added_up(gross, first, running)]
    estimate = _estimate(figures, planned, as_of, spent[-1][1])
    used_up = _used_up_at(total, spent, estimate) if planned and not figures.pending else []
    if view == "left":
        budgeted, spent, estimate, used_up = (_left(total, points) for points in (budgeted, spent, estimate, used_up))
    actual, plan = (_("left"), _("as budgeted")) if view == "left" else (_("spent"), _("budget"))
    lines = [Line(actual, "cost", spent, estimate, plan_name=_("estimate")), Line(plan, "mark", budgeted)]
    return CumulativeLines(
        title=_title(figures, _gone(figures, used_up, as_of), as_of),
        note=_note(view, figures.method, bool(estimate)),
        lines=lines if planned else [],
        currency=currency,
        today=as_of,
        marks=[Mark(day, value, _used_up(day, as_of), view == "left") for day, value in used_up],
        width=560.0,
    )


def months_of(planned: Mapping[date, Decimal], gross: Mapping[date, Decimal], as_of: date) -> list[date]:
    """Return the months of the chart: from the first with budget or cost to the last with budget, or to this one."""
    last = max([*planned, as_of.replace(day=1)])
    months = [_first_month(planned, gross, as_of)]
    while months[-1] < last:
        months.append(next_month(months[-1]))
    return months


def _first_month(planned: Mapping[date, Decimal], gross: Mapping[date, Decimal], as_of: date) -> date:
    return min([*planned, *(month for month in gross if month <= as_of)], default=as_of.replace(day=1))


def _left(total: Decimal, gone: Points) -> Points:
    return [(day, EXACT.subtract(total, amount)) for day, amount in gone]


def _used_up_at(total: Decimal, spent: Points, estimate: Points) -> Points:
    """Return the first point above the budget, if any: of what is spent, unless credits have brought it back since."""
    passing = spent if spent[-1][1] > total else estimate
    return [point for point in passing if point[1] > total][:1]


def _gone(figures: BudgetFigures, used_up: Points, as_of: date) -> date | None:
    """Return when the budget is used up; an estimate that ends with the running month passes it without being drawn."""
    if used_up:
        return used_up[0][0]
    if figures.pending or figures.budget is None or figures.estimate is None:
        return None
    return last_day(as_of) if figures.estimate > figures.budget.total else None


def _added_up(amounts: Mapping[date, Decimal], first: date, last: date) -> Points:
    points, so_far, month = [], ZERO, first
    while month <= last:
        so_far = EXACT.add(so_far, amounts.get(month, ZERO))
        points.append((last_day(month), so_far))
        month = next_month(month)
    return points


def _estimate(figures: BudgetFigures, planned: Mapping[date, Decimal], as_of: date, spent: Decimal) -> Points:
    """Go on from what is spent: the budget to come as it is, or by how much was spent for the budget that was due.

    The last point is the estimate at completion; nothing where there is none, or no later month has a budget.
    """
    factor = Decimal(1)
    if figures.method == "cpi":
        if figures.index is None or figures.budget is None:
            return []
        factor = EXACT.divide(figures.gross, figures.budget.phased)
    points, month, last = [], as_of.replace(day=1), max(planned, default=as_of)
    if last <= as_of:
        return []
    while month <= last:
        budget = planned.get(month, ZERO)
        to_come = EXACT.subtract(budget, of_months({month: budget}, as_of).phased)
        spent = EXACT.add(spent, EXACT.multiply(to_come, factor))
        points.append((last_day(month), spent))
        month = next_month(month)
    return points


def _note(view: View, method: Method, has_estimate: bool) -> str:
    said = [
        _("What is left of the budget at the end of each month.")
        if view == "left"
        else _("Budget and gross cost added up, at the end of each month.")
    ]
    if has_estimate:
        by_index = _("Dashed: the estimate by cost performance.")
        said.append(by_index if method == "cpi" else _("Dashed: the estimate, with the rest spent as budgeted."))
    return ("" if numbers.language() == "ja" else " ").join(said)


def _title(figures: BudgetFigures, gone: date | None, as_of: date) -> str:
    """Answer whether the budget lasts; ask it where there is none, where it is not known whole, or without estimate."""
    if gone is None:
        is_known = figures.estimate is not None and not figures.pending
        return _("The budget lasts") if is_known else _("Does the budget last?")
    words = _("The budget was used up in {month}") if gone <= as_of else _("The budget would be used up in {month}")
    return words.format(month=numbers.day(gone, "month_short"))


def _used_up(day: date, as_of: date) -> str:
    month = numbers.day(day, "month_short")
    words = _("used up in {month}") if day <= as_of else _("would be used up in {month}")
    return words.format(month=month)
