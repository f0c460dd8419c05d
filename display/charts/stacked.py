"""One bar, its parts with gaps between them: what became of every unit of money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from display import numbers, sentences
from display.charts import svg
from display.charts.base import Chart, Drawing, Point, Table

HEIGHT, GAP, LEAST = 34.0, 2.0, 3.0


@dataclass(frozen=True)
class Part:
    """One part: `value` as exact amount; a credit (below zero) is listed in the table and has no width."""

    name: str
    value: Decimal
    tone: svg.Tone
    share: float | None = None


@dataclass(frozen=True, kw_only=True)
class StackedBar(Chart):
    """A bar as wide as the whole; every part that is more than nothing can be seen."""

    parts: Sequence[Part]
    currency: str
    width: float = 560.0

    @property
    def is_empty(self) -> bool:
        """Whether there is no amount above zero."""
        return not any(part.value > 0 for part in self.parts)

    def draw(self, width: float) -> Drawing:
        """Draw the parts one after the other."""
        body = [
            svg.element(
                "rect", x=start, y=0, width=length, height=HEIGHT, rx=3, fill=svg.paint(part.tone), opacity="0.85"
            )
            for part, start, length in self._placed(width)
        ]
        return Drawing(width, HEIGHT, body, (0, 0, width, HEIGHT))

    def points(self) -> list[Point]:
        """Every part at its middle."""
        return [
            Point((start + length / 2) / self.width, 0.5, f"{part.name}{sentences.colon()}{self._told(part)}")
            for part, start, length in self._placed(self.width)
        ]

    def table(self) -> Table:
        """A row per part, credits too."""
        rows = [
            [
                part.name,
                numbers.money_whole(part.value, self.currency),
                numbers.NO_VALUE if part.share is None else numbers.percent(part.share),
            ]
            for part in self.parts
        ]
        return Table([_("What became of it"), _("Amount"), _("Share")], rows)

    def _told(self, part: Part) -> str:
        amount = numbers.money_short(part.value, self.currency)
        return amount if part.share is None else sentences.listed([amount, numbers.percent(part.share)])

    def _placed(self, width: float) -> list[tuple[Part, float, float]]:
        shown = [part for part in self.parts if part.value > 0]
        whole = float(sum((part.value for part in shown), Decimal(0)))
        room = width - GAP * (len(shown) - 1)
        lengths = [max(room * float(part.value) / whole, LEAST) for part in shown]
        excess = sum(lengths) - room
        spare = sum(length - LEAST for length in lengths)
        lengths = [length - excess * (length - LEAST) / spare if spare else length for length in lengths]
        placed, start = [], 0.0
        for part, length in zip(shown, lengths, strict=True):
            placed.append((part, start, length))
            start += length + GAP
        return placed
