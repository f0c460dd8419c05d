"""What every chart offers: a wide and a narrow picture, the points that can be read out, and its table."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.safestring import SafeString

from display.charts import svg
from display.charts.text import fit, spread
from display.charts.text import width as text_width

NARROW = 340.0


@dataclass(frozen=True)
class Point:
    """One thing that pointer and arrow keys can read: its place as shares of the plot (0–1 from the upper left).

    Points of one `series` lie on one line: left and right walk along it, up and down change the series.
    """

    x: float
    y: float
    label: str
    series: int = 0


@dataclass(frozen=True)
class Table:
    """The same figures as text: heads, and rows whose first cell names the row."""

    heads: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Drawing:
    """A picture before it is written: its size, its marks, and where in it the plot lies (left, top, width, height)."""

    width: float
    height: float
    body: list[str]
    plot: tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Chart(ABC):
    """One chart: `title` says what is seen, `note` exactly what is plotted, `description` tells it in words."""

    title: str
    note: str = ""
    description: str = ""
    width: float = field(default=760.0)

    @property
    @abstractmethod
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""

    @abstractmethod
    def draw(self, width: float) -> Drawing:
        """Draw for a place of this width, one unit being one pixel."""

    @abstractmethod
    def points(self) -> list[Point]:
        """Return what can be read point by point."""

    @abstractmethod
    def table(self) -> Table:
        """Return the figures as a table."""

    @cached_property
    def wide(self) -> SafeString:
        """The picture for its own width."""
        return self._picture(self.width, "chart-wide")

    @cached_property
    def narrow(self) -> SafeString:
        """The picture for a telephone; drawn anew, so that its words stay legible."""
        return self._picture(min(NARROW, self.width), "chart-narrow")

    @property
    def size_class(self) -> str:
        """The class that decides below which width the narrow picture takes over."""
        return "chart-large" if self.width > 640 else "chart-medium" if self.width > 440 else "chart-small"

    @property
    def has_narrow(self) -> bool:
        """Whether a second picture is needed: a small chart is legible everywhere as it is."""
        return self.width > 440

    @cached_property
    def points_json(self) -> str:
        """The points for static/js/charts.js: [x, y, label, series]."""
        return json.dumps(
            [[round(p.x, 4), round(p.y, 4), p.label, p.series] for p in self.points()],
            ensure_ascii=False,
            separators=(",", ":"),
        )

    def _picture(self, width: float, css_class: str) -> SafeString:
        drawing = self.draw(width)
        plot = " ".join(svg.num(part) for part in drawing.plot)
        return svg.picture(
            drawing.width, drawing.height, self.title, self.description, drawing.body, class_=css_class, data_plot=plot
        )


@dataclass(frozen=True)
class EndLabel:
    """A label in the margin beside the end of its line: `strong` lines, and lines of detail below them."""

    y: float
    lines: list[str]
    tone: svg.Tone
    strong: int = 1

    @property
    def height(self) -> float:
        """How high the label stands."""
        return 15.0 * len(self.lines)


def end_labels_width(labels: list[EndLabel], limit: float) -> float:
    """Return the margin that the labels need, at most `limit`."""
    widest = max(
        (text_width(words, 12.5, index < label.strong) for label in labels for index, words in enumerate(label.lines)),
        default=0,
    )
    return min(widest, limit)


def draw_end_labels(
    labels: list[EndLabel], x: float, room: float, low: float, high: float, leader: float = 0.0
) -> list[str]:
    """Write the labels at `x`, moved apart so that none overlaps another; a `leader` so long goes to each moved one."""
    tops = spread([label.y - 11 for label in labels], [label.height + 3 for label in labels], low, high)
    marks = []
    for label, top in zip(labels, tops, strict=True):
        if leader and abs(top + 11 - label.y) > 2:
            marks.append(svg.line(x - leader, label.y - 4, x - 3, top + 7, "var(--mark)"))
        for index, words in enumerate(label.lines):
            strong = index < label.strong
            size = 12.5 if strong else svg.TEXT_SIZE
            fill = svg.ink(label.tone) if strong else "var(--soft)"
            marks.append(
                svg.text(x, top + 11 + 15 * index, fit(words, room, size, strong), fill=fill, size=size, bold=strong)
            )
    return marks
