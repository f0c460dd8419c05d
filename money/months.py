"""Months, named by their first day."""

from __future__ import annotations

from calendar import monthrange
from datetime import date


def last_day(month: date) -> date:
    """Return the last day of a month."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def is_over(month: date, as_of: date, today: date) -> bool:
    """Tell whether all of a month is counted: the as-of date has reached its last day, and that day has passed."""
    return last_day(month) <= as_of and last_day(month) < today


def next_month(month: date, count: int = 1) -> date:
    """Return the first day of the month so many months later (or earlier)."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)
