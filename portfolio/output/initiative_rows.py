"""Initiatives with their figures as rows of a list: sorted, and as the API gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.models import Organisation
from outcomes.status import OutcomeState, states
from outcomes.terms import main_outcomes
from portfolio.decisions.signals import signals
from portfolio.facts.gathering import Facts, rows_in
from portfolio.facts.rows import Row
from portfolio.figures.exact import difference, quotient
from portfolio.output.bodies import amount, number
from projects.stages import Stage


def roi(row: Row) -> Decimal | None:
    """Return an initiative's net benefit per net cost, None without a net cost."""
    return roi_of(row.net_cost, row.benefit)


def roi_of(net_cost: Decimal, benefit: Decimal) -> Decimal | None:
    """Return net benefit per net cost (METRICS.md 5), to 18 places; None without a net cost."""
    return quotient(difference(benefit, net_cost), net_cost) if net_cost > 0 else None


class Sorts:
    """The columns that a list can be sorted by."""

    def __init__(self, **columns: Callable[[Row], Any]) -> None:
        self._columns = columns

    def __contains__(self, name: str) -> bool:
        """Tell whether there is such a column."""
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        """Name the columns."""
        return iter(self._columns)

    def sorted(self, rows: Sequence[Row], sort: str) -> list[Row]:
        """Return the rows by a column, "-" in front for descending; what has no value comes last either way."""
        column, descending = self._columns[sort.removeprefix("-")], sort.startswith("-")
        by_number = sorted(rows, key=lambda row: row.number)
        known = [row for row in by_number if column(row) is not None]
        unknown = [row for row in by_number if column(row) is None]
        return sorted(known, key=column, reverse=descending) + unknown


ORDER = {stage: place for place, stage in enumerate(Stage)}  # of the line, its ends after it
SORTS = Sorts(
    key=lambda row: row.number,
    title=lambda row: row.title.casefold(),
    business_unit=lambda row: row.unit.casefold() or None,
    stage=lambda row: ORDER[row.stage],
    guidance=lambda row: row.guidance.value if row.guidance else None,
    started_on=lambda row: row.started_on,
    production_on=lambda row: row.production_on,
    gross_cost=lambda row: row.gross,
    realised_benefit=lambda row: row.benefit,
    net_benefit=lambda row: difference(row.benefit, row.net_cost),
    roi=roi,
    budget_total=lambda row: row.against_budget.budget and row.against_budget.budget.total,
    budget_variance=lambda row: row.against_budget.variance,
    estimate_at_completion=lambda row: row.against_budget.by_remaining,
)


def rows_with_budgets(facts: Facts) -> list[Row]:
    """Return the initiatives of a set with their money and their budgets; two queries."""
    rows = rows_in(facts)
    for row in rows:
        row.budget = facts.budgets.get(row.id)
    return rows


def initiative_items(rows: Sequence[Row], as_of: date) -> list[dict[str, Any]]:
    """Return rows as GET /portfolio/initiatives gives them."""
    ids = [row.id for row in rows]
    stand = states(None, as_of, initiative_ids=ids) if ids else {}
    main = main_outcomes(((state.outcome, state.terms) for state in stand.values()), as_of)
    of_main = {initiative: stand[outcome.pk] for initiative, outcome in main.items()}
    currency = Organisation.current().base_currency
    found = signals(rows, as_of, currency)
    return [
        _item(row, currency, of_main.get(row.id), [signal.rule for signal in found if signal.row is row])
        for row in rows
    ]


def _item(row: Row, currency: str, main: OutcomeState | None, rules: list[str]) -> dict[str, Any]:
    return {
        "key": row.key,
        "title": row.title,
        "business_unit": row.unit or None,
        "stage": row.stage.value,
        "on_hold": row.on_hold,
        "guidance": row.guidance.value if row.guidance else None,
        "started_on": row.started_on,
        "production_on": row.production_on,
        "planned_production_on": row.planned_production_on,
        "currency": currency,
        "gross_cost": amount(row.gross),
        "net_cost": amount(row.net_cost),
        "realised_benefit": amount(row.benefit),
        "validated_benefit": amount(row.validated),
        "net_benefit": amount(difference(row.benefit, row.net_cost)),
        "roi": number(roi(row)),
        "budget_total": amount(row.against_budget.budget and row.against_budget.budget.total),
        "budget_variance": amount(row.against_budget.variance),
        "estimate_at_completion": amount(row.against_budget.by_remaining),
        "pending_budget_lines": row.against_budget.pending,
        "pending_lines": row.pending.lines,
        "pending_readings": row.pending.readings,
        "attainment": number(main.attainment) if main else None,
        "status": main.status.value if main and main.status else None,
        "signals": rules,
    }
