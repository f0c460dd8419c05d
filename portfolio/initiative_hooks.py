"""What the projects room asks for by its hooks: the guidance and the money of initiatives."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, Value
from django.db.models.expressions import Combinable, RawSQL
from django.db.models.functions import Coalesce

from costs import totals as costs
from costs.budgets import figures as budget_figures
from costs.budgets import totals as budget_totals
from costs.budgets.totals import Budget
from money.exact import ZERO
from outcomes import totals as benefits
from portfolio.facts.pending import waiting_by_initiative
from portfolio.facts.row_queries import rows_of
from portfolio.output.bodies import amount
from portfolio.output.initiative_rows import roi_of
from projects.hooks import Money

# The columns of `budget_totals.BUDGETS`, and what is due of them.
_BUDGET = "initiative_id, total, before, running, pending, lines"
_DUE = "before + running * %(passed)s / %(days)s"


def guidance_of(ids: Sequence[int], as_of: date) -> dict[int, str | None]:
    """Return the cohort of each initiative; None for what is no prototype."""
    return {row.id: row.guidance.value if row.guidance else None for row in rows_of(as_of, ids)}


def money_of(ids: Sequence[int], as_of: date) -> dict[int, Money]:
    """Return cost, benefit and budget of each initiative that has any, or waits for an exchange rate; three queries."""
    of_costs = budget_totals.flows_and_budgets(ids, as_of)
    benefit = benefits.benefit_by_initiative(ids, as_of)
    lines, readings = waiting_by_initiative(ids, as_of).values()
    return {
        pk: _money(*of_costs.get(pk, (None, None)), benefit.get(pk), lines.get(pk, 0), readings.get(pk, 0))
        for pk in of_costs.keys() | benefit.keys() | lines.keys() | readings.keys()
    }


def by_gross_cost(as_of: date) -> RawSQL:
    """Return the gross cost to the date of the initiative in each row, null for none."""
    return _amount_of_each(*costs.flows_statement(as_of), columns="id, amount, recovered")


def by_benefit(as_of: date) -> RawSQL:
    """Return the realised benefit to the date of the initiative in each row, null for none."""
    return _amount_of_each(*benefits.benefit_statement(as_of), columns="id, amount")


def by_budget(as_of: date) -> RawSQL:
    """Return the whole budget of the initiative in each row that was approved by the date, null for none."""
    return _of_budget("total", as_of)


def by_variance(as_of: date) -> Combinable:
    """Return the gross cost to the date less the budget due, null without a budget."""
    return _spent(as_of) - _of_budget(_DUE, as_of)


def by_estimate(as_of: date) -> Combinable:
    """Return the gross cost to the date and the budget to come, null without a budget."""
    return _spent(as_of) + _of_budget("total", as_of) - _of_budget(_DUE, as_of)


def _money(flow: costs.Flow | None, budget: Budget | None, benefit: Decimal | None, lines: int, readings: int) -> Money:
    net_cost = ZERO if flow is None else flow.net
    figures = budget_figures.of_budget(ZERO if flow is None else flow.gross, budget)
    return Money(
        gross_cost=None if flow is None else flow.gross,
        realised_benefit=_as_told(benefit),
        roi=roi_of(net_cost, ZERO if benefit is None else benefit),
        pending_lines=lines,
        pending_readings=readings,
        budget_total=figures.budget and figures.budget.total,
        budget_variance=_as_told(figures.variance),
        estimate_at_completion=_as_told(figures.by_remaining),
        pending_budget_lines=figures.pending,
    )


def _as_told(value: Decimal | None) -> Decimal | None:
    """Return an amount rounded where it was divided by days, as the API gives it."""
    return None if value is None else Decimal(str(amount(value)))


def _spent(as_of: date) -> Coalesce:
    return Coalesce(by_gross_cost(as_of), Value(ZERO), output_field=DecimalField())


def _of_budget(what: str, as_of: date) -> RawSQL:
    passed, days = budget_totals.phased_share(as_of)
    statement, given = budget_totals.budgets_statement(as_of)
    known = f"SELECT initiative_id, {what} FROM ({statement}) AS budget ({_BUDGET}) WHERE lines > pending"  # noqa: S608
    return _amount_of_each(known, {**given, "passed": passed, "days": days}, columns="id, amount")


def _amount_of_each(statement: str, given: Mapping[str, Any], columns: str) -> RawSQL:
    """Look the amount of a row's initiative up in a statement over all; PostgreSQL narrows it to that one by itself."""
    values: list[Any] = []

    def numbered(name: re.Match[str]) -> str:  # Django takes values by their order
        values.append(given[name[1]])
        return "%s"

    inner = re.sub(r"%\((\w+)\)s", numbered, statement)
    text = f"SELECT amount FROM ({inner}) AS each ({columns}) WHERE each.id = projects_initiative.id"  # noqa: S608 - our own
    return RawSQL(text, values, output_field=DecimalField())  # noqa: S611 - our own
