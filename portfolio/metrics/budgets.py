"""Cost against budget, and where it will end (METRICS.md 3): of one initiative, and of those of a set with a budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from costs.budgets import figures as budget_figures
from costs.budgets import totals as budget_totals
from costs.budgets.figures import BudgetFigures, MonthRow
from costs.budgets.totals import Budget
from costs.totals import NO_COST
from money.exact import ZERO
from portfolio.facts.gathering import Facts
from portfolio.figure import Figure, Number
from portfolio.figures.exact import total
from portfolio.metrics.economics import Economics
from portfolio.metrics.names import BUDGET

WITH_COST = ("budget_variance", "estimate_at_completion", "estimate_by_performance")


class OfOne(NamedTuple):
    """The figures of an initiative's budget, and the months behind them."""

    figures: dict[str, Figure]
    months: Sequence[MonthRow]


def of_one(found: Economics) -> OfOne:
    """Return the figures of an initiative's budget; one query."""
    planned, waiting = budget_totals.by_month(found.row.id, found.as_of)
    gross = {flow.month: flow.gross for flow in found.months}
    known = sorted({*planned, *(month for month, spent in gross.items() if spent)})
    rows = budget_figures.month_rows(known, planned, gross, found.as_of)
    running = found.as_of.replace(day=1)
    passed, days = budget_totals.phased_share(found.as_of)
    inputs: dict[str, Number | None] = {
        "months": sum(bool(row.budget) for row in rows),
        "full_months": sum((row.budget for row in rows if row.month < running), ZERO),
        "running": next((row.budget for row in rows if row.month == running), ZERO),
        "passed": passed,
        "days": days,
    }
    figures = budget_figures.figures(found.row.gross, planned, waiting, found.as_of, "remaining")
    return OfOne(_figures(figures, inputs, {}, found["gross_cost"].left_out), rows)


def of_set(facts: Facts) -> dict[str, Figure]:
    """Return the figures of the budgets of a set, over the initiatives that have one; one query."""
    having = {pk: budget for pk, budget in facts.budgets.items() if budget.is_known}
    spent = total(facts.money.spent.get(pk, NO_COST).gross for pk in having)
    budget = Budget(total(each.total for each in having.values()), total(each.phased for each in having.values()))
    figures = BudgetFigures(
        spent, budget if having else None, sum(each.pending for each in facts.budgets.values()), "remaining"
    )
    lacking = facts.count - len(facts.budgets)
    without = {"no budget": lacking} if lacking else {}
    return _figures(figures, {"initiatives": len(having)}, without, facts.pending_by_sharers.of(having).left_out_lines)


def _figures(
    figures: BudgetFigures, inputs: dict[str, Number | None], without: dict[str, int], costs_left_out: dict[str, int]
) -> dict[str, Figure]:
    """Return the figures with the numbers of their formulas."""
    left_out = {"pending budget lines": figures.pending} if figures.pending else {}
    if figures.budget is None:
        why = "budget waits" if figures.pending else "no budget"
        return {name: Figure(name, None, reason=why, left_out=left_out) for name in BUDGET}
    left_out = without | left_out
    inputs = inputs | {
        "gross": figures.gross,
        "due": figures.budget.phased,
        "left": figures.left,
        "total": figures.budget.total,
    }
    values = {
        "budget_total": figures.budget.total,
        "budget_due": figures.budget.phased,
        "budget_variance": figures.variance,
        "estimate_at_completion": figures.by_remaining,
        "estimate_by_performance": figures.by_index,
    }
    return {
        name: Figure(
            name,
            values[name],
            share=figures.variance_share if name == "budget_variance" else None,
            reason="" if values[name] is not None else "no index",
            inputs=inputs,
            left_out=left_out | (costs_left_out if name in WITH_COST else {}),
        )
        for name in BUDGET
    }
