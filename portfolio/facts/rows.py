"""One initiative at the as-of date, as lists show it; sets are worked out from tallies (`portfolio.facts.tallies`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costs.budgets.figures import BudgetFigures, of_budget
from costs.budgets.totals import Budget
from money.exact import ZERO
from outcomes.status import OutcomeState
from portfolio.facts.pending import NOTHING_PENDING, Pending
from portfolio.figures.exact import difference
from portfolio.guidance import Decision, Guidance
from projects.models import key_of
from projects.stages import Stage


@dataclass(slots=True)
class Row:
    """Where an initiative stands, and what it has cost and brought in the base currency."""

    id: int
    number: int
    title: str
    unit: str
    stage: Stage
    on_hold: bool
    is_prototype: bool
    started_on: date | None
    reached_production: bool
    production_on: date | None
    planned_production_on: date | None = None
    guidance: Guidance | None = None
    rests_on_later_rows: bool = False
    has_target: bool = False  # a target outcome is agreed and in force at the date
    planned_cost: Decimal | None = ZERO  # the budget phased to the date; None while a line of it waits for a rate
    has_budget: bool = False  # one has been approved by the date, also where nothing of it is due yet
    budget: Budget | None = None  # all that was approved by the date, where that was asked for
    gross: Decimal = ZERO
    recovered: Decimal = ZERO
    benefit: Decimal = ZERO
    validated: Decimal = ZERO
    has_cost: bool = False  # also where credits have brought it back to nothing
    has_benefit: bool = False  # also where readings have brought it back to nothing
    pending: Pending = NOTHING_PENDING  # what of it waits for an exchange rate
    main: OutcomeState | None = None  # where its main outcome stands, where that was asked for

    @property
    def key(self) -> str:
        """The name that people use."""
        return key_of(self.number)

    @property
    def against_budget(self) -> BudgetFigures:
        """Its cost against that budget."""
        return of_budget(self.gross, self.budget)

    @property
    def net_cost(self) -> Decimal:
        """Gross cost less what was recovered."""
        return difference(self.gross, self.recovered)

    @property
    def decision(self) -> Decision | None:
        """Its cohort, and what that rests on; None for what is no prototype."""
        return Decision(self.guidance, self.rests_on_later_rows) if self.guidance else None
