"""Estimates with their 95 % intervals."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

# The 97.5 % point of the normal distribution: what leaves 95 % in the middle.
Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with the ends of its 95 % interval; each is None where it does not exist."""

    value: float | None
    low: float | None
    high: float | None


NO_ESTIMATE = Estimate(None, None, None)


def wilson(successes: int, n: int) -> Estimate | None:
    """Return `successes / n` with its Wilson score interval (no continuity correction), or None when n is 0."""
    if n == 0:
        return None
    share = successes / n
    z2 = Z_95 * Z_95
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # At the ends the interval touches 0 or 1 exactly; floats would miss it by 1e-17.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return Estimate(share, low, high)
