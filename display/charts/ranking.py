"""Amounts as bars that lie below each other, the largest first: name on the left, amount at the end of the bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from display import numbers, sentences
from display.charts import svg
from display.charts.base import Chart, Drawing, Point, Table
from display.charts.scales import Linear
from display.charts.text import fit
from display.charts.text import width as text_width

LANE, BAR = 28.0, 16.0
NAME_LANE = 18.0  # of a name above its bar, where there is no room beside it
WIDE = 480.0
NAME_SIZE = 12.5


@dataclass(frozen=True)
class Bar:
    """One bar; `share` of the whole, where there is one."""

    name: str
    value: Decimal
    share: float | None = None
    is_rest: bool = False  # all others together


@dataclass(frozen=True, kw_only=True)
class Ranking(Chart):
    """A bar per thing, in the order given. A credit lies to the left of the line at zero.

    All others together do not set the scale: where they are more than the largest, their bar is broken.
    """

    bars: Sequence[Bar]
    currency: str
    head: str = ""
    width: float = 1180.0

    @property
    def is_empty(self) -> bool:
        """Whether no bar has an amount."""
        return not any(bar.value for bar in self.bars)

    def draw(self, width: float) -> Drawing:
        """Draw names, bars and amounts."""
        above = 0.0 if width > WIDE else NAME_LANE
        lane = LANE + above
        height = lane * len(self.bars) + 4
        room = width if above else min(max(text_width(bar.name, NAME_SIZE) for bar in self.bars), width * 0.34)
        x = self._scale(0 if above else room + 12, width)
        body = [svg.line(x(0), 0, x(0), height, "var(--mark)")] if x.low < 0 else []
        for index, bar in enumerate(self.bars):
            name_at = index * lane + (NAME_LANE if above else LANE / 2 + 4)
            body.append(svg.text(0, name_at, fit(bar.name, room, NAME_SIZE), fill="var(--ink)", size=NAME_SIZE))
            body += self._bar(bar, index * lane + above, x)
        return Drawing(width, height, body, (x.start, 0, x.end - x.start, height))

    def points(self) -> list[Point]:
        """Every bar at its end."""
        along = self._scale(0, 1)
        return [
            Point(
                (along(_within(bar, along)) - along.start) / (along.end - along.start),
                (index * LANE + LANE / 2) / (LANE * len(self.bars) + 4),
                f"{bar.name}{sentences.colon()}{self._told(bar)}",
                index,
            )
            for index, bar in enumerate(self.bars)
        ]

    def table(self) -> Table:
        """A row per bar."""
        rows = [
            [
                bar.name,
                numbers.money_whole(bar.value, self.currency),
                numbers.NO_VALUE if bar.share is None else numbers.percent(bar.share),
            ]
            for bar in self.bars
        ]
        return Table([self.head or pgettext("of a thing", "Name"), _("Amount"), _("Share")], rows)

    def _scale(self, start: float, width: float) -> Linear:
        """Leave room for the amounts at the ends, to the left too where there are credits."""
        values = [float(bar.value) for bar in self.bars]
        alone = [float(bar.value) for bar in self.bars if not bar.is_rest]
        low, high = min([0.0, *values]), max([0.0, *alone]) or max([0.0, *values])
        room = max(text_width(self._told(bar), svg.TEXT_SIZE) for bar in self.bars) + 10 if width > 1 else 0
        return Linear(low, high, start + (room if low < 0 else 0), width - room)

    def _bar(self, bar: Bar, top: float, x: Linear) -> list[str]:
        left, right = sorted((x(0), x(_within(bar, x))))
        middle = top + LANE / 2 + 4
        credit = bar.value < 0
        fill, opacity = ("mark", "0.45") if bar.is_rest else ("cost", "0.75")
        drawn = [
            svg.element(
                "rect",
                x=left,
                y=top + 6,
                width=max(right - left, 1),
                height=BAR,
                rx=2,
                fill=svg.paint(fill),
                opacity=opacity,
            ),
            svg.text(left - 6 if credit else right + 6, middle, self._told(bar), anchor="end" if credit else "start"),
        ]
        if _within(bar, x) != float(bar.value):
            at = right - (right - left) * 0.15
            gap = f"M{svg.num(at - 6)} {svg.num(top + BAR + 7)}l6 {-BAR - 2:.0f}h5l-6 {BAR + 2:.0f}z"
            drawn.append(svg.element("path", d=gap, fill="var(--card)"))
        return drawn

    def _told(self, bar: Bar) -> str:
        amount = numbers.money_short(bar.value, self.currency)
        if bar.share is None:
            return amount
        return _("%(amount)s, %(share)s") % {"amount": amount, "share": numbers.percent(bar.share)}


def _within(bar: Bar, x: Linear) -> float:
    """Return how far a bar goes: of all others together, no further than the scale."""
    return min(float(bar.value), x.high)
