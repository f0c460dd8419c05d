"""The days and the values of charts over time: axes, rules and the line of today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.utils.translation import gettext as _

from display import numbers
from display.charts import svg
from display.charts.scales import Linear, month_starts
from display.charts.text import width


def day_scale(first: date, last: date, start: float, end: float) -> Linear:
    """Return a scale over days; a single day gets a month around it."""
    if first == last:
        first, last = first - timedelta(days=15), last + timedelta(days=15)
    return Linear(first.toordinal(), last.toordinal(), start, end)


def day_axis(x: Linear, baseline: float, first: date, last: date) -> list[str]:
    """Write months below the plot: the year at the first and where it changes, as many as have room.

    What begins with the last day of a month goes on by months: each is named where it ends.
    """
    room = width(numbers.day(date(2026, 12, 1), "month_short"), svg.TEXT_SIZE) + 14
    months = month_starts(first, last, max(int((x.end - x.start) / room), 1))
    while len(months) > 1 and x(months[1].toordinal()) - x(months[0].toordinal()) < room - 6:
        months = month_starts(first, last, len(months) - 1)
    if len(months) < 2:
        months = [first, last] if numbers.day(first, "month_short") != numbers.day(last, "month_short") else [first]
    elif (first + timedelta(days=1)).day == 1:
        months = [month - timedelta(days=1) for month in months]
    marks = []
    for index, month in enumerate(months):
        place = x(month.toordinal()) if month >= first else x.start
        form = "month_short" if index == 0 or month.year != months[index - 1].year else "month_only"
        marks.append(svg.text(place, baseline + 20, numbers.day(month, form), anchor=_anchor(place, x, room)))
    return marks


def month_names(months: Sequence[date], x: Linear, baseline: float) -> list[str]:
    """Name as many columns of months as have room; the year stands at the first and at every January.

    `x` counts columns.
    """
    slot = (x.end - x.start) / len(months)
    every = next(step for step in (1, 2, 3, 6, 12, 24, 60, 120, 1200) if slot * step >= 62)
    marks: list[str] = []
    for index, month in enumerate(months):
        if (month.month - 1) % min(every, 12) == 0 and (every <= 12 or month.year % (every // 12) == 0):
            form = "month_short" if month.month == 1 or not marks else "month_only"
            marks.append(svg.text(x(index + 0.5), baseline + 20, numbers.day(month, form), anchor="middle"))
    return marks


def money_rules(x: Linear, y: Linear, grid: list[float], currency: str) -> list[str]:
    """Write a rule and its amount for every tick; zero is drawn stronger where amounts below zero exist."""
    marks = []
    for value, words in zip(grid, numbers.money_axis(grid, currency), strict=True):
        strong = value == 0 and grid[0] < 0
        marks.append(svg.line(x.start, y(value), x.end, y(value), "var(--mark)" if strong else "var(--line)"))
        marks.append(svg.text(x.start - 8, y(value) + 4, words, anchor="end"))
    return marks


def money_margin(grid: list[float], currency: str) -> float:
    """Return the room that the amounts at the rules need."""
    return max(width(words, svg.TEXT_SIZE) for words in numbers.money_axis(grid, currency)) + 10


def today_line(x: Linear, top: float, baseline: float, today: date) -> list[str]:
    """Draw today as a dotted upright line, its word on the side that has room."""
    place = x(today.toordinal())
    words = _("today")
    fits = place + 6 + width(words, svg.TEXT_SIZE) <= x.end
    anchor: svg.Anchor = "start" if fits else "end"
    return [
        svg.line(place, top, place, baseline, "var(--mark)", "2 3"),
        svg.text(place + (6 if fits else -6), top + 8, words, anchor=anchor, halo=True),
    ]


def _anchor(place: float, x: Linear, room: float) -> svg.Anchor:
    if place - room / 2 < x.start - 20:
        return "start"
    return "end" if place + room / 2 > x.end + 30 else "middle"
