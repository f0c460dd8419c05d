"""Answers of the portfolio API: every figure with its shape, so that a generated client knows them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, get_type_hints

from ninja import Field, Schema
from pydantic import WithJsonSchema, create_model

from outcomes.status import Status
from portfolio.calculators import calculations
from portfolio.decisions.further_signals import RULES as FURTHER
from portfolio.decisions.signals import RULES
from portfolio.figures import finance
from portfolio.guidance import Guidance
from portfolio.output.bodies import COUNTS, ECONOMICS, MONEY, NAMES, OF_COHORT, SHARES
from projects.stages import Stage

Money = Annotated[str, WithJsonSchema({"type": "string", "examples": ["1234.50"]})]
Number = int | float
LeftOut = dict[str, dict[str, int]]
WHOLE = {*COUNTS, "pending_lines"}
_REASONS = "Why a figure is null, by its name."
_LEFT_OUT = "How many of what each figure could not use, by reason."


class Interval(Schema):
    """An estimate with its 95 % interval; null where it does not exist."""

    value: Number | None
    low: Number | None
    high: Number | None


class Part(Schema):
    """An amount, and its share: of all gross cost, of a budget variance of the budget due."""

    value: Money
    share: Number | None


class Flow(Schema):
    """A month of an initiative."""

    month: str
    benefit: Money
    gross_cost: Money
    net_cost: Money


class Month(Flow):
    """A month of a set."""

    recovered: Money
    net_benefit: Money


class Step(Schema):
    """A stage of the line: how many entered it or a later one, and how they got there from the stage before."""

    stage: Stage
    entered: int
    share: Number | None
    median_days: Number | None
    n_days: int
    left_out: dict[str, int]


class Funnel(Schema):
    """The stages of the line in order; `left_out`: whom a set chosen by start lacks."""

    steps: list[Step]
    left_out: dict[str, int]


class Trend(Schema):
    """Benefit and cost month by month."""

    currency: str
    months: list[Month]
    left_out: LeftOut = Field(description=_LEFT_OUT)


class InitiativeFigures(Schema):
    """A row of the list: an initiative with its figures."""

    key: str
    title: str
    business_unit: str | None
    stage: Stage
    on_hold: bool
    guidance: Guidance | None
    started_on: date | None
    production_on: date | None
    planned_production_on: date | None
    currency: str
    gross_cost: Money
    net_cost: Money
    realised_benefit: Money
    validated_benefit: Money
    net_benefit: Money
    roi: Number | None
    budget_total: Money | None = Field(description="All of the budget approved to the date; null without one.")
    budget_variance: Money | None = Field(description="Gross cost less the budget due.")
    estimate_at_completion: Money | None = Field(description="Gross cost + budget to come.")
    pending_budget_lines: int
    pending_lines: int
    pending_readings: int
    attainment: Number | None = Field(description="Of the main outcome.")
    status: Status | None = Field(description="Of the main outcome.")
    signals: list[str] = Field(description=f"Of {', '.join([*RULES, *FURTHER])}.")


def _kind(name: str) -> Any:
    """Return the type of a figure's value."""
    if name == "production_rate":
        return Interval | None
    if name in SHARES:
        return Part | None
    if name in MONEY:
        return Money | None
    return int if name in WHOLE else Number | None


def _figures(names: tuple[str, ...]) -> dict[str, Any]:
    return {name: (_kind(name), ...) for name in names}


_RATES: dict[str, Any] = {
    "median_days_n": (int, Field(description="Over how many prototypes `median_days_to_production` is the median.")),
    "production_within": (dict[str, Interval], Field(description="The probability within so many months: 6 to 36.")),
    "left_out": (LeftOut, Field(description=_LEFT_OUT)),
}
Cohort = create_model("Cohort", __base__=Schema, __doc__="One guidance cohort.", **_figures(OF_COHORT), **_RATES)
Summary = create_model(
    "PortfolioSummary",
    __base__=Schema,
    __doc__="Every figure of a set.",
    as_of=(date, ...),
    currency=(str, ...),
    rate=(float, ...),
    **_figures(NAMES),
    **_RATES,
    by_guidance=(dict[Guidance, Cohort], ...),
    guidance_recorded_later=(int, ...),
    stages=(dict[Stage, int], ...),
    reasons=(dict[str, str], Field(description=_REASONS)),
)
Economics = create_model(
    "Economics",
    __base__=Schema,
    __doc__="The figures of one initiative.",
    key=(str, ...),
    as_of=(date, ...),
    currency=(str, ...),
    stage=(Stage, ...),
    guidance=(Guidance | None, ...),
    **_figures(ECONOMICS),
    reasons=(dict[str, str], Field(description=_REASONS)),
    left_out=(LeftOut, Field(description=_LEFT_OUT)),
    flows=(list[Flow], ...),
)


def _of(kind: type) -> type[Schema]:
    """Return the schema of what a calculator works out."""
    fields: dict[str, Any] = {name: (hint, ...) for name, hint in get_type_hints(kind).items()}
    return create_model(kind.__name__, __base__=Schema, __doc__=kind.__doc__, **fields)


TokenCost, Return = _of(calculations.TokenCost), _of(finance.Return)
