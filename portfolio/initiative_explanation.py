"""A figure of one initiative explained, with the months behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext

from costs.budgets import figures as budget_figures
from costs.budgets import totals as budget_totals
from costs.budgets.figures import BUDGET_WAITS, BudgetFigures, MonthRow
from costs.budgets.totals import ZERO
from outcomes.models import Outcome
from outcomes.totals import benefit_by_outcome
from portfolio.definition import Definition
from portfolio.economics import Economics, economics
from portfolio.explanation import BENEFITS, Explanation, Working, benefit_inputs, explained, flow_working
from portfolio.figure import Figure
from portfolio.filters import Filters
from portfolio.initiative_definitions import OF_ONE
from portfolio.left_out import told
from portfolio.returns import OF_FLOWS
from portfolio.rows import Row
from portfolio.signals import RULES, signals
from portfolio.workings import steps
from projects.models import Initiative

WITH_COST = ("budget_variance", "estimate_at_completion", "estimate_by_performance")
BUDGET = ("budget_total", "budget_due", "budget_variance", "estimate_at_completion", "estimate_by_performance")


def explain_one(name: str, initiative: Initiative, filters: Filters, currency: str) -> Explanation | None:
    """Return the explanation of a figure of an initiative; None where it has no such figure."""
    found = economics(initiative, filters.as_of, filters.rate)
    if name in BUDGET:
        return _of_budget(name, found, currency)
    if name in RULES:
        return _of_rule(name, found, currency)
    return _of_economics(name, found, currency) if name in found.figures else None


def _of_economics(name: str, found: Economics, currency: str) -> Explanation:
    working = Working(steps=steps(name, found.months, None))
    if name == "pending_lines":  # its months are of cost that is valued, just what these lines are not
        working = Working()
    elif name in OF_FLOWS:
        working = flow_working(name, found[name], found.months, found.rate)
    elif name in BENEFITS:
        working = replace(working, inputs=benefit_inputs(name, [found.row.id], found.as_of))
    whole = replace(explained(name, OF_ONE, found[name], currency, working), has_months=name != "pending_lines")
    return replace(whole, outcomes=_outcomes(name, found)) if name in BENEFITS else whole


def _outcomes(name: str, found: Economics) -> list[tuple[Outcome, Decimal]]:
    """Return the outcomes that have brought anything, with what each has; two queries."""
    outcomes = Outcome.objects.filter(initiative=found.row.id).order_by("id")
    brought = benefit_by_outcome([outcome.pk for outcome in outcomes], found.as_of)
    amounts = {pk: each.validated if name == "validated_benefit" else each.realised for pk, each in brought.items()}
    return [(outcome, amount) for outcome in outcomes if (amount := amounts.get(outcome.pk)) is not None]


def _of_rule(name: str, found: Economics, currency: str) -> Explanation:
    """Explain why an initiative needs a decision, or that by this rule it does not."""
    holds = next((each for each in signals([found.row], found.as_of, currency) if each.rule == name), None)
    definition = Definition(RULES[name].title, RULES[name].meaning, "", "number")
    variance = _of_budget("budget_variance", found, currency) if name == "over_budget" else None
    lacks = told(found["realised_benefit"].left_out) if name == "no_benefit" else []
    rows = variance.budget if variance else ()
    return Explanation(
        name=name,
        definition=definition,
        variant="",
        value=holds.answer if holds else gettext("no"),
        interval="",
        share="",
        why_not="",
        formula=holds.words if holds else _what_waits(name, found.row) or gettext("The rule does not hold."),
        left_out=variance.left_out if variance else lacks,
        steps=() if rows else steps(name, found.months, None),
        budget=rows,
        has_months=name != "past_planned_production",
    )


def _what_waits(name: str, row: Row) -> str:
    """Say what waits for an exchange rate and keeps a rule from being told; "" where nothing does."""
    if name == "over_budget" and row.planned_cost is None:
        return str(BUDGET_WAITS)
    if name == "no_benefit" and row.pending.readings and not row.benefit:
        return gettext("The benefit that has been measured waits for an exchange rate.")
    return ""


def _of_budget(name: str, found: Economics, currency: str) -> Explanation:
    planned, waiting = budget_totals.by_month(found.row.id, found.as_of)
    gross = {flow.month: flow.gross for flow in found.months}
    figures = budget_figures.figures(found.row.gross, planned, waiting, found.as_of, "remaining")
    known = sorted({*planned, *(month for month, spent in gross.items() if spent)})
    rows = budget_figures.month_rows(known, planned, gross, found.as_of)
    figure = _budget_figure(name, figures, rows, found.as_of)
    if name in WITH_COST:
        figure = replace(figure, left_out=figure.left_out | found["gross_cost"].left_out)
    return replace(explained(name, OF_ONE, figure, currency, Working()), budget=rows)


def _budget_figure(name: str, figures: BudgetFigures, rows: Sequence[MonthRow], as_of: date) -> Figure:
    """Return a figure of the budget with the numbers of its formula."""
    left_out = {"pending budget lines": figures.pending} if figures.pending else {}
    if figures.budget is None:
        return Figure(name, None, reason="budget waits" if figures.pending else "no budget", left_out=left_out)
    passed, days = budget_totals.phased_share(as_of)
    running = next((row.budget for row in rows if row.month == as_of.replace(day=1)), ZERO)
    values = {
        "budget_total": figures.budget.total,
        "budget_due": figures.budget.phased,
        "budget_variance": figures.variance,
        "estimate_at_completion": figures.by_remaining,
        "estimate_by_performance": figures.by_index,
    }
    inputs = {
        "months": sum(bool(row.budget) for row in rows),
        "full_months": sum((row.budget for row in rows if row.month < as_of.replace(day=1)), ZERO),
        "running": running,
        "passed": passed,
        "days": days,
        "gross": figures.gross,
        "due": figures.budget.phased,
        "left": figures.left,
        "total": figures.budget.total,
    }
    share = figures.variance_share if name == "budget_variance" else None
    why = "" if values[name] is not None else "no index"
    return Figure(name, values[name], share=share, reason=why, inputs=inputs, left_out=left_out)
