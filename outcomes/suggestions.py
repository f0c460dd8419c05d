"""What the form for a reading proposes and asks back: the next period, and whether a value looks mistyped."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from outcomes.benefit import Period


def next_period(is_flow: bool, latest: Period | None, today: date) -> Period | None:
    """Return the period that the next reading is about; a level's is the day itself.

    A flow goes on where the last period ended: to the end of the month where that was a month's end, else for as many
    days as last time. Without one it is last month. Never beyond today: None where the last period ended today.
    """
    if not is_flow:
        return today, today
    if latest is None:
        end = today.replace(day=1) - timedelta(days=1)
        return end.replace(day=1), end
    start = latest[1] + timedelta(days=1)
    if start > today:
        return None
    if start.day == 1:
        end = start.replace(day=calendar.monthrange(start.year, start.month)[1])
    else:
        end = start + (latest[1] - latest[0])
    return start, min(end, today)


def usual_range(
    values: Sequence[Decimal | Fraction], landmarks: Sequence[Decimal | None]
) -> tuple[Fraction, Fraction] | None:
    """Return the range in which a new value surprises nobody; None where too little is known.

    It is the span of the readings so far, of baseline and target, widened by its own length on both sides.
    """
    known = [Fraction(value) for value in [*values, *landmarks] if value is not None]
    if not values or len(set(known)) < 2:
        return None
    low, high = min(known), max(known)
    return low - (high - low), high + (high - low)
