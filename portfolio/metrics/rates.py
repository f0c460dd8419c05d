"""Does it reach production? The figures of METRICS.md 2, each a function of a set of initiatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat
from statistics import median

from portfolio.facts.cohort import Cohort
from portfolio.facts.tallies import Tally, count_of
from portfolio.figure import Figure, Number, counted
from portfolio.figures.intervals import wilson
from portfolio.figures.survival import Ending, Incidence, aalen_johansen
from portfolio.guidance import Guidance
from portfolio.metrics.rate_inputs import last_step, log_log_numbers, wilson_numbers
from projects.stages import LINE, Stage


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

    What passed a stage over has no days to or from it, nor has what was in the first of two again later. Those
    `without_start` are in no count; of each step they are told among the ones that its days leave out.
    """
    entered = [count_of(tally for tally in tallies if tally.furthest > index) for index in range(len(LINE))]
    found = [FunnelStep(LINE[0], entered[0], None, None, 0, None, {})]
    for index, (before, now) in enumerate(pairwise(entered)):
        both = [steps[index] for tally in tallies for steps in tally.step_days if steps[index] is not None]
        days = [each for each in both if each >= 0]
        lacks = [(tally.left_out, len(tally.took_step(index))) for tally in without_start]
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
