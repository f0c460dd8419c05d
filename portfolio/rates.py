"""Does it reach production? The figures of METRICS.md 2, each a function of a set of initiatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from portfolio.figure import Figure, counted
from portfolio.figures.intervals import wilson
from portfolio.figures.survival import Incidence, aalen_johansen
from portfolio.rows import Row
from projects.stages import LINE, Stage

HORIZONS = (6, 12, 18, 24, 36)


@dataclass(frozen=True)
class Cohort:
    """A set of prototypes at a date: n prototypes = p in production + s failed + f in flight."""

    rows: tuple[Row, ...]
    as_of: date

    @classmethod
    def of(cls, rows: Sequence[Row], as_of: date) -> Cohort:
        """Keep the prototypes of a set."""
        return cls(tuple(row for row in rows if row.is_prototype), as_of)

    @property
    def prototypes(self) -> int:
        """How many there are."""
        return len(self.rows)

    @property
    def reached(self) -> int:
        """How many ever entered production."""
        return sum(row.reached_production for row in self.rows)

    @property
    def failed(self) -> int:
        """How many were stopped and never reached production."""
        return sum(row.failed for row in self.rows)

    @property
    def in_flight(self) -> int:
        """How many have done neither."""
        return self.prototypes - self.reached - self.failed


def counts(cohort: Cohort) -> dict[str, Figure]:
    """Return the four counts, as figures."""
    numbers = {
        "prototypes": cohort.prototypes,
        "reached_production": cohort.reached,
        "failed": cohort.failed,
        "in_flight": cohort.in_flight,
    }
    return {name: Figure(name, number) for name, number in numbers.items()}


def production_rate(cohort: Cohort) -> Figure:
    """Return the share of prototypes that reached production to date, with its Wilson interval."""
    inputs = {"reached": cohort.reached, "prototypes": cohort.prototypes}
    found = wilson(cohort.reached, cohort.prototypes)
    if found is None:
        return Figure("production_rate", None, reason="no prototypes", inputs=inputs)
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
    reached: int
    stopped: int


def incidence(cohort: Cohort) -> Curve:
    """Return the Aalen-Johansen curve of a cohort: stopped competes, in flight is censored."""
    endings = [row.ending(cohort.as_of) for row in cohort.rows]
    known = [ending for ending in endings if not isinstance(ending, str)]
    kinds = [int(kind) for _, kind in known]
    curve = aalen_johansen([days for days, _ in known], kinds)
    left_out = counted(ending for ending in endings if isinstance(ending, str))
    return Curve(curve, left_out, kinds.count(1), kinds.count(2))


def production_within(curve: Curve, months: int) -> Figure:
    """Return the probability of production within so many months of the start."""
    found = curve.incidence.within_months(months)
    reason = ""
    if found.value is None:
        reason = "none observed so long" if curve.incidence.n else "no known dates"
    inputs = {"months": months, "n": curve.incidence.n, "reached": curve.reached, "stopped": curve.stopped}
    return Figure(
        "production_within", found.value, found.low, found.high, reason=reason, inputs=inputs, left_out=curve.left_out
    )


def median_days_to_production(cohort: Cohort) -> Figure:
    """Return the plain median of days from start to production, over those with both dates known."""
    reached = [row for row in cohort.rows if row.reached_production]
    endings = [row.ending(cohort.as_of) for row in reached]
    days = [ending[0] for ending in endings if not isinstance(ending, str)]
    left_out = counted(ending for ending in endings if isinstance(ending, str))
    inputs = {"n": len(days)}
    name = "median_days_to_production"
    if not days:
        return Figure(name, None, reason="none in production" if not reached else "no known dates", left_out=left_out)
    return Figure(name, median(days), inputs=inputs, left_out=left_out)


def stages(rows: Sequence[Row]) -> dict[str, int]:
    """Return how many initiatives stand in each stage."""
    found = dict.fromkeys(Stage.values, 0)
    for row in rows:
        found[row.stage] += 1
    return found


@dataclass(frozen=True)
class FunnelStep:
    """A stage of the line: how many ever entered or passed it, and how the step from the stage before went."""

    stage: Stage
    entered: int
    share: float | None  # of those that entered the stage before
    median_days: float | None
    n_days: int
    left_out: dict[str, int]


def funnel(rows: Sequence[Row]) -> list[FunnelStep]:
    """Return the line from proposal to production with conversion and median days between neighbours."""
    return [_step(rows, index) for index in range(len(LINE))]


def _step(rows: Sequence[Row], index: int) -> FunnelStep:
    stage = LINE[index]
    entered = [row for row in rows if stage in row.entered]
    if index == 0:
        return FunnelStep(stage, len(entered), None, None, 0, {})
    before = LINE[index - 1]
    went_on = sum(before in row.entered for row in entered)
    came_from = sum(before in row.entered for row in rows)
    both = [row for row in entered if _was_in(row, before) and _was_in(row, stage)]  # what skipped one has no days
    known = [(row.entered[before], row.entered[stage]) for row in both]
    days = [(end - start).days for start, end in known if start and end and start <= end]  # it may have gone back later
    unknown = sum(not (start and end) for start, end in known)
    return FunnelStep(
        stage=stage,
        entered=len(entered),
        share=went_on / came_from if came_from else None,
        median_days=median(days) if days else None,
        n_days=len(days),
        left_out={"a date unknown": unknown} if unknown else {},
    )


def _was_in(row: Row, stage: Stage) -> bool:
    """Tell whether it was in the stage itself rather than passing over it."""
    return row.entered.get(stage) is not None or stage in row.entered_unknown
