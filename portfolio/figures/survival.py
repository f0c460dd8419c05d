"""Aalen-Johansen cumulative incidence: does it reach production, and by when (METRICS.md 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from portfolio.figures.intervals import NO_ESTIMATE, Z_95, Estimate

DAYS_PER_MONTH = 365.25 / 12
ZERO_DURATION = 0.5

Floats = npt.NDArray[np.float64]


class Ending(IntEnum):
    """What became of a prototype by the as-of date."""

    IN_FLIGHT = 0
    PRODUCTION = 1
    STOPPED = 2


@dataclass(frozen=True)
class Incidence:
    """A step function: from `times[i]` on (days) the probability is `value[i]`, with its interval where one exists."""

    times: Floats
    value: Floats
    low: Floats  # NaN where the interval does not exist (value 0 or 1)
    high: Floats
    last_observed: float
    n: int
    # What it is worked out from, at each of these times: how many are at risk, reach production, are stopped there, the
    # share that was neither before, and the variance of the value.
    at_risk: Floats
    productions: Floats
    stopped: Floats
    before: Floats
    variance: Floats

    def at(self, days: float) -> Estimate:
        """Return the probability of production within that many days; nothing past the last observed time."""
        if self.n == 0 or days > self.last_observed:
            return NO_ESTIMATE
        index = self.count_by(days) - 1
        if index < 0:
            return Estimate(0.0, None, None)
        return Estimate(
            float(self.value[index]),
            _number(self.low[index]),
            _number(self.high[index]),
        )

    def count_by(self, days: float) -> int:
        """Return how many of the times lie within that many days."""
        return int(np.searchsorted(self.times, days, side="right"))

    def within_months(self, months: int) -> Estimate:
        """Return the probability of production within that many months of 365.25/12 days."""
        return self.at(months * DAYS_PER_MONTH)


def aalen_johansen(days: Sequence[float], endings: Sequence[int]) -> Incidence:
    """Return the cumulative incidence of production, with *stopped* competing and in-flight ones censored."""
    times = np.asarray(days, dtype=np.float64)
    if times.size == 0:
        none = np.empty(0)
        return Incidence(none, none, none, none, 0.0, 0, none, none, none, none, none)
    times = np.where(times <= 0, ZERO_DURATION, times)
    kinds = np.asarray(endings, dtype=np.int64)
    event_times, at_risk, events, productions = _counts(times, kinds)
    staying = 1 - events / at_risk
    before = np.concatenate(([1.0], np.cumprod(staying)[:-1]))  # S(t-): neither event so far
    value = np.cumsum(before * productions / at_risk)
    # Nobody is left and nobody was stopped: exactly 1, not 1 - 1e-16.
    value[(staying == 0) & (np.cumsum(events - productions) == 0)] = 1.0
    variance = _variance(value, before, at_risk, events, productions)
    low, high = _log_log_interval(value, variance)
    return Incidence(
        event_times, value, low, high, float(times.max()), int(times.size),
        at_risk, productions, events - productions, before, variance,
    )  # fmt: skip


def _counts(times: Floats, kinds: npt.NDArray[np.int64]) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the distinct event times with how many are at risk, have an event, reach production there."""
    happened = kinds != Ending.IN_FLIGHT
    event_times, where = np.unique(times[happened], return_inverse=True)
    size = event_times.size
    events = np.bincount(where, minlength=size).astype(np.float64)
    productions = np.bincount(where, weights=kinds[happened] == Ending.PRODUCTION, minlength=size)
    # Events come before censorings of the same time, so those censored at t are still at risk at t.
    at_risk = times.size - np.searchsorted(np.sort(times), event_times, side="left").astype(np.float64)
    return event_times, at_risk, events, productions.astype(np.float64)


def _variance(value: Floats, before: Floats, at_risk: Floats, events: Floats, productions: Floats) -> Floats:
    """Return the delta-method variance at each event time.

    The three sums of METRICS.md contain F(t) - F(t_i); multiplied out, each is a running sum of terms in t_i alone.
    """
    left = at_risk - events
    a = np.divide(events, at_risk * left, out=np.zeros_like(events), where=left > 0)
    b = before**2 * productions * (at_risk - productions) / at_risk**3
    c = before * productions / at_risk**2
    first = value**2 * np.cumsum(a) - 2 * value * np.cumsum(a * value) + np.cumsum(a * value**2)
    third = value * np.cumsum(c) - np.cumsum(c * value)
    variance: Floats = np.maximum(first + np.cumsum(b) - 2 * third, 0.0)
    return variance


def _log_log_interval(value: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Return the ends of the 95 % interval on the log(-log) scale; NaN where the value is 0 or 1."""
    inside = (value > 0) & (value < 1)
    share = np.where(inside, value, 0.5)
    width = Z_95 * np.sqrt(variance) / (share * np.log(share))  # negative, as the logarithm is
    low = np.where(inside, share ** np.exp(-width), np.nan)
    high = np.where(inside, share ** np.exp(width), np.nan)
    return low, high


def _number(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
