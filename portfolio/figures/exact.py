"""As `money.exact`, for the longer numbers that figures come to."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal

# A benefit of the largest legal numbers (value x unit value x volume, day by day) has 90 digits before the point; at a
# rate of -90 % over 150 years it is worth 1e150 times that, with 18 places behind. The rest is room for rounding.
EXACT = Context(prec=300)
QUOTIENT_PLACES = Decimal("1e-18")


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum; 0 of none."""
    found = Decimal(0)
    for amount in amounts:
        if amount:
            found = EXACT.add(found, amount)
    return found


def difference(left: Decimal, right: Decimal) -> Decimal:
    """Return the exact difference."""
    return EXACT.subtract(left, right)


def quotient(dividend: Decimal, divisor: Decimal | int) -> Decimal | None:
    """Return the quotient to 18 places, None when there is nothing to divide by."""
    return EXACT.divide(dividend, divisor).quantize(QUOTIENT_PLACES, context=EXACT) if divisor else None
