"""Which initiatives each figure is about, and what each of them brings to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from costs.budgets.totals import Budget, by_remaining
from costs.totals import NO_COST, Flow
from money.exact import ZERO
from portfolio.facts.gathering import Facts
from portfolio.facts.look_back_days import quarter_ends
from portfolio.facts.pending import OF_ANY_DAY, OF_LAST_QUARTER, UNTIL_PRODUCTION
from portfolio.facts.tallies import Tally
from portfolio.figure import Number
from portfolio.figures.exact import difference
from portfolio.guidance import Guidance
from portfolio.metrics.comparisons import CHANGES
from portfolio.metrics.summary import GUIDED_AND_AIMLESS
from projects.stages import LINE, Stage


@dataclass(frozen=True)
class Measure:
    """What each initiative brings to a figure; `of` is told the set, the tally and the initiative's place in it."""

    title: str | Promise
    form: str  # "money" or "number"
    of: Callable[[Facts, Tally, int], Number]
    of_unallocated: Callable[[Flow], Decimal] | None = None  # what belongs to no initiative is in the sum, too
    of_one: str = ""  # the figure of an initiative that says how its part comes about
    most_first: bool = True


@dataclass(frozen=True)
class Selection:
    """The initiatives that a figure is about; `lacks` names why one of them has no part in it."""

    keeps: Callable[[Facts, Tally, int], bool]
    measure: Measure | None = None
    lacks: Callable[[Facts, Tally, int], str] = lambda _facts, _tally, _place: ""
    is_apart: bool = True  # False: what one side of a difference leaves out still counts on the other
    lacks_theirs: bool = False  # True: what waits for an exchange rate is told of these alone, not of the whole set
    lines: str = OF_ANY_DAY  # which of their lines that wait could have been in it


def _spent(facts: Facts, tally: Tally, place: int) -> Flow:
    return facts.money.spent.get(tally.ids[place], NO_COST)


def _benefit(facts: Facts, tally: Tally, place: int) -> Decimal:
    return facts.money.benefit.get(tally.ids[place], ZERO)


def _spent_by(facts: Facts, tally: Tally, place: int, day: date | None) -> Decimal:
    return facts.on_days.get((tally.ids[place], day), NO_COST).gross if day else ZERO


def _last_quarter(facts: Facts, tally: Tally, place: int) -> Decimal:
    before, until = (_spent_by(facts, tally, place, day) for day in quarter_ends(facts.filters.as_of))
    return difference(until, before)


def _nothing(_facts: Facts, _tally: Tally, _place: int) -> Number:
    return 0  # it is read from the database


GROSS = Measure(_("Gross cost"), "money", lambda *one: _spent(*one).gross, of_one="gross_cost")
RECOVERED = Measure(
    _("Recovered"), "money", lambda *one: _spent(*one).recovered, lambda flow: flow.recovered, of_one="recovered"
)
NET_COST = Measure(_("Net cost"), "money", lambda *one: _spent(*one).net, lambda flow: flow.net, of_one="net_cost")
BENEFIT = Measure(_("Measured benefit"), "money", _benefit, of_one="realised_benefit")
VALIDATED = Measure(
    _("Validated benefit"),
    "money",
    lambda facts, tally, place: facts.money.validated.get(tally.ids[place], ZERO),
    of_one="validated_benefit",
)
NET_BENEFIT = Measure(
    _("Net benefit"),
    "money",
    lambda *one: difference(_benefit(*one), _spent(*one).net),
    lambda flow: -flow.net,
    of_one="net_benefit",
)
DIRECT_COST = Measure(
    _("Cost until production"),
    "money",
    lambda facts, tally, place: _spent_by(facts, tally, place, tally.production_on[place]),
)
LAST_QUARTER = Measure(_("Cost in the three months"), "money", _last_quarter)
DAYS = Measure(_("Days"), "number", lambda _facts, tally, place: tally.days[place] or 0, most_first=False)
WAITING = {
    "pending lines": Measure(_("Lines that wait"), "number", _nothing),
    "pending readings": Measure(_("Readings that wait"), "number", _nothing),
}


def _step_days(index: int) -> Measure:
    return replace(DAYS, of=lambda _facts, tally, place: tally.step_days[place][index] or 0)


def _tallied(condition: Callable[[Tally], bool]) -> Callable[[Facts, Tally, int], bool]:
    """Turn a condition on what is counted together into one on each."""
    return lambda _facts, tally, _place: condition(tally)


def _is_of(guidance: Guidance, tally: Tally) -> bool:
    return tally.guidance == guidance


def _has_cost(facts: Facts, tally: Tally, place: int) -> bool:
    return tally.ids[place] in facts.money.spent


def _has_money(facts: Facts, tally: Tally, place: int) -> bool:
    pk = tally.ids[place]
    return pk in facts.money.spent or pk in facts.money.benefit


def _without_days(_facts: Facts, tally: Tally, place: int) -> str:
    return tally.left_out if tally.days[place] is None else ""


def _without_end(_facts: Facts, tally: Tally, place: int) -> str:
    return tally.end_unknown if tally.reached_production and tally.production_on[place] is None else ""


def _may_have_budget(facts: Facts, tally: Tally, place: int) -> bool:
    budget = facts.budgets.get(tally.ids[place])
    return facts.has_budget and (budget is None or budget.is_known)


def _without_budget(facts: Facts, tally: Tally, place: int) -> str:
    return "" if tally.ids[place] in facts.budgets else "no budget"


def _budget(facts: Facts, tally: Tally, place: int) -> Budget:
    return facts.budgets[tally.ids[place]]


def _variance(facts: Facts, tally: Tally, place: int) -> Decimal:
    return difference(_spent(facts, tally, place).gross, _budget(facts, tally, place).phased)


def _estimate(facts: Facts, tally: Tally, place: int) -> Decimal:
    return by_remaining(_spent(facts, tally, place).gross, _budget(facts, tally, place))


def _budgeted(measure: Measure) -> Selection:
    return Selection(_may_have_budget, measure, _without_budget, lacks_theirs=True)


_PROTOTYPES = _tallied(lambda tally: tally.is_prototype)
_REACHED = _tallied(lambda tally: tally.reached_production)
_FAILED = _tallied(lambda tally: tally.failed)
_IN_FLIGHT = _tallied(lambda tally: tally.in_flight)
BUDGET_IN_ALL = Measure(_("Budget in all"), "money", lambda *one: _budget(*one).total, of_one="budget_total")
_BENEFITED = Selection(lambda facts, tally, place: tally.ids[place] in facts.money.benefit, BENEFIT)
_RETURNS = Selection(_has_money, NET_BENEFIT)
_NOBODY = Selection(lambda *_one: False)

SELECTIONS: dict[str, Selection] = {
    "prototypes": Selection(_PROTOTYPES),
    "reached_production": Selection(_REACHED),
    "failed": Selection(_FAILED),
    "in_flight": Selection(_IN_FLIGHT),
    "production_rate": Selection(_PROTOTYPES),
    "production_rate_decided": Selection(_tallied(lambda tally: tally.reached_production or tally.failed)),
    "production_within": Selection(_PROTOTYPES, DAYS, _without_days),
    "guided_to_aimless": Selection(_tallied(lambda tally: tally.guidance in GUIDED_AND_AIMLESS), DAYS, _without_days),
    "median_days_to_production": Selection(_REACHED, DAYS, _without_days),
    **{each.value: Selection(_tallied(partial(_is_of, each))) for each in Guidance},
    "guidance_recorded_later": Selection(_tallied(lambda tally: tally.rests_on_later_rows)),
    "funnel": Selection(_tallied(lambda tally: tally.furthest > 0)),
    "gross_cost": Selection(_has_cost, replace(GROSS, of_unallocated=lambda flow: flow.gross)),
    "recovered": Selection(lambda *one: bool(_spent(*one).recovered), RECOVERED),
    "net_cost": Selection(_has_cost, NET_COST),
    "cost_per_production": Selection(_PROTOTYPES, GROSS, lacks_theirs=True),
    "direct_cost_per_production": Selection(
        _REACHED, DIRECT_COST, _without_end, lacks_theirs=True, lines=UNTIL_PRODUCTION
    ),
    "failure_adds": Selection(_PROTOTYPES, GROSS, _without_end, is_apart=False, lacks_theirs=True),
    "cost_reached": Selection(_REACHED, GROSS),
    "cost_in_flight": Selection(_IN_FLIGHT, GROSS),
    "cost_sunk": Selection(_FAILED, GROSS),
    "cost_no_prototype": Selection(
        lambda facts, tally, place: not tally.is_prototype and _has_cost(facts, tally, place), GROSS
    ),
    "spend_without_outcome": Selection(_tallied(lambda tally: not tally.has_agreed_target), GROSS),
    "unallocated": _NOBODY,
    "run_cost": Selection(
        _tallied(lambda tally: tally.stage == Stage.PRODUCTION), LAST_QUARTER, lacks_theirs=True, lines=OF_LAST_QUARTER
    ),
    "realised_benefit": _BENEFITED,
    "validated_benefit": Selection(lambda facts, tally, place: tally.ids[place] in facts.money.validated, VALIDATED),
    **dict.fromkeys(("net_benefit", "paid_back", "roi", "roi_pv", "bcr", "npv", "irr"), _RETURNS),
    **dict.fromkeys(("payback_months", "discounted_payback_months"), _RETURNS),
    "pending_lines": _NOBODY,
    "budget_total": _budgeted(BUDGET_IN_ALL),
    "budget_due": _budgeted(
        Measure(_("Budget to date"), "money", lambda *one: _budget(*one).phased, of_one="budget_due")
    ),
    "budget_variance": _budgeted(Measure(_("Against budget"), "money", _variance, of_one="budget_variance")),
    "estimate_at_completion": _budgeted(
        Measure(_("Estimate at completion"), "money", _estimate, of_one="estimate_at_completion")
    ),
    "estimate_by_performance": _budgeted(BUDGET_IN_ALL),
}


def base_figure(name: str) -> str:
    """Return the figure whose change in a year this is, else the figure itself."""
    return CHANGES[name][0] if name in CHANGES else name


def selection_of(name: str) -> Selection:
    """Return the initiatives that a figure is about; of a change in a year, those of the figure that changed."""
    name = base_figure(name)
    kind, _sep, stage = name.rpartition("_")
    if kind == "stage_conversion":
        index = LINE.index(Stage(stage))
        return Selection(_tallied(lambda tally: tally.furthest > index - 1))
    if kind == "stage_days":
        index = LINE.index(Stage(stage)) - 1
        return Selection(
            lambda _facts, tally, place: bool(tally.step_days) and tally.step_days[place][index] is not None,
            _step_days(index),
            lambda _facts, tally, place: "a date unknown" if (tally.step_days[place][index] or 0) < 0 else "",
        )
    return SELECTIONS["production_within" if kind == "production_within" else name]
