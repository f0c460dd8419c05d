"""Amounts by month as bars; credits hang below zero, a plan is a line across its month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from display import numbers, sentences
from display.charts import svg
from display.charts.base import Chart, Drawing, Point, Table
from display.charts.scales import Linear, ticks
from display.charts.timeline import money_margin, money_rules, month_names

TOP, AXIS = 12.0, 32.0


@dataclass(frozen=True)
class MonthBar:
    """One month: what it came to, and what was planned for it."""

    month: date
    value: Decimal
    planned: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class BarsByMonth(Chart):
    """A bar per month, in the order given; months without a bar are the caller's zeros.

    The month that is `running` is not over: its bar is paler.
    """

    bars: Sequence[MonthBar]
    currency: str
    tone: svg.Tone = "cost"
    running: date | None = None
    width: float = 560.0

    @property
    def is_empty(self) -> bool:
        """Whether no month has an amount or a plan."""
        return not any(bar.value or bar.planned for bar in self.bars)

    def draw(self, width: float) -> Drawing:
        """Draw rules, bars and plans."""
        height = 300.0 if width > 640 else 210.0
        grid = self._ticks
        left = money_margin(grid, self.currency)
        y = Linear(grid[0], grid[-1], height - AXIS, TOP)
        x = Linear(0, len(self.bars), left, width - 4)
        body = money_rules(x, y, grid, self.currency)
        for index, bar in enumerate(self.bars):
            body += self._bar(index, bar, x, y)
        body += month_names([bar.month for bar in self.bars], x, y.start)
        return Drawing(width, height, body, (x.start, y.end, x.end - x.start, y.start - y.end))

    def points(self) -> list[Point]:
        """Every month at the end of its bar."""
        grid = self._ticks
        down = Linear(grid[0], grid[-1], 1, 0)
        return [
            Point((index + 0.5) / len(self.bars), down(float(bar.value)), self._told(bar))
            for index, bar in enumerate(self.bars)
        ]

    def table(self) -> Table:
        """A row per month."""
        planned = any(bar.planned is not None for bar in self.bars)
        heads = [_("Month"), _("Amount"), *([_("Budget")] if planned else [])]
        rows = []
        for bar in self.bars:
            plan = numbers.NO_VALUE if bar.planned is None else numbers.money_whole(bar.planned, self.currency)
            rows.append(
                [
                    self._name(bar),
                    numbers.money_whole(bar.value, self.currency),
                    *([plan] if planned else []),
                ]
            )
        return Table(heads, rows)

    @property
    def _ticks(self) -> list[float]:
        values = [float(value) for bar in self.bars for value in (bar.value, bar.planned) if value is not None]
        return ticks(min([0.0, *values]), max([0.0, *values]), 4)

    def _name(self, bar: MonthBar) -> str:
        name = numbers.day(bar.month, "month_short")
        return _("%(time)s so far") % {"time": name} if bar.month == self.running else name

    def _told(self, bar: MonthBar) -> str:
        told = f"{self._name(bar)}{sentences.colon()}{numbers.money_short(bar.value, self.currency)}"
        if bar.planned is None:
            return told
        planned = _("budget %(amount)s") % {"amount": numbers.money_short(bar.planned, self.currency)}
        return sentences.listed([told, planned])

    def _bar(self, index: int, bar: MonthBar, x: Linear, y: Linear) -> list[str]:
        slot = (x.end - x.start) / len(self.bars)
        left, thick = x(index) + slot * 0.15, max(slot * 0.7, 1)
        top, bottom = sorted((y(float(bar.value)), y(0)))
        part = 38 if bar.month == self.running else 75
        marks = [
            svg.element(
                "rect",
                x=left,
                y=top,
                width=thick,
                height=max(bottom - top, 0.5),
                rx=min(2, thick / 3),
                fill=f"color-mix(in srgb, {svg.paint(self.tone)} {part}%, var(--card))",  # no rule shines through
            )
        ]
        if bar.planned is not None:
            level = y(float(bar.planned))
            ends = {"x1": left, "x2": left + thick, "y1": level, "y2": level}
            marks.append(svg.element("line", **ends, stroke="var(--ink)", stroke_width=1.6))
        return marks
