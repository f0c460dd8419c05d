"""The figures of METRICS.md, written down a second time: literal, day by day, in fractions, and slow.

It knows nothing of the project. A portfolio is a `Book` of plain facts; every function takes the as-of date `as_of` and
reads only facts whose effective date has come. The tests compare the product with it, figure by figure.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

LINE = ["proposed", "approved", "prototype", "pilot", "production"]
ENDED = {"declined", "stopped", "retired"}
DAY = timedelta(days=1)
Flows = dict[date, Fraction]  # by first day of the month


@dataclass
class Step:
    """A transition; without a date it is known to have happened by a day."""

    to: str
    on: date | None
    known_by: date | None = None
    why_unknown: str = ""


@dataclass
class Line:
    """A cost line; `base` is None while it waits for a rate."""

    on: date
    base: Fraction | None
    recoverable: bool = False
    billed_on: date | None = None


@dataclass
class Budget:
    """Money for a month."""

    month: date
    approved_on: date
    base: Fraction | None


@dataclass
class Reading:
    """A level on `end`, or an amount from `start` to `end`. `rates`: by currency, fixed once found."""

    start: date | None
    end: date
    value: Fraction
    validated: bool = False
    rates: dict[str, Fraction] = field(default_factory=dict)


@dataclass
class Outcome:
    """An outcome; each value is a list of (from when on, value), the last recorded of a day holding."""

    kind: str
    agreed_on: date
    values: dict[str, list[tuple[date, Any]]]  # date.min: from the start
    readings: list[Reading] = field(default_factory=list)  # in the order of recording

    def at(self, name: str, day: date) -> Any:
        """Return a value in force on a day."""
        return max(((on, place, value) for place, (on, value) in enumerate(self.values[name]) if on <= day))[2]

    def has_target(self, day: date) -> bool:
        """Tell whether there is a target, or a bound to keep."""
        return any(self.at(name, day) is not None for name in ("target", "target_low", "target_high"))

    def is_complete(self, day: date) -> bool:
        """Tell whether baseline, target and target date are there."""
        return self.has_target(day) and None not in (self.at("baseline", day), self.at("target_on", day))

    def days_of_change(self) -> set[date]:
        """Return the day of the agreement, and those on which a value was changed after it."""
        return {self.agreed_on} | {on for rows in self.values.values() for on, _ in rows if on > self.agreed_on}


@dataclass
class Initiative:
    """All that is known of an initiative."""

    unit: str = ""
    tags: tuple[str, ...] = ()
    hosting: str = "unknown"
    why: bool = False
    outcomes_not_recorded: bool = False
    plans: list[tuple[date, date | None]] = field(default_factory=list)  # agreed on, planned production
    steps: list[Step] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    holds: list[tuple[date, date | None]] = field(default_factory=list)


@dataclass
class Book:
    """A portfolio."""

    initiatives: list[Initiative] = field(default_factory=list)
    unallocated: list[Line] = field(default_factory=list)


# 1. Stages


def happened(x: Initiative, as_of: date) -> list[Step]:
    """Return the steps up to the last one that has happened by as_of."""
    done = [place for place, step in enumerate(x.steps) if (step.on or step.known_by) <= as_of]
    return x.steps[: done[-1] + 1] if done else []


def stage(x: Initiative, as_of: date) -> str:
    """Return where it stands."""
    return steps[-1].to if (steps := happened(x, as_of)) else "draft"


def on_hold(x: Initiative, as_of: date) -> bool:
    """Tell whether it is paused."""
    return any(start <= as_of and (end is None or end > as_of) for start, end in x.holds)


def first(x: Initiative, as_of: date, stages: Sequence[str]) -> Step | None:
    """Return the first step into one of these stages."""
    return next((step for step in happened(x, as_of) if step.to in stages), None)


def start(x: Initiative, as_of: date) -> Step | None:
    """Return the step that made it a prototype."""
    return first(x, as_of, LINE[2:])


def production(x: Initiative, as_of: date) -> Step | None:
    """Return the first step into production."""
    return first(x, as_of, ["production"])


def failed(x: Initiative, as_of: date) -> bool:
    """Tell whether it is stopped and never reached production."""
    return stage(x, as_of) == "stopped" and production(x, as_of) is None


def planned_production(x: Initiative, as_of: date) -> date | None:
    """Return the day planned for production: of the plans agreed by as_of the last agreed, then the last recorded."""
    agreed = [(on, place, planned) for place, (on, planned) in enumerate(x.plans) if on <= as_of]
    return max(agreed)[2] if agreed else None


def furthest(x: Initiative, as_of: date) -> int:
    """Return how far it ever came on the line; -1 for a draft."""
    return max((LINE.index(step.to) for step in happened(x, as_of) if step.to in LINE), default=-1)


# 3. Cost


def gross(lines: Iterable[Line], as_of: date, since: date = date.min) -> Fraction:
    """Return what was spent by as_of."""
    return sum((line.base for line in lines if line.base is not None and since <= line.on <= as_of), Fraction(0))


def billed(lines: Iterable[Line], as_of: date) -> Iterator[Line]:
    """Yield the lines that were recovered by as_of."""
    for line in lines:
        if line.recoverable and line.billed_on and max(line.on, line.billed_on) <= as_of and line.base is not None:
            yield line


def recovered(lines: Iterable[Line], as_of: date) -> Fraction:
    """Return what was billed on by as_of."""
    return sum((line.base for line in billed(lines, as_of)), Fraction(0))


def cost_flows(lines: Sequence[Line], as_of: date) -> tuple[Flows, Flows]:
    """Return gross and recovered by month."""
    spent, back = defaultdict(Fraction), defaultdict(Fraction)
    for line in lines:
        if line.on <= as_of and line.base is not None:
            spent[line.on.replace(day=1)] += line.base
    for line in billed(lines, as_of):
        back[line.billed_on.replace(day=1)] += line.base
    return spent, back


def run_cost(xs: Iterable[Initiative], as_of: date) -> Fraction:
    """Return the monthly cost of what is in production, from the three full months before."""
    end = as_of.replace(day=1) - DAY
    begin = end
    for _ in range(2):
        begin = begin.replace(day=1) - DAY
    lines = [line for x in xs if stage(x, as_of) == "production" for line in x.lines]
    return gross(lines, end, begin.replace(day=1)) / 3


def phased(x: Initiative, as_of: date) -> Fraction:
    """Return the budget due by as_of."""
    share = Fraction(as_of.day, monthrange(as_of.year, as_of.month)[1])
    lines = [line for line in x.budgets if line.approved_on <= as_of and line.base is not None]
    month = as_of.replace(day=1)
    return sum((line.base * (1 if line.month < month else share) for line in lines if line.month <= month), Fraction(0))


def budget_figures(xs: Iterable[Initiative], as_of: date) -> dict[str, Fraction | None]:
    """Return budget, what is due, variance and both estimates, of those that have a budget with an exchange rate."""
    having = [x for x in xs if any(line.approved_on <= as_of and line.base is not None for line in x.budgets)]
    lines = [line for x in having for line in x.budgets if line.approved_on <= as_of and line.base is not None]
    names = ("budget_total", "budget_due", "budget_variance", "estimate_at_completion", "estimate_by_performance")
    if not having:
        return dict.fromkeys(names)
    budget = sum((line.base for line in lines), Fraction(0))
    due = sum((phased(x, as_of) for x in having), Fraction(0))
    spent = sum((gross(x.lines, as_of) for x in having), Fraction(0))
    by_index = budget * spent / due if due > 0 and spent > 0 else None
    return dict(zip(names, (budget, due, spent - due, spent + budget - due, by_index), strict=True))


def without_target(x: Initiative, as_of: date) -> bool:
    """Tell whether no target outcome is agreed at as_of."""
    return not any(outcome.agreed_on <= as_of and outcome.has_target(as_of) for outcome in x.outcomes)


def net_present(flows: Sequence[tuple[date, Fraction]], rate: Decimal) -> list[Decimal]:
    """Return each flow's value at the date of the first."""
    with localcontext(prec=50):
        growth = [(1 + rate) ** (Decimal((on - flows[0][0]).days) / 365) for on, _ in flows]
        amounts = [Decimal(amount.numerator) / amount.denominator for _, amount in flows]
        return [amount / each for amount, each in zip(amounts, growth, strict=True)]
