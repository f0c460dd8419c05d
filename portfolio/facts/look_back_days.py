"""The days before the as-of date that figures look back to."""

from __future__ import annotations

from datetime import date, timedelta

from money.months import next_month

RUN_COST_MONTHS = 3
ONE_DAY = timedelta(days=1)


def quarter_ends(as_of: date) -> tuple[date, date]:
    """Return the day before the last three full calendar months begin, and the day on which they end."""
    month = as_of.replace(day=1)
    return next_month(month, -RUN_COST_MONTHS) - ONE_DAY, month - ONE_DAY


def trend_days(as_of: date) -> list[date]:
    """Return the days of a sparkline before the as-of date: a year before, and three month ends between."""
    month = as_of.replace(day=1)
    return [a_year_before(as_of), *(next_month(month, back) - ONE_DAY for back in (-8, -5, -2))]


def a_year_before(day: date) -> date:
    """Return the same day of the year before; 29 February becomes the 28th."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
