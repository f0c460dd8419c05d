"""A price that falls with use, beside prices that do not: one curve over shares of 0 to 100 %, lines to compare with.

Prices lie decades apart, so their scale is logarithmic: equal distances are equal factors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from display import numbers, sentences
from display.charts import svg
from display.charts.base import Chart, Drawing, EndLabel, Point, Table, draw_end_labels, end_labels_width
from display.charts.placing import free_spot, stretches
from display.charts.scales import Linear, decades
from display.charts.text import broken
from display.charts.text import width as text_width

TOP, AXIS = 16.0, 46.0
LEADER = 22.0
MOST_PRICES = 1e30  # past it, or below its inverse, a picture says nothing


@dataclass(frozen=True)
class PriceLevel:
    """A price that does not depend on use, its name at the right edge; `strong`: the one that is asked about."""

    name: str
    price: float
    strong: bool = False


@dataclass(frozen=True, kw_only=True)
class PriceCurve(Chart):
    """The price at full use ÷ the share of use, a marked share of it, and levels; dots where it meets a level."""

    at_full_use: float
    marked: float
    levels: Sequence[PriceLevel]
    currency: str
    name: str
    axis: str

    @property
    def is_empty(self) -> bool:
        """Whether there is no price that a logarithm could show."""
        return not all(1 / MOST_PRICES < price < MOST_PRICES for price in self._prices)

    def draw(self, width: float) -> Drawing:
        """Draw rules, levels with their names, the curve, its mark and where it meets the levels."""
        height = min(360.0, 130 + width * 0.32) if width > 400 else 330.0
        ends = [self._end(level, width) for level in self.levels]
        room = end_labels_width(ends, width * 0.36)
        grid = decades(self._low, self._high)
        x = Linear(0, 1, self._margin(grid), width - room - LEADER - 6)
        y = Linear(self._low, self._high, height - AXIS, TOP)
        path = [(x(share), y(math.log10(self._price(share)))) for share in self._shares]
        body = [*self._rules(x, y, grid), *self._level_lines(x, y)]
        body.append(svg.element("path", d=svg.polyline(path), fill="none", stroke="var(--cost)", stroke_width=2.4))
        body += [
            svg.element("circle", cx=x(at), cy=y(math.log10(level.price)), r=3, fill="var(--cost)")
            for level, at in self._met
        ]
        body += self._mark(x, y, path)
        placed = [replace(end, y=y(math.log10(end.y)) + 4) for end in ends]
        body += draw_end_labels(placed, x.end + LEADER, room + 4, TOP - 12, y.start + 8, LEADER)
        return Drawing(width, height, body, (x.start, y.end, x.end - x.start, y.start - y.end))

    def points(self) -> list[Point]:
        """The curve by whole per cents, then where it meets each level."""
        down = Linear(self._low, self._high, 1, 0)
        whole = [each / 100 for each in range(1, 101) if each / 100 >= self._shares[0]]
        found = [Point(share, down(math.log10(self._price(share))), self._told(share)) for share in whole]
        for level, at in self._met:
            words = _("as dear as %(name)s at %(share)s") % {"name": level.name, "share": numbers.percent(at)}
            found.append(Point(at, down(math.log10(level.price)), words, 1))
        return found

    def table(self) -> Table:
        """A row for every tenth and for the marked share, then the levels."""
        shares = sorted({*(each / 10 for each in range(1, 11)), self.marked}, reverse=True)
        rows = [[numbers.percent(share), self._money(self._price(share))] for share in shares]
        rows += [[level.name, self._money(level.price)] for level in self.levels]
        return Table([self.axis, self.name], rows)

    @property
    def _prices(self) -> list[float]:
        return [self.at_full_use, self._price(self._first), *(level.price for level in self.levels)]

    @property
    def _first(self) -> float:
        """Where the curve begins: it goes up without end towards 0 %."""
        return min(0.02, self.marked)

    @property
    def _shares(self) -> list[float]:
        """Shares along the curve, closer together where it is steep."""
        steps = 60
        return [self._first ** (1 - step / steps) for step in range(steps + 1)]

    @property
    def _low(self) -> float:
        return math.log10(min(self._prices)) - 0.12

    @property
    def _high(self) -> float:
        return math.log10(max(self._prices)) + 0.08

    @property
    def _met(self) -> list[tuple[PriceLevel, float]]:
        """The levels that the curve meets, and where."""
        meets = [(level, self.at_full_use / level.price) for level in self.levels]
        return [(level, share) for level, share in meets if self._first <= share <= 1]

    def _price(self, share: float) -> float:
        return self.at_full_use / share

    def _money(self, price: float) -> str:
        return numbers.money_significant(price, self.currency)

    def _round(self, price: float) -> str:
        return numbers.money_short(price, self.currency)

    def _told(self, share: float) -> str:
        return f"{numbers.percent(share)}{sentences.colon()}{self._money(self._price(share))}"

    def _margin(self, grid: Sequence[float]) -> float:
        return max((text_width(self._round(value), svg.TEXT_SIZE) for value in grid), default=30.0) + 10

    def _end(self, level: PriceLevel, width: float) -> EndLabel:
        """Name a level at its end; where the plot is narrow a long name goes on in a second line."""
        price = self._money(level.price)
        tone: svg.Tone = "ink" if level.strong else "soft"
        if width > 400:
            return EndLabel(level.price, [f"{level.name}  {price}"], tone)
        name = broken(level.name, width * 0.36, 12.5, bold=True)
        return EndLabel(level.price, [*name, price], tone, strong=len(name))

    def _rules(self, x: Linear, y: Linear, grid: Sequence[float]) -> list[str]:
        marks = []
        for value in grid:
            place = y(math.log10(value))
            marks.append(svg.line(x.start, place, x.end, place))
            marks.append(svg.text(x.start - 8, place + 4, self._round(value), anchor="end"))
        for tenth in range(0, 11, 2 if x.end - x.start > 260 else 5):
            marks.append(svg.text(x(tenth / 10), y.start + 18, numbers.percent(tenth / 10), anchor="middle"))
        marks.append(svg.text((x.start + x.end) / 2, y.start + 38, self.axis, anchor="middle"))
        return marks

    def _level_lines(self, x: Linear, y: Linear) -> list[str]:
        marks = []
        for level in self.levels:
            place, colour = y(math.log10(level.price)), "var(--ink)" if level.strong else "var(--mark)"
            marks.append(svg.line(x.start, place, x.end, place, colour, None if level.strong else "3 4"))
        return marks

    def _mark(self, x: Linear, y: Linear, path: Sequence[tuple[float, float]]) -> list[str]:
        """The entered share: a ring on the curve, its price beside it where neither curve nor level passes."""
        left, top = x(self.marked), y(math.log10(self._price(self.marked)))
        levels = [
            (x.start, y(math.log10(level.price)) - 1, x.end, y(math.log10(level.price)) + 1) for level in self.levels
        ]
        lines = [*stretches(path), *levels]
        between = (min(left + 10, x.end - 90), x.end - 4)
        spot = free_spot(self._told(self.marked), 12.5, [top - 8, top + 4, top - 22, top + 22], between, lines, [])
        ring = svg.element("circle", cx=left, cy=top, r=5, fill="var(--card)", stroke="var(--ink)", stroke_width=2)
        words = svg.text(
            spot.left, spot.bottom - 3, self._told(self.marked), fill="var(--ink)", size=12.5, bold=True, halo=True
        )
        return [ring, words]
