"""The figures as API and command give them: money as text, rates as numbers, null with its reason."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from accounts.models import Organisation
from portfolio.explanations.texts.initiative import OF_ONE
from portfolio.facts.flows import MonthFlow
from portfolio.figure import Figure, Number
from portfolio.figures.exact import quotient
from portfolio.metrics.budgets import of_one
from portfolio.metrics.economics import Economics
from portfolio.metrics.names import BUDGET
from portfolio.metrics.summary import Group, Summary

# An amount of 18 places at a rate of 18. Benefit is worked out by the day, and so has up to 60 digits.
EXACT_PLACES = 36
COUNTS = ("prototypes", "reached_production", "failed", "in_flight")
MONEY = {name for name, definition in OF_ONE.items() if definition.form in ("money", "money_change")}
SHARES = {"cost_sunk", "spend_without_outcome", "unallocated", "budget_variance"}
_RATES = (*COUNTS, "production_rate", "production_rate_decided", "median_days_to_production")
_COSTS = ("gross_cost", "recovered", "net_cost")
_BENEFITS = ("realised_benefit", "validated_benefit", "net_benefit", "roi")
_FLOWS = ("roi_pv", "bcr", "npv", "irr", "payback_months", "discounted_payback_months")
# In the order of METRICS.md; production_within is given apart.
NAMES = (
    *_RATES,
    *_COSTS,
    "cost_per_production",
    "direct_cost_per_production",
    "failure_adds",
    "cost_sunk",
    "spend_without_outcome",
    "unallocated",
    "run_cost",
    *_BENEFITS,
    *_FLOWS,
    "pending_lines",
    *BUDGET,
)
OF_COHORT = (*_RATES, *_COSTS, "cost_per_production", *_BENEFITS)
ECONOMICS = (*_COSTS, *_BENEFITS, *_FLOWS, "pending_lines", *BUDGET)


def summary_body(summary: Summary) -> dict[str, Any]:
    """Return the body of GET /portfolio/summary."""
    filters = summary.facts.filters
    body: dict[str, Any] = {
        "as_of": filters.as_of.isoformat(),
        "currency": summary.currency,
        "rate": float(filters.rate),
    }
    body |= {name: plain(summary[name]) for name in NAMES}
    body["median_days_n"] = _median_n(summary["median_days_to_production"])
    body["production_within"] = {str(months): interval(figure) for months, figure in summary.production_within.items()}
    body["by_guidance"] = {guidance.value: _group(group) for guidance, group in summary.by_guidance.items()}
    body["guidance_recorded_later"] = summary["guidance_recorded_later"].value
    body["stages"] = summary.stages
    body["left_out"] = summary.left_out | {
        name: figure.left_out for name, figure in summary.budget.items() if figure.left_out
    }
    body["reasons"] = {name: summary[name].reason for name in NAMES if summary[name].value is None}
    return body


def economics_body(found: Economics) -> dict[str, Any]:
    """Return the body of GET /initiatives/{key}/economics."""
    figures = found.figures | of_one(found).figures
    return {
        "key": found.row.key,
        "as_of": found.as_of.isoformat(),
        "currency": Organisation.current().base_currency,
        "stage": found.row.stage.value,
        "guidance": found.row.guidance.value if found.row.guidance else None,
        **{name: plain(figure) for name, figure in figures.items()},
        "reasons": {name: figure.reason for name, figure in figures.items() if figure.value is None},
        "left_out": {name: figure.left_out for name, figure in figures.items() if figure.left_out},
        "flows": [_flow(month) for month in found.months],
    }


def _flow(month: MonthFlow) -> dict[str, str | None]:
    return {
        "month": f"{month.month:%Y-%m}",
        "benefit": amount(month.benefit),
        "gross_cost": amount(month.gross),
        "net_cost": amount(month.net_cost),
    }


def plain(figure: Figure) -> Any:
    """Return a figure as JSON: an interval, a value with its share, an amount or a number."""
    if figure.name == "production_rate":
        return interval(figure) if figure.value is not None else None
    if figure.name in SHARES:
        return None if figure.value is None else {"value": amount(figure.value), "share": number(figure.share)}
    return amount(figure.value) if figure.name in MONEY else number(figure.value)


def _median_n(median: Figure) -> Number:
    """Return over how many prototypes it is the median."""
    return median.inputs.get("initiatives") or 0


def interval(figure: Figure) -> dict[str, float | int | None]:
    """Return an estimate with its interval."""
    return {"value": number(figure.value), "low": figure.low, "high": figure.high}


def amount(value: Number | None) -> str | None:
    """Return money as text without an exponent: every digit of a sum, 18 places of what was divided."""
    if value is None:
        return None
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    return f"{quotient(exact, 1) if _is_divided(exact) else exact:f}"


def _is_divided(value: Decimal) -> bool:
    """Tell whether more digits stand after the point than adding and converting amounts can give."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent < -EXACT_PLACES


def number(value: Number | None) -> float | int | None:
    """Return a rate or a count as a JSON number."""
    return float(value) if isinstance(value, Decimal) else value


def _group(group: Group) -> dict[str, Any]:
    body = {name: plain(figure) for name, figure in group.figures.items()}
    body["median_days_n"] = _median_n(group.figures["median_days_to_production"])
    body["production_within"] = {str(months): interval(figure) for months, figure in group.production_within.items()}
    body["left_out"] = group.left_out
    return body
