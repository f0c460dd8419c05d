"""What readings are worth (METRICS.md §4, "realised benefit"): numbers in, numbers out, no Django.

The benefit of an outcome is a list of segments: days over which one reading brings the same amount a day. A level
reading holds until the next one, for 2 × cadence days at most; a flow reading spreads its amount over its period. A
segment ends where the terms change, and days on which the initiative has ended are left out. Everything is worked out
in exact fractions and becomes a `Decimal` of 60 significant digits at the very end.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from fractions import Fraction

DIGITS = Context(prec=60)
# A volume per month as a volume per day: 12 months in 365.25 days.
MONTHS_PER_DAY = Fraction(12 * 4, 1461)
CADENCES_IN_FORCE = 2

Period = tuple[date, date]
Interval = tuple[date, date | None]
RateOf = Callable[[int, str], Decimal | None]


@dataclass(frozen=True, slots=True)
class Worth:
    """The values in force from `effective_on` on (None: from the start); money per unit in `currency`.

    `sign`: +1 where more is better, -1 where less is; 0 where neither is, and nothing is worth money.
    """

    effective_on: date | None
    sign: int
    baseline: Decimal | None
    unit_value: Decimal | None
    currency: str
    volume_per_month: Decimal | None
    attribution: Decimal
    cadence_days: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A level on `period_end`, or an amount from `period_start` to `period_end`, both included."""

    id: int
    period_start: date | None
    period_end: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class Segment:
    """The days [start_on, end_on) of a reading; amounts in base currency, None while its rate is missing."""

    reading_id: int
    start_on: date
    end_on: date
    counts_from: date
    per_day: Decimal | None
    amount: Decimal | None
    currency: str


def to_decimal(exact: Fraction) -> Decimal:
    """Return a fraction as a Decimal, exact where 60 digits are enough."""
    return DIGITS.divide(Decimal(exact.numerator), Decimal(exact.denominator))


def is_part(validated: Decimal, realised: Decimal) -> bool:
    """Tell whether what is validated is a share of what is realised.

    It is worked out anew from fewer readings, each of which holds for longer, so it may be more, or of another sign.
    """
    return realised > 0 and 0 <= validated <= realised


def months_between(first: date, last: date) -> Fraction:
    """Return the months in a period, both ends included: per calendar month, days in it ÷ days of that month."""
    months = Fraction(0)
    day = first
    while day <= last:
        length = calendar.monthrange(day.year, day.month)[1]
        month_end = day.replace(day=length)
        months += Fraction((min(month_end, last) - day).days + 1, length)
        day = month_end + timedelta(days=1)
    return months


def per_month(value: Decimal, first: date | None, last: date) -> Fraction:
    """Return a flow's value as an amount per month."""
    return Fraction(value) / months_between(first or last, last)


def worth_on(terms: Sequence[Worth], day: date) -> Worth:
    """Return the values in force on a day; the first ones hold from the start. `terms` are in order."""
    held = terms[0]
    for candidate in terms[1:]:
        if candidate.effective_on is not None and candidate.effective_on <= day:
            held = candidate
    return held


def outside(start: date, end: date, ended: Sequence[Interval]) -> Iterator[tuple[date, date]]:
    """Yield the parts of [start, end) that no interval of `ended` (half open, in order) covers."""
    for away, back in ended:
        if away >= end:
            break
        if back is not None and back <= start:
            continue
        if start < away:
            yield start, away
        if back is None:
            return
        start = max(start, back)
    if start < end:
        yield start, end


def segments(
    readings: Sequence[Reading],
    terms: Sequence[Worth],
    *,
    is_flow: bool,
    ended: Sequence[Interval],
    rate_of: RateOf,
) -> list[Segment]:
    """Return the segments of an outcome. `readings` in any order, of one day the greatest id holds."""
    ordered = sorted(readings, key=lambda reading: (reading.period_end, reading.id))
    if is_flow:
        return [piece for reading in ordered for piece in _flow(reading, terms, ended, rate_of)]
    return [
        piece
        for index, reading in enumerate(ordered)
        for piece in _level(reading, _day_of_next(ordered, index), terms, ended, rate_of)
    ]


def _day_of_next(ordered: Sequence[Reading], index: int) -> date:
    return ordered[index + 1].period_end if index + 1 < len(ordered) else date.max


def _level(
    reading: Reading, until: date, terms: Sequence[Worth], ended: Sequence[Interval], rate_of: RateOf
) -> Iterator[Segment]:
    """A level counts from its day to the next reading, under each of the terms that are in force meanwhile."""
    for index, worth in enumerate(terms):
        if not worth.sign or worth.baseline is None or worth.unit_value is None or worth.volume_per_month is None:
            continue
        start = reading.period_end if index == 0 else max(reading.period_end, worth.effective_on or date.min)
        changed = terms[index + 1].effective_on if index + 1 < len(terms) else None
        expired = reading.period_end + timedelta(days=CADENCES_IN_FORCE * worth.cadence_days)
        daily = Fraction(reading.value) - Fraction(worth.baseline)
        daily *= worth.sign * Fraction(worth.volume_per_month) * MONTHS_PER_DAY
        for first, end in outside(start, min(until, changed or date.max, expired), ended):
            yield _segment(reading, first, end, first, daily, worth, rate_of)


def _flow(reading: Reading, terms: Sequence[Worth], ended: Sequence[Interval], rate_of: RateOf) -> Iterator[Segment]:
    """A flow's amount lies evenly over its days and counts once its period is over."""
    worth = worth_on(terms, reading.period_end)
    if not worth.sign or worth.baseline is None or worth.unit_value is None:
        return
    first = reading.period_start or reading.period_end
    after = reading.period_end + timedelta(days=1)
    gained = Fraction(reading.value) - Fraction(worth.baseline) * months_between(first, reading.period_end)
    daily = worth.sign * gained / (after - first).days
    for start, end in outside(first, after, ended):
        yield _segment(reading, start, end, reading.period_end, daily, worth, rate_of)


def _segment(
    reading: Reading, start: date, end: date, counts_from: date, units_per_day: Fraction, worth: Worth, rate_of: RateOf
) -> Segment:
    rate = rate_of(reading.id, worth.currency)
    if rate is None:
        return Segment(reading.id, start, end, counts_from, None, None, worth.currency)
    daily = units_per_day * Fraction(worth.unit_value or 0) * Fraction(worth.attribution) * Fraction(rate)
    amount = to_decimal(daily * (end - start).days)
    return Segment(reading.id, start, end, counts_from, to_decimal(daily), amount, worth.currency)
