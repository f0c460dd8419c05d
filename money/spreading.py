"""An amount in parts, to the last digit: what does not divide goes where a rule says, not where rounding leaves it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

from money import exact
from money.exact import EXACT

_ZERO = Decimal(0)


def spread(total: Decimal, weights: Sequence[Decimal | int], unit: Decimal = Decimal("0.01")) -> list[Decimal]:
    """Divide an amount in proportion to weights; the parts add up to it exactly. Weights below 0 count as 0.

    Every part is rounded towards zero to whole units (cents). The units that are left over go one each to the parts
    that lost most by it, of equal ones to the later. What is less than a unit goes to the last part with a weight.
    ValueError where no weight is above 0.
    """
    positive = [max(Decimal(weight), _ZERO) for weight in weights]
    whole = exact.total(positive)
    if not whole:
        raise ValueError("nothing to divide by")
    fair = [EXACT.divide(EXACT.multiply(total, weight), whole) for weight in positive]
    parts = [share.quantize(unit, ROUND_DOWN, EXACT) for share in fair]
    lost = [abs(EXACT.subtract(share, part)) for share, part in zip(fair, parts, strict=True)]
    rest = EXACT.subtract(total, exact.total(parts))
    step = unit.copy_sign(total)
    order = sorted((place for place, weight in enumerate(positive) if weight), key=lambda place: (lost[place], place))
    for place in reversed(order):
        if abs(rest) < unit:
            break
        parts[place] = EXACT.add(parts[place], step)
        rest = EXACT.subtract(rest, step)
    last = max(order)
    parts[last] = EXACT.add(parts[last], rest)
    return parts
