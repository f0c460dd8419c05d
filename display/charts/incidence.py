"""Probability of an event by months since the start: step curves with interval bands (METRICS.md §2)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from django.utils.translation import gettext as _

from display import numbers
from display.charts import placing, svg
from display.charts.base import Chart, Drawing, EndLabel, Point, Table, draw_end_labels, end_labels_width
from display.charts.scales import Linear, ticks
from display.charts.text import fit
from display.sentences import aside

TOP, AXIS = 18.0, 46.0


class Step(NamedTuple):
    """From `at` months on the probability is `value`, between `low` and `high` where the interval exists."""

    at: float
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Curve:
    """One cohort: its steps in order of time; past `until` (last observed time, in months) nothing is known."""

    name: str
    tone: svg.Tone
    steps: Sequence[Step]
    detail: str = ""
    until: float | None = None

    def at(self, month: float) -> Step | None:
        """Return the step in force at `month`; None past the last observed time."""
        if self.until is not None and month > self.until:
            return None
        index = bisect_right(self.steps, month, key=lambda step: step.at)
        return self.steps[index - 1] if index else Step(0, 0)


Placed = tuple[float, Step]  # a step and its place across the plot


@dataclass(frozen=True)
class Reference:
    """A benchmark in the plot: a band from `low` to `high`, or a dotted line where both are the same.

    `short` is what stands in the plot where a long label would be written over a curve; the plot's foot names it then.
    """

    label: str
    low: float
    high: float
    tone: svg.Tone = "guided"
    short: str = ""


@dataclass(frozen=True, kw_only=True)
class Incidence(Chart):
    """Cumulative incidence curves of several cohorts over `months` months."""

    curves: Sequence[Curve]
    references: Sequence[Reference] = field(default=())
    months: int = 36
    axis: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether no cohort has a single prototype to follow."""
        return not any(curve.until is None or curve.until > 0 for curve in self.curves)

    @cached_property
    def _top(self) -> float:
        """The highest value to be drawn: the plot ends a little above it."""
        highest = [step.high or step.value for curve in self.curves for step in curve.steps if step.at <= self.months]
        return min(1.0, max([0.1, *highest, *(reference.high for reference in self.references)]) * 1.04)

    @cached_property
    def _ticks(self) -> list[float]:
        return ticks(0, self._top, 4)

    def draw(self, width: float) -> Drawing:
        """Draw rules, references, bands, curves and their labels."""
        height = min(344.0, 120 + width * 0.34) if width > 400 else 270.0
        ends = self._ends(width > 400)
        room = end_labels_width(ends, width * 0.34)
        grid = self._ticks
        left = 44.0 if width > 400 else 36.0
        x = Linear(0, self.months, left, width - room - 10)
        y = Linear(0, self._top, height - AXIS, TOP)
        placed = [self._placed(curve, x) for curve in self.curves]
        body = [*self._rules(x, y, grid, width), *self._bands(x, y, placed)]
        paths = [self._path(curve, steps, x, y) for curve, steps in zip(self.curves, placed, strict=True)]
        body += [self._curve(curve, path) for curve, path in zip(self.curves, paths, strict=True)]
        body += [_leader(path[-1], x.end) for path in paths if path[-1][0] < x.end - 4]
        named, below = self._named(x, y, paths)
        body += named
        body += [svg.text(0, height + 12 + 16 * row, fit(words, width, 11), size=11) for row, words in enumerate(below)]
        labels = [EndLabel(y(end.y) + 4, end.lines, end.tone) for end in ends]
        body += draw_end_labels(labels, x.end + 8, room + 2, TOP - 10, height - AXIS + 5)
        return Drawing(width, height + 16 * len(below), body, (x.start, y.end, x.end - x.start, y.start - y.end))

    def points(self) -> list[Point]:
        """Every whole month of every curve: "guided, 12 months: 34 % (26–43)"."""
        top, words = self._top, _("%(name)s, month %(month)s: %(value)s")
        found = []
        for series, curve in enumerate(self.curves):
            for month in range(self.months + 1):
                step = curve.at(month)
                if step is not None:
                    label = words % {"name": curve.name, "month": month, "value": _with_interval(step)}
                    found.append(Point(month / self.months, 1 - step.value / top, label, series))
        return found

    def table(self) -> Table:
        """A row every six months, a column per cohort."""
        heads = [
            _("Months"),
            *(f"{curve.name}{aside(curve.detail)}" for curve in self.curves),
        ]
        rows = [
            [str(month), *(_with_interval(curve.at(month)) for curve in self.curves)]
            for month in range(6, self.months + 1, 6)
        ]
        return Table(heads, rows)

    def _ends(self, wide: bool) -> list[EndLabel]:
        ends = []
        for curve in self.curves:
            last = curve.at(min(self.months, curve.until if curve.until is not None else self.months)) or Step(0, 0)
            share = numbers.percent(last.value)
            lines = [f"{curve.name} {share}", curve.detail] if wide else [curve.name, share]
            ends.append(EndLabel(last.value, [words for words in lines if words], curve.tone))
        return ends

    def _rules(self, x: Linear, y: Linear, grid: list[float], width: float) -> list[str]:
        marks = []
        for value in (value for value in grid if value <= self._top):
            marks.append(svg.line(x.start, y(value), x.end, y(value)))
            marks.append(svg.text(x.start - 8, y(value) + 4, numbers.percent(value), anchor="end"))
        every = 6 if width > 400 or self.months <= 24 else 12
        for month in range(0, self.months + 1, every):
            marks.append(svg.text(x(month), y.start + 18, str(month), anchor="middle"))
        marks.append(svg.text((x.start + x.end) / 2, y.start + 38, self.axis, anchor="middle"))
        return marks

    def _bands(self, x: Linear, y: Linear, placed: list[list[Placed]]) -> list[str]:
        marks = []
        for reference in self.references:
            if reference.high > reference.low:
                size = {
                    "x": x.start,
                    "y": y(reference.high),
                    "width": x.end - x.start,
                    "height": y(reference.low) - y(reference.high),
                }
                marks.append(svg.element("rect", **size, fill=svg.paint(reference.tone), opacity="0.1"))
            else:
                marks.append(svg.line(x.start, y(reference.low), x.end, y(reference.low), "var(--mark)", "2 4"))
        for curve, steps in zip(self.curves, placed, strict=True):
            if outline := self._outline(curve, steps, x, y):
                marks.append(svg.element("path", d=outline, fill=svg.paint(curve.tone), opacity="0.13"))
        return marks

    def _placed(self, curve: Curve, x: Linear) -> list[Placed]:
        """The steps of a curve beside their places across; of steps in one pixel the last."""
        end = self._end(curve)
        places = ((x(step.at), step) for step in curve.steps if step.at <= end)
        return list({round(across): (across, step) for across, step in places}.values())

    def _outline(self, curve: Curve, steps: list[Placed], x: Linear, y: Linear) -> str:
        """The band: along the upper limits and back along the lower ones, where the interval exists."""
        known = [(across, step.low, step.high) for across, step in steps if step.low is not None]
        if not known:
            return ""
        end = x(self._end(curve))
        upper = _stairs([(across, y(high or 0.0)) for across, _low, high in known], end)
        lower = _stairs([(across, y(low)) for across, low, _high in known], end)
        return svg.polyline([*upper, *reversed(lower)]) + "Z"

    def _path(self, curve: Curve, steps: list[Placed], x: Linear, y: Linear) -> list[tuple[float, float]]:
        rising = [(x.start, y(0.0)), *((across, y(step.value)) for across, step in steps)]
        return _stairs(rising, x(self._end(curve)))

    def _end(self, curve: Curve) -> float:
        return float(self.months if curve.until is None else min(self.months, curve.until))

    @staticmethod
    def _curve(curve: Curve, path: list[tuple[float, float]]) -> str:
        return svg.element("path", d=svg.polyline(path), fill="none", stroke=svg.paint(curve.tone), stroke_width=2.2)

    def _named(self, x: Linear, y: Linear, paths: list[list[tuple[float, float]]]) -> tuple[list[str], list[str]]:
        """Write each benchmark's label where the curves leave room; return what is left to say below the plot.

        Where one name has no room, every benchmark has its short label, and all are named below alike.
        """
        lines = [stretch for path in paths for stretch in placing.stretches(path)]
        long = [reference.label for reference in self.references]
        spots = self._spots(long, x, y, lines)
        if not any(spot.crossed and reference.short for spot, reference in zip(spots, self.references, strict=True)):
            return _labels(long, spots), []
        short = [reference.short or reference.label for reference in self.references]
        return _labels(short, self._spots(short, x, y, lines)), long

    def _spots(self, words: list[str], x: Linear, y: Linear, lines: list[placing.Stretch]) -> list[placing.Box]:
        taken: list[placing.Box] = []
        for said, reference in zip(words, self.references, strict=True):
            between = (x.start + 6, x.end - 4)
            # In its band, however far right: below it a name would read as that of another line.
            inside, *beside = _baselines(reference, y)
            spot = placing.free_spot(said, 11, [inside], between, lines, taken)
            if spot.crossed:
                spot = placing.free_spot(said, 11, [inside, *beside], between, lines, taken)
            taken.append(spot)
        return taken


def _labels(words: list[str], spots: list[placing.Box]) -> list[str]:
    return [
        svg.text(spot.left, spot.bottom - 3, said, size=11, halo=spot.crossed)
        for said, spot in zip(words, spots, strict=True)
    ]


def _baselines(reference: Reference, y: Linear) -> list[float]:
    """Return where a benchmark's label may stand, best first: in its band, else on, above or below it."""
    if reference.high > reference.low:
        return [(y(reference.low) + y(reference.high)) / 2 + 4, y(reference.low) + 14, y(reference.high) - 5]
    return [y(reference.low) - 5, y(reference.low) + 14]


def _stairs(places: list[tuple[float, float]], end: float) -> list[tuple[float, float]]:
    """Return the corners of a staircase through these places, which goes on until `end`."""
    corners: list[tuple[float, float]] = []
    for across, down in places:
        if corners:
            corners.append((across, corners[-1][1]))
        corners.append((across, down))
    return [*corners, (end, corners[-1][1])]


def _leader(end: tuple[float, float], right: float) -> str:
    """Lead from where a cohort's observation ends to its label at the right."""
    return svg.line(end[0] + 4, end[1], right, end[1], "var(--mark)", "1 4")


def _with_interval(step: Step | None) -> str:
    if step is None:
        return numbers.NO_VALUE
    value = numbers.percent(step.value)
    if step.low is None or step.high is None:
        return value
    return f"{value}{aside(numbers.share_range(step.low, step.high))}"
