"""Prototypes whose start is unknown: which figures of a cohort by start leave them out (METRICS.md 2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter

from portfolio.facts.cohort import Cohort
from portfolio.facts.tallies import Tally
from portfolio.figure import Figure, counted
from portfolio.metrics.names import BUDGET, OF_FLOWS
from projects.stages import LINE, Stage

# Whom a figure is about, by its name: those of them whose start is unknown are missing from it.
_PROTOTYPE: Callable[[Tally], bool] = attrgetter("is_prototype")
_REACHED: Callable[[Tally], bool] = attrgetter("reached_production")
POPULATIONS: dict[str, Callable[[Tally], bool]] = {
    **dict.fromkeys(("prototypes", "not_recorded", "production_rate", "production_within"), _PROTOTYPE),
    **dict.fromkeys(("gross_cost", "recovered", "net_cost", "cost_per_production", "failure_adds"), _PROTOTYPE),
    **dict.fromkeys(("realised_benefit", "validated_benefit", "net_benefit", "paid_back", "roi"), _PROTOTYPE),
    **dict.fromkeys(OF_FLOWS, _PROTOTYPE),
    **dict.fromkeys(("reached_production", "median_days_to_production"), _REACHED),
    **dict.fromkeys(("direct_cost_per_production", "cost_reached"), _REACHED),
    **dict.fromkeys(("failed", "cost_sunk"), attrgetter("failed")),
    **dict.fromkeys(("in_flight", "cost_in_flight"), attrgetter("in_flight")),
    **dict.fromkeys(BUDGET, _PROTOTYPE),
    "production_rate_decided": lambda tally: tally.reached_production or tally.failed,
    "spend_without_outcome": lambda tally: not tally.has_agreed_target,
    "run_cost": lambda tally: tally.stage == Stage.PRODUCTION,
}


def population_of(name: str) -> Callable[[Tally], bool] | None:
    """Return the test that tells whom a figure is about.

    None where nobody of unknown start is missing, and for the days to a stage, which leave them out themselves.
    """
    kind, _sep, variant = name.rpartition("_")
    if kind == "stage_conversion":
        before = LINE.index(Stage(variant)) - 1
        return lambda tally: tally.furthest > before
    if name == "funnel":
        return lambda tally: tally.furthest > 0
    return POPULATIONS.get("production_within" if kind == "production_within" else name)


def missing_from(name: str, tally: Tally) -> list[int]:
    """Return those of a tally of unknown start that a figure would count if their start were known."""
    kind, _sep, stage = name.rpartition("_")
    if kind == "stage_days":
        return tally.took_step(LINE.index(Stage(stage)) - 1)
    is_of_it = population_of(name)
    return tally.ids if is_of_it is not None and is_of_it(tally) else []


def with_missing(figure: Figure, cohort: Cohort) -> Figure:
    """Add those whose start is unknown to what a figure leaves out; curves and days to a stage do it themselves."""
    is_of_it = population_of(figure.name) if cohort.without_start else None
    if is_of_it is None:
        return figure
    missing = cohort.left_out(is_of_it)
    return replace(figure, left_out=counted([*missing.items(), *figure.left_out.items()]))
