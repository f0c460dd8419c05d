"""From values to places: linear scales, round ticks, months."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Linear:
    """A straight scale: `low` lies at `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of `value`; where the domain is a single value, the middle."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


STEPS = (1, 2, 2.5, 3, 5)


def round_step(span: float, most: int) -> float:
    """Return the smallest round step that needs at most `most` steps to cover `span`."""
    if span <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    for factor in (*STEPS, *(step * 10 for step in STEPS)):
        if factor * power * most >= span * (1 - 1e-9):
            return factor * power
    return 100 * power


def ticks(low: float, high: float, most: int = 4) -> list[float]:
    """Return round values from the one at or below `low` to the one at or above `high`."""
    step = round_step(high - low, most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 12) for index in range(first, max(last, first + 1) + 1)]


def decades(low: float, high: float) -> list[float]:
    """Return round values between two logarithms, few enough to be read: 1, 10, 100; closer where the span is small."""
    span = high - low
    factors = (1, 2, 5) if span < 1.6 else (1, 3) if span < 2.6 else (1,)
    every = max(1, math.ceil(span / 6))
    powers = [power for power in range(math.floor(low), math.floor(high) + 1) if power % every == 0]
    values = [float(f"{factor}e{power}") for power in powers for factor in factors]
    return [value for value in values if low <= math.log10(value) <= high]


def month_starts(first: date, last: date, most: int) -> list[date]:
    """Return firsts of months between two days, every 1, 2, 3, 6, 12 … months so that there are at most `most`."""
    start = first.year * 12 + first.month - 1 + (first.day > 1)
    end = last.year * 12 + last.month - 1
    for step in (1, 2, 3, 6, 12, 24, 60, 120, 240, 600):
        months = [month for month in range(start, end + 1) if month % step == 0]
        if len(months) <= most:
            return [date(month // 12, month % 12 + 1, 1) for month in months]
    return []
