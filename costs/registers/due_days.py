"""When a cost comes again, and what of a payment belongs to which month. Numbers in, numbers out."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from money.spreading import spread

PLACES = Decimal("1e-12")


def due_days(starts_on: date, every_months: int, ends_on: date | None, to: date) -> Iterator[date]:
    """Yield the days from the first on, up to `to` and the end. The 31st is the last day of a shorter month."""
    last = to if ends_on is None else min(to, ends_on)
    count = 0
    while (day := months_later(starts_on, count * every_months)) <= last:
        yield day
        count += 1


def parts(amount: Decimal, months: int) -> list[Decimal]:
    """Divide a payment evenly over the months it is for, to 12 decimals; the parts add up to it exactly."""
    return spread(amount, [1] * months, PLACES)


def months_later(day: date, months: int) -> date:
    """Return the same day of a later month, or its last day where it has fewer."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
