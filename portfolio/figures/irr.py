"""The internal rate of return, told apart from the cases in which there is none (METRICS.md 5).

Spreadsheets and libraries return one root of several, or a wrong one. Here every root is found: with x = ln(1 + r)
the present value is f(x) = sum of amount * exp(-years * x), and between two roots of f lies a root of the derivative of
exp(k x) f(x), whatever k is. With k between two years where the amounts change sign, that derivative has one change of
sign fewer. So the roots of f follow from those of a function with one change fewer, down to none, by bisection alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import expm1, log

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LOWEST, HIGHEST = log(1e-11), log(1e300)
# A value this small beside its terms is zero: a root that only touches counts once.
TOUCHES = 1e-13
BISECTIONS = 100


class NoRate(StrEnum):
    """Why an internal rate of return does not exist."""

    NO_FLOW = "no flow"
    ONE_DATE = "one date"
    NO_SIGN_CHANGE = "no sign change"
    EVERY_RATE = "every rate"
    NO_RATE = "no rate"
    SEVERAL_RATES = "several rates"


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate, or the reason why there is none."""

    value: float | None
    reason: NoRate | None = None


def internal_rate(years: Sequence[float], amounts: Sequence[float]) -> Rate:
    """Return the only rate that makes the present value zero; years ascend and are distinct."""
    if not years:
        return Rate(None, NoRate.NO_FLOW)
    if len(years) == 1:
        return Rate(None, NoRate.ONE_DATE)
    flows = [(year, amount) for year, amount in zip(years, amounts, strict=True) if amount]
    if not flows:
        return Rate(None, NoRate.EVERY_RATE)
    signs = np.array([amount > 0 for _, amount in flows])
    if signs.all() or not signs.any():
        return Rate(None, NoRate.NO_SIGN_CHANGE)
    roots = _Exponentials.of(flows).roots()
    if len(roots) == 0:
        return Rate(None, NoRate.NO_RATE)
    if len(roots) > 1:
        return Rate(None, NoRate.SEVERAL_RATES)
    return Rate(expm1(float(roots[0])))


@dataclass(frozen=True)
class _Exponentials:
    """f(x) = sum of sign * exp(size - years * x); sizes are logarithms, so that nothing overflows."""

    years: Floats
    signs: Floats
    sizes: Floats

    @classmethod
    def of(cls, flows: Sequence[tuple[float, float]]) -> _Exponentials:
        """Take (years, amount) pairs, none of them zero."""
        years, amounts = (np.array(column, dtype=np.float64) for column in zip(*flows, strict=True))
        return cls(years - years[0], np.sign(amounts), np.log(np.abs(amounts)))

    def sign_at(self, points: Floats) -> Floats:
        """Return the sign of f at each point; 0 where it is lost in the rounding of its terms."""
        exponents = self.sizes - np.outer(points, self.years)
        terms = np.exp(exponents - exponents.max(axis=1, keepdims=True))
        value = terms @ self.signs
        return np.where(np.abs(value) <= TOUCHES * terms.sum(axis=1), 0.0, np.sign(value))

    def with_one_change_fewer(self, change: int) -> _Exponentials:
        """Return the derivative of exp(k x) f(x), k lying in the gap where the sign changes."""
        gap = (self.years[change] + self.years[change + 1]) / 2
        factor = gap - self.years
        return _Exponentials(
            self.years,
            self.signs * np.sign(factor),
            self.sizes + np.log(np.abs(factor)),
        )

    def roots(self) -> Floats:
        """Return every root between the lowest and the highest rate, ascending."""
        simpler, found = [self], np.empty(0)
        while (changes := np.flatnonzero(simpler[-1].signs[1:] != simpler[-1].signs[:-1])).size:
            simpler.append(simpler[-1].with_one_change_fewer(int(changes[changes.size // 2])))
        for function in reversed(simpler[:-1]):  # the last one has no change of sign, so no root
            found = function.roots_between(found)
        return found

    def roots_between(self, turning: Floats) -> Floats:
        """Return the roots, given every point at which exp(k x) f(x) turns."""
        points = np.concatenate(([LOWEST], turning, [HIGHEST]))
        signs = self.sign_at(points)
        crossing = np.flatnonzero(signs[1:] * signs[:-1] < 0)
        crossed = self._bisect(points[crossing], points[crossing + 1], signs[crossing])
        return np.sort(np.concatenate((crossed, points[signs == 0])))

    def _bisect(self, low: Floats, high: Floats, sign_low: Floats) -> Floats:
        """Return the root in each bracket, all brackets at once."""
        if low.size == 0:
            return low
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            if np.all((middle == low) | (middle == high)):
                break
            same = self.sign_at(middle) * sign_low > 0
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        return (low + high) / 2
