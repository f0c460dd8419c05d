"""Amounts over time, each column divided into its parts: direct labels at the right end, credits below zero."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from django.utils.translation import gettext as _

from display import numbers, sentences
from display.charts import svg
from display.charts.base import Chart, Drawing, Point, Table
from display.charts.scales import Linear, ticks
from display.charts.text import fit, spread
from display.charts.text import width as text_width
from display.charts.timeline import money_margin, money_rules, month_names

TOP, AXIS = 12.0, 32.0
NAME_SIZE, NAME_LANE, SWATCH, GAP = 12.5, 18.0, 10.0, 6.0
# From the bottom up: shades of one colour, as no part means anything that another does not.
# Per cent of the colour, the rest is the card: no rule shines through. The palest still stands out from it by 2 : 1,
# but in a column whose time is not over, which is half as strong.
_SHADES, _REST, _RUNNING = (100, 87, 75, 64, 54, 45), 68, 0.5


@dataclass(frozen=True)
class Series:
    """One part: its amount in every column; None where there is none."""

    name: str
    values: Sequence[Decimal | None]
    detail: str = ""
    is_rest: bool = False  # all others together


class _Piece(NamedTuple):
    series: int
    column: int
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class StackedColumns(Chart):
    """A column per stretch of time; the first series lies at the bottom. Months are named sparsely, others as room is.

    At most six series: whoever draws puts the small ones together. Where `is_running`, the last column is
    paler: it is not over.
    """

    starts: Sequence[date]
    names: Sequence[str]
    series: Sequence[Series]
    currency: str
    are_months: bool = True
    is_running: bool = False
    width: float = 1180.0

    @property
    def is_empty(self) -> bool:
        """Whether no series has an amount."""
        return not any(value for series in self.series for value in series.values)

    def draw(self, width: float) -> Drawing:
        """Draw rules, pieces, the names of columns and those of the series."""
        height = 320.0 if width > 640 else 240.0
        grid = self._ticks
        y = Linear(grid[0], grid[-1], height - AXIS, TOP)
        room = min(max((self._label_width(series) for series in self.series), default=0), width * 0.36)
        x = Linear(0, len(self.starts), money_margin(grid, self.currency), width - room - 14)
        body = money_rules(x, y, grid, self.currency)
        body += [self._piece(piece, x, y) for piece in self._pieces()]
        body += self._column_names(x, y.start)
        body += self._so_far(x, y)
        body += self._labels(x.end + 10, room, y)
        return Drawing(width, height, body, (x.start, y.end, x.end - x.start, y.start - y.end))

    def points(self) -> list[Point]:
        """Every piece at its middle; left and right walk through time."""
        grid = self._ticks
        down = Linear(grid[0], grid[-1], 1, 0)
        return [
            Point(
                (piece.column + 0.5) / len(self.starts),
                down((piece.low + piece.high) / 2),
                sentences.listed([self._name(piece.column), self.series[piece.series].name])
                + f"{sentences.colon()}{self._amount(piece)}",
                piece.series,
            )
            for piece in sorted(self._pieces())
        ]

    def table(self) -> Table:
        """A row per column, a head per series."""
        rows = [
            [self._name(index), *(self._cell(series.values[index]) for series in self.series)]
            for index in range(len(self.names))
        ]
        return Table([_("Period"), *(series.name for series in self.series)], rows)

    @property
    def _ticks(self) -> list[float]:
        ends = [end for piece in self._pieces() for end in (piece.low, piece.high)]
        return ticks(min([0.0, *ends]), max([0.0, *ends]), 4)

    def _pieces(self) -> Iterator[_Piece]:
        """Put the amounts of a column on each other, credits below zero."""
        for column in range(len(self.starts)):
            above = below = 0.0
            for index, series in enumerate(self.series):
                value = float(series.values[column] or 0)
                if value > 0:
                    yield _Piece(index, column, above, above + value)
                    above += value
                elif value < 0:
                    yield _Piece(index, column, below + value, below)
                    below += value

    def _piece(self, piece: _Piece, x: Linear, y: Linear) -> str:
        slot = (x.end - x.start) / len(self.starts)
        bar = {"x": x(piece.column) + slot * 0.14, "width": max(slot * 0.72, 1)}
        height = max(y(piece.low) - y(piece.high) - 1, 0.6)  # a hair of paper between the pieces
        strength = _RUNNING if self._runs(piece.column) else 1
        return svg.element("rect", **bar, y=y(piece.high), height=height, fill=self._fill(piece.series, strength))

    def _fill(self, index: int, strength: float = 1) -> str:
        rest = self.series[index].is_rest
        part = strength * (_REST if rest else _SHADES[min(index, len(_SHADES) - 1)])
        return f"color-mix(in srgb, {svg.paint('mark' if rest else 'cost')} {part:g}%, var(--card))"

    def _labels(self, x: float, room: float, y: Linear) -> list[str]:
        """Name each series behind its shade, at the height of its piece; what has none stands in their order."""
        above, middles = 0.0, []
        for index, series in enumerate(self.series):
            value = max(float(series.values[self._fullest] or 0), 0) if series.values else 0.0
            middles.append(y(above + value / 2) - index / 100)
            above += value
        tops = spread([middle - NAME_LANE / 2 for middle in middles], [NAME_LANE] * len(middles), 0, y.start + AXIS)
        drawn: list[str] = []
        for index, (series, top) in enumerate(zip(self.series, tops, strict=True)):
            drawn += self._label(series, self._fill(index), x, top + NAME_LANE / 2, room)
        return drawn

    def _label(self, series: Series, fill: str, x: float, middle: float, room: float) -> list[str]:
        name_room = room - (self._label_width(series) - text_width(series.name, NAME_SIZE, True))
        name, start = fit(series.name, name_room, NAME_SIZE, True), x + SWATCH + GAP
        drawn = [
            svg.element("rect", x=x, y=middle - SWATCH / 2, width=SWATCH, height=SWATCH, rx=2, fill=fill),
            svg.text(start, middle + 4, name, fill=svg.ink("ink"), size=NAME_SIZE, bold=True),
        ]
        if series.detail:
            drawn.append(svg.text(start + text_width(name, NAME_SIZE, True) + GAP, middle + 4, series.detail))
        return drawn

    def _label_width(self, series: Series) -> float:
        detail = GAP + text_width(series.detail, svg.TEXT_SIZE) if series.detail else 0
        return SWATCH + GAP + text_width(series.name, NAME_SIZE, True) + detail

    @property
    def _fullest(self) -> int:
        """The last of the columns that have most of the series: a month that has just begun lacks many."""
        counts = [sum((series.values[column] or 0) > 0 for series in self.series) for column in range(len(self.starts))]
        return max(range(len(counts)), key=lambda column: (counts[column], column))

    def _runs(self, column: int) -> bool:
        return self.is_running and column == len(self.names) - 1

    def _name(self, column: int) -> str:
        if self._runs(column):
            return _("%(time)s so far") % {"time": self.names[column]}
        return self.names[column]

    def _so_far(self, x: Linear, y: Linear) -> list[str]:
        """Say above the last column that its time is not over, where the column is wide enough for it."""
        words = _("so far")
        if not self.is_running or text_width(words, svg.TEXT_SIZE) > x(1) - x(0):
            return []
        column = len(self.starts) - 1
        top = max((piece.high for piece in self._pieces() if piece.column == column), default=0.0)
        return [svg.text(x(column + 0.5), y(top) - 6, words, anchor="middle")]

    def _column_names(self, x: Linear, baseline: float) -> list[str]:
        if self.are_months:
            return month_names(self.starts, x, baseline)
        room = max(text_width(name, svg.TEXT_SIZE) for name in self.names) + 12
        every = max(int(room * len(self.names) / (x.end - x.start)) + 1, 1)
        return [
            svg.text(x(index + 0.5), baseline + 20, name, anchor="middle")
            for index, name in enumerate(self.names)
            if index % every == 0
        ]

    def _amount(self, piece: _Piece) -> str:
        return numbers.money_short(self.series[piece.series].values[piece.column] or 0, self.currency)

    def _cell(self, value: Decimal | None) -> str:
        return numbers.NO_VALUE if value is None else numbers.money_whole(value, self.currency)


def without_gaps(months: Sequence[date]) -> list[date]:
    """Return all months from the first to the last, so that time runs evenly."""
    found = list(months[:1])
    for before, after in pairwise(months):
        count = (after.year - before.year) * 12 + after.month - before.month
        index = before.year * 12 + before.month - 1
        found += [date((index + step) // 12, (index + step) % 12 + 1, 1) for step in range(1, count + 1)]
    return found
