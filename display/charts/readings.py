"""Readings of an outcome against its baseline, its target and the expected way between them (METRICS.md §4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from display import numbers, sentences
from display.charts import svg
from display.charts.base import Chart, Drawing, EndLabel, Point, Table, end_labels_width
from display.charts.scales import Linear
from display.charts.text import fit, spread
from display.charts.timeline import day_axis, day_scale

TOP, AXIS = 16.0, 30.0
MOST_DOT, LEAST_DOT = 3.0, 1.2  # radius of a reading's dot
ROOM_OF_DOT = 2.6  # radii between two of many, so that they do not run together


@dataclass(frozen=True)
class Reading:
    """One measurement: its day, its value (a flow as an amount per month), and whether finance has validated it."""

    day: date
    value: float
    validated: bool = False


@dataclass(frozen=True, kw_only=True)
class Readings(Chart):
    """Points over time; filled ones are validated. `low` and `high` are the bounds of an outcome to maintain."""

    readings: Sequence[Reading]
    unit: str = ""
    baseline: float | None = None
    baseline_day: date | None = None
    target: float | None = None
    target_day: date | None = None
    low: float | None = None
    high: float | None = None
    width: float = 390.0

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been measured."""
        return not self.readings

    def draw(self, width: float) -> Drawing:
        """Draw the lines to compare with, the expected way, then the readings on top."""
        height = 170.0 if width <= 440 else 250.0
        levels = self._levels()
        room = end_labels_width([EndLabel(0, [words], "ink") for _value, words, _tone in levels], width * 0.34)
        days = self._days
        x = day_scale(days[0], days[-1], 8, width - room - 12)
        y = self._scale(height - AXIS, TOP)
        body = [*self._level_lines(levels, x, y, room), *self._expected(x, y), *day_axis(x, y.start, days[0], days[-1])]
        body += self._line(x, y)
        return Drawing(width, height, body, (x.start, y.end, x.end - x.start, y.start - y.end))

    def points(self) -> list[Point]:
        """Every reading: "12 June 2026: 9.1 minutes, validated"."""
        days = self._days
        across, down = day_scale(days[0], days[-1], 0, 1), self._scale(1, 0)
        return [Point(across(one.day.toordinal()), down(one.value), self._told(one)) for one in self._sorted]

    def table(self) -> Table:
        """A row per reading."""
        rows = [
            [numbers.day(one.day, "day_short"), numbers.quantity(one.value, self.unit), _state(one)]
            for one in self._sorted
        ]
        return Table([_("Day"), _("Reading"), _("State")], rows)

    @property
    def _sorted(self) -> list[Reading]:
        return sorted(self.readings, key=lambda one: one.day)

    @property
    def _days(self) -> list[date]:
        expected = [day for day in (self.baseline_day, self.target_day) if day]
        return sorted([*(one.day for one in self.readings), *expected])

    def _scale(self, bottom: float, top: float) -> Linear:
        levels = [value for value in (self.baseline, self.target, self.low, self.high) if value is not None]
        values = [*levels, *(one.value for one in self.readings)]
        low, high = min(values), max(values)
        margin = (high - low) * 0.08
        return Linear(low - margin, high + margin, bottom, top)

    def _levels(self) -> list[tuple[float, str, svg.Tone]]:
        named: list[tuple[float | None, str, svg.Tone]] = [
            (self.baseline, _("baseline"), "mark"),
            (self.target, _("target"), "guided"),
            (self.low, _("lower bound"), "guided"),
            (self.high, _("upper bound"), "guided"),
        ]
        return [
            (value, f"{numbers.significant(value, 4)} {name}", tone) for value, name, tone in named if value is not None
        ]

    def _level_lines(self, levels: list[tuple[float, str, svg.Tone]], x: Linear, y: Linear, room: float) -> list[str]:
        marks = []
        if self.low is not None and self.high is not None:
            band = {"x": x.start, "y": y(self.high), "width": x.end - x.start, "height": y(self.low) - y(self.high)}
            marks.append(svg.element("rect", **band, fill="var(--guided)", opacity="0.1"))
        tops = spread([y(value) - 10 for value, _words, _tone in levels], [15] * len(levels), 0, y.start + 6)
        for (value, words, tone), top in zip(levels, tops, strict=True):
            marks.append(svg.line(x.start, y(value), x.end, y(value), svg.paint(tone), "2 4"))
            marks.append(svg.text(x.end + 8, top + 14, fit(words, room + 4, svg.TEXT_SIZE), fill=svg.ink(tone)))
        return marks

    def _expected(self, x: Linear, y: Linear) -> list[str]:
        if self.baseline is None or self.baseline_day is None or self.target is None or self.target_day is None:
            return []
        start = (x(self.baseline_day.toordinal()), y(self.baseline))
        end = (x(self.target_day.toordinal()), y(self.target))
        return [svg.line(*start, *end, "var(--mark)", "1 5")]

    def _line(self, x: Linear, y: Linear) -> list[str]:
        places = [(x(one.day.toordinal()), y(one.value)) for one in self._sorted]
        size = min(MOST_DOT, max(LEAST_DOT, (x.end - x.start) / len(places) / ROOM_OF_DOT))
        marks = []
        if len(places) > 1:
            line = svg.polyline(places)
            marks.append(svg.element("path", d=line, fill="none", stroke="var(--ink)", stroke_width=size * 0.6))
        for one, (left, top) in zip(self._sorted, places, strict=True):
            fill = "var(--benefit)" if one.validated else "var(--card)"
            marks.append(
                svg.element(
                    "circle", cx=left, cy=top, r=size, fill=fill, stroke="var(--benefit)", stroke_width=size / 2 + 0.1
                )
            )
        return marks

    def _told(self, one: Reading) -> str:
        said = sentences.listed([numbers.quantity(one.value, self.unit), _state(one)])
        return f"{numbers.day(one.day, 'day_short')}{sentences.colon()}{said}"


def _state(one: Reading) -> str:
    return _("validated") if one.validated else _("submitted")
