"""Shares in per cent, and ranges of them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from display.numbers.figures import decimals, number
from display.numbers.writing import NARROW_SPACE, Number, exact, language, sign_of, span


def percent(value: Number, digits: int | None = None, signed: bool = False) -> str:
    """Return a share as per cent: 0.38 is "38 %" ("38%" in Japanese).

    Below 1 % it gets a decimal, and next to nothing is "<0.1 %": what is shown as 0 is 0.
    """
    return _percent(value, digits, signed, language())


def percent_exact(value: Number) -> str:
    """Return a share with every digit it has: 0.125 is "12.5 %", 0.1 is "10 %"."""
    return percent(value, decimals([exact(value) * 100]))


def share_range(low: Number, high: Number) -> str:
    """Return an interval of shares in per cent without its unit, which stands at the estimate: "31–46"."""
    return span(number(exact(low) * 100, 0), number(exact(high) * 100, 0))


def percent_range(low: Number, high: Number) -> str:
    """Return shares from `low` to `high` with the unit once: "45–50 %"; one share where both are the same."""
    if low == high:
        return percent(low)
    space = "" if language() == "ja" else NARROW_SPACE
    return f"{share_range(low, high)}{space}%"


def any_percent(shares: Sequence[Number]) -> str:
    """Return shares of which any counts: "80, 100 or 120 %"; in Japanese each has its unit: "80%・100%・120%"."""
    if language() == "ja" or len(shares) < 2:
        return "・".join(map(percent, shares))
    first = ", ".join(number(exact(share) * 100, 0) for share in shares[:-1])
    return f"{first} or {percent(shares[-1])}"


@lru_cache(maxsize=8192)
def _percent(value: Number, digits: int | None, signed: bool, language: str) -> str:
    """Curves show the same shares again on every page."""
    share = exact(value) * 100
    places = (1 if 0 < abs(share) < 1 else 0) if digits is None else digits
    space = "" if language == "ja" else NARROW_SPACE
    if digits is None and 0 < abs(share) < Decimal("0.05"):
        return f"{sign_of(share, signed)}<{number(Decimal('0.1'))}{space}%"
    return f"{number(share, places, signed)}{space}%"
