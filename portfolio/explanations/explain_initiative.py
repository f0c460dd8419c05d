"""A figure of one initiative explained, with the months behind it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext

from costs.budgets.figures import BUDGET_WAITS
from outcomes.models import Outcome
from outcomes.totals import benefit_by_outcome
from portfolio.decisions.signals import RULES, signals_of
from portfolio.explanations.definition import Definition
from portfolio.explanations.explain import BENEFITS, Explanation, Working, benefit_inputs, explained, flow_working
from portfolio.explanations.explain_guidance import explain_guidance
from portfolio.explanations.flow_steps import steps
from portfolio.explanations.left_out import told
from portfolio.explanations.texts.initiative import OF_ONE
from portfolio.facts.rows import Row
from portfolio.metrics.budgets import of_one
from portfolio.metrics.economics import Economics, economics
from portfolio.metrics.names import BUDGET, OF_FLOWS
from portfolio.selection.filters import Filters
from projects.models import Initiative


def explain_one(name: str, initiative: Initiative, filters: Filters, currency: str) -> Explanation | None:
    """Return the explanation of a figure of an initiative; None where it has no such figure."""
    if name == "guidance":
        return explain_guidance(initiative, filters.as_of)
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
    holds = next((each for each in signals_of(found.row, found.as_of, currency) if each.rule == name), None)
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
        sentence=holds.words if holds else "",
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
    budget = of_one(found)
    return replace(explained(name, OF_ONE, budget.figures[name], currency), budget=budget.months)
