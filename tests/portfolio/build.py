"""Sets of initiatives for the figures, built without a database: every initiative a tally of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costs.totals import Flow
from portfolio.facts.flows import MonthFlow
from portfolio.facts.gathering import Facts
from portfolio.facts.pending import Pending, PendingBySharers
from portfolio.facts.tallies import Tally
from portfolio.guidance import Guidance
from portfolio.selection.filters import Filters
from projects.stages import Stage

AS_OF = date(2026, 6, 17)
START = date(2025, 1, 1)


@dataclass
class Case:
    """An initiative: a prototype of 1 January 2025 in flight, unless told otherwise."""

    number: int = 1
    stage: Stage = Stage.PROTOTYPE
    is_prototype: bool = True
    started_on: date | None = START
    start_unknown: str = ""
    end: date | None = AS_OF
    end_unknown: str = ""
    reached_production: bool = False
    guidance: Guidance | None = Guidance.GUIDED
    has_target: bool = False
    furthest: int = 0
    step_days: Sequence[int | None] = (None, None, None, None)
    has_cost: bool = False  # also without: where it has a gross cost
    has_benefit: bool = False  # also without: where it has brought a benefit
    gross: Decimal = Decimal(0)
    recovered: Decimal = Decimal(0)
    benefit: Decimal = Decimal(0)
    validated: Decimal = Decimal(0)
    until_production: Decimal = Decimal(0)
    last_quarter: Decimal = Decimal(0)

    def tally(self) -> Tally:
        """Return it as the figures see it."""
        known = self.started_on is not None and self.end is not None
        return Tally(
            stage=self.stage,
            furthest=self.furthest,
            is_prototype=self.is_prototype,
            reached_production=self.reached_production,
            failed=self.stage == Stage.STOPPED and not self.reached_production,
            guidance=self.guidance,
            has_agreed_target=self.has_target,
            left_out="" if known else self.start_unknown if self.started_on is None else self.end_unknown,
            end_unknown=self.end_unknown,
            ids=[self.number],
            days=[(self.end - self.started_on).days if known and self.is_prototype else None],
            production_on=[self.end if self.reached_production else None],
            is_late=[False],
            step_days=[self.step_days],
            with_benefit=int(self.has_benefit or bool(self.benefit)),
            with_cost=int(self.has_cost or bool(self.gross)),
            **{name: getattr(self, name) for name in MONEY},
        )


MONEY = ("gross", "recovered", "benefit", "validated", "until_production", "last_quarter")


def row(number: int = 1, stage: Stage = Stage.PROTOTYPE, **fields) -> Case:
    """Return an initiative: a prototype of 1 January 2025 in flight, unless told otherwise."""
    return Case(number, stage, **fields)


def reached(number: int = 1, on: date | None = date(2025, 7, 1), **fields) -> Case:
    """Return an initiative in production."""
    return Case(number, Stage.PRODUCTION, reached_production=True, end=on, **fields)


def stopped(number: int = 1, on: date | None = date(2025, 4, 1), **fields) -> Case:
    """Return a failed initiative."""
    return Case(number, Stage.STOPPED, end=on, **fields)


def facts(
    rows: Sequence[Case],
    *,
    filters: Filters | None = None,
    unallocated: Flow | None = None,
    months: Sequence[MonthFlow] = (),
    waits: Mapping[int, Pending] | None = None,
) -> Facts:
    """Return the facts of a set; `waits`: what waits for an exchange rate, by initiative, whatever the sum."""
    chosen = filters or Filters(as_of=AS_OF)
    pending = [((pk,), each) for pk, each in (waits or {}).items()]
    whole = None if chosen.narrows else unallocated or Flow()
    found = Facts(
        filters=chosen,
        tallies=[each.tally() for each in rows],
        unallocated=whole,
        months=list(months),
        pending_by_sharers=PendingBySharers(pending, pending, pending),
    )
    vars(found)["budgets"] = {}  # nobody has one, so that no database is asked
    return found


def spent(text: str) -> dict[str, Decimal]:
    """Return the field that says what was spent."""
    return {"gross": Decimal(text)}
