"""How rates come about, step by step: the curve of production, and the ends of the 95 % intervals (METRICS.md 2)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from math import log, sqrt

from portfolio.figure import Number
from portfolio.figures.intervals import Z_95
from portfolio.figures.survival import DAYS_PER_MONTH, Incidence

Inputs = dict[str, Number | None]


@dataclass(frozen=True, slots=True)
class CurveStep:
    """A day on which a prototype reached production or was stopped; shares are of all prototypes, 0 to 1."""

    day: float
    at_risk: int
    productions: int
    stopped: int
    before: float  # S(t−): neither had happened by then
    gain: float  # what it adds to the probability
    value: float  # F(t)


def curve_steps(incidence: Incidence, months: int) -> list[CurveStep]:
    """Return the steps of a curve by so many months of 365.25 ÷ 12 days."""
    gain = incidence.before * incidence.productions / incidence.at_risk
    counts = (incidence.at_risk, incidence.productions, incidence.stopped)
    rows = zip(incidence.times, *counts, incidence.before, gain, incidence.value, strict=True)
    last = incidence.count_by(months * DAYS_PER_MONTH)
    return [
        CurveStep(float(on), int(at_risk), int(into), int(stopped), *map(float, shares))
        for on, at_risk, into, stopped, *shares in islice(rows, last)
    ]


def last_step(incidence: Incidence, months: int) -> Inputs:
    """Return the numbers of the last step by so many months; before the first there is nothing to add."""
    found = incidence.count_by(months * DAYS_PER_MONTH) - 1
    if found < 0:
        return {"until_then": 0, "neither": 1, "into": 0, "at_risk": incidence.n}
    return {
        "until_then": float(incidence.value[found - 1]) if found else 0,
        "neither": float(incidence.before[found]),
        "into": int(incidence.productions[found]),
        "at_risk": int(incidence.at_risk[found]),
    }


def wilson_numbers(share: float, n: int) -> Inputs:
    """Return the numbers of Wilson's formula: z² ÷ 2n, p (1 − p) ÷ n, z² ÷ 4n², 1 + z² ÷ n."""
    z2 = Z_95 * Z_95
    return {
        "p": share, "n": n, "z": Z_95, "shift": z2 / (2 * n), "spread": share * (1 - share) / n,
        "least": z2 / (4 * n * n), "scale": 1 + z2 / n,
    }  # fmt: skip


def log_log_numbers(incidence: Incidence, months: int) -> Inputs:
    """Return the numbers of the interval on the log(−log) scale: F, √V and ln F; none where F is 0 or 1."""
    found = incidence.count_by(months * DAYS_PER_MONTH) - 1
    value = float(incidence.value[found]) if found >= 0 else 0.0
    if not 0 < value < 1:
        return {}
    return {"f": value, "deviation": sqrt(float(incidence.variance[found])), "log": log(value), "z": Z_95}
