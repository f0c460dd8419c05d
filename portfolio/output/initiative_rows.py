"""Initiatives with their figures as rows of a list: sorted, and as the API gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from accounts.models import Organisation
from outcomes.models import Outcome
from outcomes.status import OutcomeState, Status, states_of
from outcomes.terms import main_outcomes
from portfolio.decisions.further_signals import Beside, beside, further_signals
from portfolio.decisions.signals import signals_of
from portfolio.facts.gathering import Facts, rows_in
from portfolio.facts.rows import Row
from portfolio.figures.exact import difference, quotient
from portfolio.output.bodies import amount, number
from projects.stages import Stage
from projects.standing import Standing, standing


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
STATUS_ORDER = {status: place for place, status in enumerate(Status, start=1)}  # the first that holds
SORTS = Sorts(
    key=lambda row: row.number,
    title=lambda row: row.title.casefold(),
    business_unit=lambda row: row.unit.casefold() or None,
    stage=lambda row: ORDER[row.stage],
    guidance=lambda row: row.guidance.value if row.guidance else None,
    started_on=lambda row: row.started_on,
    production_on=lambda row: row.production_on,
    gross_cost=lambda row: row.gross,
    net_cost=lambda row: row.net_cost,
    realised_benefit=lambda row: row.benefit,
    validated_benefit=lambda row: row.validated,
    net_benefit=lambda row: difference(row.benefit, row.net_cost),
    roi=roi,
    budget_total=lambda row: row.against_budget.budget and row.against_budget.budget.total,
    budget_variance=lambda row: row.against_budget.variance,
    estimate_at_completion=lambda row: row.against_budget.by_remaining,
    attainment=lambda row: row.main and row.main.attainment,
    status=lambda row: row.main and row.main.status and STATUS_ORDER[row.main.status],
)
OF_OUTCOMES = ("attainment", "status")  # of these `with_outcomes` has to be asked first


class Outcomes(NamedTuple):
    """Where the outcomes of initiatives stand, and where those do themselves."""

    states: list[OutcomeState]
    standings: list[Standing]


def rows_with_budgets(facts: Facts) -> list[Row]:
    """Return the initiatives of a set with their money and their budgets; two queries."""
    rows = rows_in(facts)
    for row in rows:
        row.budget = facts.budgets.get(row.id)
    return rows


def with_outcomes(rows: Sequence[Row], as_of: date) -> Outcomes:
    """Set where the main outcome of each initiative stands; return what that took to find out, in five queries."""
    ids = [row.id for row in rows]
    standings = standing(ids, as_of)
    outcomes = list(Outcome.objects.filter(initiative__in=ids).order_by("id"))
    stand = states_of(outcomes, as_of, standings=standings)
    main = main_outcomes(((state.outcome, state.terms) for state in stand.values()), as_of)
    for row in rows:
        row.main = stand[main[row.id].pk] if row.id in main else None
    return Outcomes(list(stand.values()), standings)


def initiative_items(rows: Sequence[Row], facts: Facts) -> list[dict[str, Any]]:
    """Return rows of a set as GET /portfolio/initiatives gives them."""
    as_of, currency = facts.filters.as_of, Organisation.current().base_currency
    known = beside([row.id for row in rows], as_of, facts.visible, *with_outcomes(rows, as_of))
    return [_item(row, currency, _rules_that_hold(row, known, currency)) for row in rows]


def _rules_that_hold(row: Row, known: Beside, currency: str) -> list[str]:
    return [*(signal.rule for signal in signals_of(row, known.as_of, currency)), *further_signals(row, known)]


def _item(row: Row, currency: str, rules: list[str]) -> dict[str, Any]:
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
        "attainment": number(row.main.attainment) if row.main else None,
        "status": row.main.status.value if row.main and row.main.status else None,
        "signals": rules,
    }
