"""Own hardware over time: written down in a straight line, and what its power comes to. Numbers in, numbers out.

Straight line by month (METRICS.md 3): (price − salvage) ÷ life in months, from the month in which it comes into service
on, that month in full. Months are rounded to 12 decimals such that they add up to exactly price − salvage
(money/spreading.py): the last ones of its life may differ by a unit of the last decimal.
When it goes, the months before that of the day have been written down, and what is left, salvage included, less what it
was sold for is written off on the day: in all it has cost exactly price − proceeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from money.exact import EXACT, ZERO
from money.months import last_day, next_month
from money.spreading import spread

PLACES = Decimal("1e-12")
HOURS_A_DAY = Decimal(24)
What = Literal["depreciation", "write-off", "energy"]


class Charge(NamedTuple):
    """What an asset costs on a day. `book_value` is what is left of it afterwards (energy changes nothing)."""

    on: date
    what: What
    amount: Decimal
    book_value: Decimal


@dataclass(frozen=True)
class Terms:
    """Everything that its cost follows from; money in one currency."""

    price: Decimal
    salvage: Decimal
    in_service_on: date
    life_months: int
    retired_on: date | None = None
    proceeds: Decimal = ZERO
    power_kw: Decimal | None = None
    hours_per_month: Decimal | None = None


def schedule(terms: Terms) -> list[Decimal]:
    """Return what each month of its life is written down by; they add up to price − salvage."""
    return spread(EXACT.subtract(terms.price, terms.salvage), [1] * terms.life_months, PLACES)


def book_value(terms: Terms, on: date) -> Decimal:
    """Return what is left on a day: the price before it serves, nothing once it has gone; months count at their end."""
    past = list(charges(terms, on))
    return past[-1].book_value if past else terms.price


def charges(terms: Terms, to: date) -> Iterator[Charge]:
    """Yield depreciation, and in the end the write-off, dated up to `to`; months are dated their last day."""
    left = terms.price
    for number, amount in enumerate(schedule(terms)):
        end = month_end(terms.in_service_on, number)
        if end > to or (terms.retired_on is not None and terms.retired_on <= end):
            break
        left = EXACT.subtract(left, amount)
        yield Charge(end, "depreciation", amount, left)
    if terms.retired_on is not None and terms.retired_on <= to:
        yield Charge(terms.retired_on, "write-off", EXACT.subtract(left, terms.proceeds), ZERO)


def energy_days(terms: Terms, to: date) -> Iterator[tuple[date, Decimal]]:
    """Yield (last day in service of the month, kilowatt-hours) of each month up to `to`, for as long as it serves.

    Hours per month count by the days in service of the first and last month; without them every hour counts.
    """
    if not terms.power_kw:
        return
    month = 0
    while True:
        end = month_end(terms.in_service_on, month)
        first = terms.in_service_on if month == 0 else end.replace(day=1)
        last = end if terms.retired_on is None else min(end, terms.retired_on)
        if last > to or first > last:
            return
        days = Decimal((last - first).days + 1)
        yield last, EXACT.multiply(terms.power_kw, _hours(terms.hours_per_month, days, Decimal(end.day)))
        month += 1


def month_end(day: date, months: int) -> date:
    """Return the last day of the month so many months after that of `day`."""
    return last_day(next_month(day, months))


def _hours(per_month: Decimal | None, days: Decimal, of: Decimal) -> Decimal:
    if per_month is None:
        return EXACT.multiply(days, HOURS_A_DAY)
    if days == of:
        return per_month
    return EXACT.divide(EXACT.multiply(per_month, days), of).quantize(PLACES, context=EXACT)
