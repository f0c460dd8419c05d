"""Does it reach production? The figures of METRICS.md 2, each a function of a set of initiatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, repeat
from operator import attrgetter
from statistics import median

from portfolio.explanations.texts.budgets import BUDGET
from portfolio.facts.tallies import Tally, count_of
from portfolio.figure import Figure, Number, counted
from portfolio.figures.intervals import wilson
from portfolio.figures.survival import Ending, Incidence, aalen_johansen
from portfolio.guidance import Guidance
from portfolio.metrics.rate_inputs import last_step, log_log_numbers, wilson_numbers
from portfolio.metrics.returns import OF_FLOWS
from projects.stages import LINE, Stage

HORIZONS = (6, 12, 18, 24, 36)


@dataclass(frozen=True)
class Cohort:
    """A set of prototypes: n prototypes = p in production + s failed + f in flight.

    `without_start`: those that are left out of a set which is chosen by start, because theirs is unknown.
    """

    tallies: tuple[Tally, ...]
    without_start: tuple[Tally, ...] = ()

    @classmethod
    def of(cls, tallies: Iterable[Tally], without_start: Iterable[Tally] = ()) -> Cohort:
        """Keep the prototypes of a set."""
        return cls(tuple(tally for tally in tallies if tally.is_prototype), tuple(without_start))

    def left_out(self, keeps: Callable[[Tally], bool] = attrgetter("is_prototype")) -> dict[str, int]:
        """Return how many of those without a start that are like this are left out, by reason."""
        return counted((tally.left_out, tally.count) for tally in self.without_start if keeps(tally))

    @cached_property
    def prototypes(self) -> int:
        """How many there are."""
        return count_of(self.tallies)

    @cached_property
    def reached(self) -> int:
        """How many ever entered production."""
        return count_of(tally for tally in self.tallies if tally.reached_production)

    @cached_property
    def failed(self) -> int:
        """How many were stopped and never reached production."""
        return count_of(tally for tally in self.tallies if tally.failed)

    @property
    def has_cost(self) -> bool:
        """Tell whether they have cost anything, also where credits have brought it back to nothing."""
        return any(tally.with_cost for tally in self.tallies)

    @property
    def in_flight(self) -> int:
        """How many have done neither."""
        return self.prototypes - self.reached - self.failed


# Who, of those whose start is unknown, is like those that a figure is about: by its name.
_PROTOTYPE: Callable[[Tally], bool] = attrgetter("is_prototype")
_REACHED: Callable[[Tally], bool] = attrgetter("reached_production")
LIKE: dict[str, Callable[[Tally], bool]] = {
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
    "spend_without_outcome": lambda tally: not tally.has_target,
    "run_cost": lambda tally: tally.stage == Stage.PRODUCTION,
}


def like(name: str) -> Callable[[Tally], bool] | None:
    """Return who is like those that a figure is about; None where a cohort by start says of none that it lacks them."""
    kind, _sep, variant = name.rpartition("_")
    if kind == "stage_conversion":
        before = LINE.index(Stage(variant)) - 1
        return lambda tally: tally.furthest > before
    if name == "funnel":
        return lambda tally: tally.furthest > 0
    return LIKE.get("production_within" if kind == "production_within" else name)


def lacking(name: str, tally: Tally) -> list[int]:
    """Return those of a tally without a start that a figure of a cohort by start lacks."""
    kind, _sep, stage = name.rpartition("_")
    if kind == "stage_days":
        return _in_both(tally, LINE.index(Stage(stage)) - 1)
    keeps = like(name)
    return tally.ids if keeps is not None and keeps(tally) else []


def with_lacking(figure: Figure, cohort: Cohort) -> Figure:
    """Return a figure with whom a cohort by start lacks; a curve and the days to a stage say so themselves."""
    keeps = like(figure.name) if cohort.without_start else None
    if keeps is None:
        return figure
    lacks = cohort.left_out(keeps)
    return replace(figure, left_out=counted([*lacks.items(), *figure.left_out.items()]))


def counts(cohort: Cohort) -> dict[str, Figure]:
    """Return the four counts, as figures."""
    inputs: dict[str, Number | None] = {
        "prototypes": cohort.prototypes,
        "reached": cohort.reached,
        "failed": cohort.failed,
        "in_flight": cohort.in_flight,
    }
    numbers = {
        "prototypes": cohort.prototypes,
        "reached_production": cohort.reached,
        "failed": cohort.failed,
        "in_flight": cohort.in_flight,
    }
    return {name: Figure(name, number, inputs=inputs) for name, number in numbers.items()}


def of_guidance(cohort: Cohort, guidance: Guidance) -> Figure:
    """Return how many prototypes are in a guidance cohort."""
    count = count_of(tally for tally in cohort.tallies if tally.guidance == guidance)
    return Figure(guidance.value, count, inputs={"prototypes": cohort.prototypes})


def recorded_later(cohort: Cohort) -> Figure:
    """Return how many cohorts rest on something that was recorded after the day that decides."""
    count = count_of(tally for tally in cohort.tallies if tally.rests_on_later_rows)
    return Figure("guidance_recorded_later", count, inputs={"prototypes": cohort.prototypes})


def production_rate(cohort: Cohort) -> Figure:
    """Return the share of prototypes that reached production to date, with its Wilson interval."""
    inputs: dict[str, Number | None] = {"reached": cohort.reached, "prototypes": cohort.prototypes}
    found = wilson(cohort.reached, cohort.prototypes)
    if found is None:
        return Figure("production_rate", None, reason="no prototypes", inputs=inputs)
    inputs |= {"low": found.low, "high": found.high} | wilson_numbers(
        cohort.reached / cohort.prototypes, cohort.prototypes
    )
    return Figure("production_rate", found.value, found.low, found.high, inputs=inputs)


def production_rate_decided(cohort: Cohort) -> Figure:
    """Return the share that reached production among those decided either way."""
    decided = cohort.reached + cohort.failed
    inputs = {"reached": cohort.reached, "failed": cohort.failed, "decided": decided}
    if not decided:
        return Figure("production_rate_decided", None, reason="none decided", inputs=inputs)
    return Figure("production_rate_decided", cohort.reached / decided, inputs=inputs)


@dataclass(frozen=True)
class Curve:
    """The incidence of production in a cohort, and who could not take part, by reason."""

    incidence: Incidence
    left_out: dict[str, int]


def incidence(cohort: Cohort) -> Curve:
    """Return the Aalen-Johansen curve of a cohort: stopped competes, in flight is censored."""
    days = [day for tally in cohort.tallies for day in tally.known_days]
    kinds = [kind for tally in cohort.tallies for kind in repeat(_ending(tally), len(tally.known_days))]
    left_out = counted((tally.left_out, tally.count) for tally in (*cohort.tallies, *cohort.without_start))
    return Curve(aalen_johansen(days, kinds), left_out)


def _ending(tally: Tally) -> int:
    ending = Ending.PRODUCTION if tally.reached_production else Ending.STOPPED if tally.failed else Ending.IN_FLIGHT
    return ending.value


def production_within(curve: Curve, months: int) -> Figure:
    """Return the probability of production within so many months of the start."""
    found = curve.incidence.within_months(months)
    reason = ""
    if found.value is None:
        unknown = "no known dates" if curve.left_out else "no prototypes"
        reason = "none observed so long" if curve.incidence.n else unknown
    inputs: dict[str, Number | None] = {"horizon": months, "prototypes": curve.incidence.n}
    if found.value is not None:
        inputs |= last_step(curve.incidence, months) | log_log_numbers(curve.incidence, months)
        inputs |= {"low": found.low, "high": found.high}
    return Figure(
        "production_within", found.value, found.low, found.high, reason=reason, inputs=inputs, left_out=curve.left_out
    )


def median_days_to_production(cohort: Cohort) -> Figure:
    """Return the plain median of days from start to production, over those with both dates known."""
    reached = [tally for tally in cohort.tallies if tally.reached_production]
    days = [day for tally in reached for day in tally.known_days]
    left_out = counted((tally.left_out, tally.count) for tally in reached)
    inputs = {"initiatives": len(days)}
    name = "median_days_to_production"
    if not days:
        are_any = reached or any(tally.reached_production for tally in cohort.without_start)
        reason = "no known dates" if are_any else "none in production"
        return Figure(name, None, reason=reason, inputs=inputs, left_out=left_out)
    span = {"shortest": min(days), "longest": max(days)}
    return Figure(name, median(days), inputs=inputs | span, left_out=left_out)


def stages(tallies: Sequence[Tally]) -> dict[str, int]:
    """Return how many initiatives stand in each stage."""
    found = dict.fromkeys(Stage.values, 0)
    for tally in tallies:
        found[tally.stage] += tally.count
    return found


@dataclass(frozen=True)
class FunnelStep:
    """A stage of the line: how many ever entered or passed it, and how the step from the stage before went."""

    stage: Stage
    entered: int
    share: float | None  # of those that entered the stage before
    median_days: float | None
    n_days: int
    span: tuple[int, int] | None  # the fewest and the most of these days
    left_out: dict[str, int]


def funnel(tallies: Sequence[Tally], without_start: Sequence[Tally] = ()) -> list[FunnelStep]:
    """Return the line from proposal to production with conversion and median days between neighbours.

    What passed a stage over has no days to or from it, nor has what was in the first of two again later. The days say
    whom of those `without_start` a cohort by start lacks.
    """
    entered = [count_of(tally for tally in tallies if tally.furthest > index) for index in range(len(LINE))]
    found = [FunnelStep(LINE[0], entered[0], None, None, 0, None, {})]
    for index, (before, now) in enumerate(pairwise(entered)):
        both = [steps[index] for tally in tallies for steps in tally.step_days if steps[index] is not None]
        days = [each for each in both if each >= 0]
        lacks = [(tally.left_out, len(_in_both(tally, index))) for tally in without_start]
        found.append(
            FunnelStep(
                stage=LINE[index + 1],
                entered=now,
                share=now / before if before else None,
                median_days=median(days) if days else None,
                n_days=len(days),
                span=(min(days), max(days)) if days else None,
                left_out=counted([*lacks, ("a date unknown", len(both) - len(days))]),
            )
        )
    return found


def _in_both(tally: Tally, index: int) -> list[int]:
    """Return those of a tally that took a step of the line, on whatever days."""
    steps_of = zip(tally.ids, tally.step_days, strict=False)  # empty where none was taken
    return [pk for pk, steps in steps_of if steps[index] is not None]


def step_figures(tallies: Sequence[Tally], without_start: Sequence[Tally]) -> dict[str, Figure]:
    """Return the line as figures: how many began it, and of each later stage the conversion and the days to it."""
    line = funnel(tallies, without_start)
    inputs: dict[str, Number | None] = {step.stage.value: step.entered for step in line}
    found = {"funnel": Figure("funnel", line[0].entered, inputs=inputs)}
    for before, step in pairwise(line):
        name, inputs = f"stage_conversion_{step.stage.value}", {"entered": step.entered, "before": before.entered}
        found[name] = Figure(name, step.share, reason="" if before.entered else "nobody before", inputs=inputs)
        name, why = f"stage_days_{step.stage.value}", "no known dates" if step.left_out else "nobody in both"
        known = step.median_days is not None
        inputs = {"initiatives": step.n_days, **dict(zip(("shortest", "longest"), step.span or (), strict=False))}
        found[name] = Figure(name, step.median_days, reason="" if known else why, inputs=inputs, left_out=step.left_out)
    return found
