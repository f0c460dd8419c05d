"""The portfolio summary: every figure of METRICS.md 2, 3 and 5 for a set of initiatives, worked out once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from accounts.models import Organisation, User
from portfolio.facts.cohort import Cohort
from portfolio.facts.flows import totals_of
from portfolio.facts.gathering import Facts, gather
from portfolio.facts.tallies import spent_by
from portfolio.figure import Figure
from portfolio.guidance import Guidance
from portfolio.metrics import budgets, rates, returns, spending
from portfolio.metrics.comparisons import CHANGES, change, guided_to_aimless
from portfolio.metrics.names import BUDGET, HORIZONS
from portfolio.metrics.rates import Curve
from portfolio.metrics.unknown_starts import with_missing
from portfolio.metrics.year_before import Earlier, earlier
from portfolio.selection.filters import Filters

COSTS = (
    spending.cost_per_production,
    spending.direct_cost_per_production,
    spending.failure_adds,
    spending.cost_sunk,
    spending.spend_without_outcome,
    spending.unallocated,
    spending.run_cost,
)


def _of_guidance(guidance: Guidance, facts: Facts) -> Figure:
    return rates.of_guidance(facts.cohort, guidance)


GUIDED_AND_AIMLESS = (Guidance.GUIDED, Guidance.AIMLESS)

# Shown by pages and asked for there; no part of the summary that the API gives.
ON_DEMAND: dict[str, Callable[[Facts], Figure]] = {
    "cost_reached": spending.cost_reached,
    "cost_in_flight": spending.cost_in_flight,
    "cost_no_prototype": spending.cost_no_prototype,
    "paid_back": lambda facts: returns.paid_back(facts.totals),
    "guidance_recorded_later": lambda facts: rates.recorded_later(facts.cohort),
    **{each.value: partial(_of_guidance, each) for each in Guidance},
}


@dataclass(frozen=True)
class Group:
    """The figures of a guidance cohort, with its incidence curve."""

    figures: dict[str, Figure]
    production_within: dict[int, Figure]
    curve: Curve

    @property
    def left_out(self) -> dict[str, dict[str, int]]:
        """Return what each figure had to leave out, by reason."""
        return left_out(self.curve, self.figures)


def left_out(curve: Curve, figures: dict[str, Figure]) -> dict[str, dict[str, int]]:
    """Return what the curve and the figures had to leave out, by figure and reason."""
    found = {"production_within": curve.left_out} if curve.left_out else {}
    return found | {name: figure.left_out for name, figure in figures.items() if figure.left_out}


@dataclass(frozen=True)
class Summary:
    """Every figure of a set, by name."""

    facts: Facts
    currency: str
    figures: dict[str, Figure]
    production_within: dict[int, Figure]
    curve: Curve
    stages: dict[str, int]
    by_guidance: dict[Guidance, Group]

    def __getitem__(self, name: str) -> Figure:
        """Return a figure by its name in METRICS.md's terms; "production_within_24" and "stage_days_pilot" too."""
        if name.startswith("production_within_"):
            return self.production_within[int(name.rpartition("_")[2])]
        if name == "guided_to_aimless":
            return guided_to_aimless(*(self.by_guidance[each].production_within for each in GUIDED_AND_AIMLESS))
        if name in CHANGES:
            return change(name, self[CHANGES[name][0]], self.before)
        if name in ON_DEMAND:
            return with_missing(ON_DEMAND[name](self.facts), self.facts.cohort)
        if name in BUDGET:
            return self.budget[name]
        return self.figures[name] if name in self.figures else self.steps[name]

    @cached_property
    def before(self) -> Earlier:
        """The headline figures a year before; of facts that were gathered for that."""
        return earlier(self.facts)

    @cached_property
    def steps(self) -> dict[str, Figure]:
        """The line of stages as figures."""
        line = rates.step_figures(self.facts.tallies, self.facts.without_start)
        return _all_with_missing(line, self.facts.cohort)

    @cached_property
    def budget(self) -> dict[str, Figure]:
        """The figures of the budgets; one query, where they are asked for."""
        return _all_with_missing(budgets.of_set(self.facts), self.facts.cohort)

    @property
    def left_out(self) -> dict[str, dict[str, int]]:
        """Return what each figure had to leave out, by reason."""
        return left_out(self.curve, self.figures)


def summary(filters: Filters, user: User | None) -> Summary:
    """Return the summary of the initiatives that `user` may see; None sees all (commands, packs)."""
    return summarise(gather(filters, user), Organisation.current().base_currency)


def summarise(facts: Facts, currency: str) -> Summary:
    """Work out every figure of a set whose facts are at hand."""
    cohort = facts.cohort
    curve = rates.incidence(cohort)
    figures = _rate_figures(cohort) | spending.of_set(facts)
    figures |= {figure.name: figure for figure in (function(facts) for function in COSTS)}
    figures |= returns.totals_figures(facts.totals) | returns.flow_figures(
        facts.months, facts.filters.rate, facts.pending
    )
    figures["pending_lines"] = Figure("pending_lines", facts.pending.lines)
    return Summary(
        facts=facts,
        currency=currency,
        figures=_all_with_missing(figures, cohort),
        production_within={months: rates.production_within(curve, months) for months in HORIZONS},
        curve=curve,
        stages=rates.stages(facts.tallies),
        by_guidance={guidance: _group(facts, guidance) for guidance in Guidance},
    )


def _rate_figures(cohort: Cohort) -> dict[str, Figure]:
    functions = (rates.production_rate, rates.production_rate_decided, rates.median_days_to_production)
    return rates.counts(cohort) | {figure.name: figure for figure in (function(cohort) for function in functions)}


def _group(facts: Facts, guidance: Guidance) -> Group:
    """Return what can be told of one cohort: its rates, what it cost and what came back."""
    tallies = [tally for tally in facts.tallies if tally.guidance == guidance]
    cohort = Cohort.of(tallies, [tally for tally in facts.without_start if tally.guidance == guidance])
    curve = rates.incidence(cohort)
    spent, pending = spent_by(tallies), facts.pending_of(lambda tally: tally.guidance == guidance)
    figures = _rate_figures(cohort) | spending.of_flow(spent, pending.left_out_lines)
    figures["cost_per_production"] = spending.per_production(cohort, pending.left_out_lines)
    figures |= returns.totals_figures(totals_of(tallies, spent, pending))
    within = {months: rates.production_within(curve, months) for months in HORIZONS}
    return Group(_all_with_missing(figures, cohort), within, curve)


def _all_with_missing(figures: dict[str, Figure], cohort: Cohort) -> dict[str, Figure]:
    return {name: with_missing(figure, cohort) for name, figure in figures.items()}
