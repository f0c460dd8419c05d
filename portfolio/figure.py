"""A figure that carries its own explanation: where its numbers come from and what had to be left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext

# Sums of amounts with 20 digits before and 18 after the point, over millions of them, keep every digit.
EXACT = Context(prec=80)
QUOTIENT_PLACES = Decimal("1e-18")

Number = Decimal | float | int


@dataclass(frozen=True)
class Figure:
    """A number (None where it does not exist, with the reason), the numbers it comes from and the rows behind it."""

    name: str
    value: Number | None
    low: float | None = None
    high: float | None = None
    share: Decimal | None = None
    reason: str = ""
    inputs: dict[str, Number | None] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    rows: tuple[int, ...] = ()


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum."""
    some = [amount for amount in amounts if amount]
    if not some:
        return Decimal(0)
    with localcontext(EXACT):
        return sum(some, Decimal(0))


def difference(left: Decimal, right: Decimal) -> Decimal:
    """Return the exact difference."""
    with localcontext(EXACT):
        return left - right


def quotient(dividend: Decimal, divisor: Decimal | int) -> Decimal | None:
    """Return the quotient to 18 places, None when there is nothing to divide by."""
    if not divisor:
        return None
    with localcontext(EXACT):
        return (dividend / divisor).quantize(QUOTIENT_PLACES)


def counted(reasons: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return how many each reason stands for, the most frequent first, then by name; no reason ("") is none."""
    found: Counter[str] = Counter()
    for reason, count in reasons:
        if reason and count:
            found[reason] += count
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
