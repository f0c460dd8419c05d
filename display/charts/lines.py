"""Cumulative amounts over time: cost and benefit, solid as known, dashed as planned, with the line of today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from display import numbers, sentences
from display.charts import svg
from display.charts.base import Chart, Drawing, EndLabel, Point, Table, draw_end_labels, end_labels_width
from display.charts.placing import Stretch, beside, finely, stretches
from display.charts.scales import Linear, ticks
from display.charts.timeline import day_axis, day_scale, money_margin, money_rules, today_line

TOP, AXIS = 14.0, 34.0
SLIGHT = 0.01  # of the highest value: what lies less below zero is a line's own width, and needs no room there
Amount = Decimal | float | int


@dataclass(frozen=True)
class Line:
    """One line: what is known day by day, what is planned from there on, and the band around the plan.

    `plan_name` is what the planned part is called where that is more than "planned".
    """

    name: str
    tone: svg.Tone
    known: Sequence[tuple[date, Amount]]
    planned: Sequence[tuple[date, Amount]] = ()
    band: Sequence[tuple[date, Amount, Amount]] = ()
    plan_name: str = ""


@dataclass(frozen=True)
class Mark:
    """A point worth a word: "breaks even Apr 2027", beside it where no line passes, else above; or below, if said."""

    day: date
    value: Amount
    label: str
    below: bool = False


@dataclass(frozen=True, kw_only=True)
class CumulativeLines(Chart):
    """Several cumulative amounts in one currency."""

    lines: Sequence[Line]
    currency: str
    today: date | None = None
    marks: Sequence[Mark] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether no line has a point."""
        return not any(line.known or line.planned for line in self.lines)

    def draw(self, width: float) -> Drawing:
        """Draw rules, bands, lines, today, marks and the labels at the ends."""
        height = min(372.0, 110 + width * 0.35) if width > 400 else 250.0
        days, grid = self._days, self._ticks
        ends = self._ends()
        room = end_labels_width(ends, width * (0.3 if width > 400 else 0.36))
        x = day_scale(days[0], days[-1], money_margin(grid, self.currency), width - room - 12)
        y = Linear(grid[0], grid[-1], height - AXIS, TOP)
        body = [*money_rules(x, y, grid, self.currency), *day_axis(x, y.start, days[0], days[-1])]
        for line in self.lines:
            body += _paths(line, x, y)
        if self.today is not None and days[0] < self.today < days[-1]:
            body += today_line(x, TOP, y.start, self.today)
        paths = [_places([*line.known, *line.planned], x, y) for line in self.lines]
        crossed = [stretch for path in paths for stretch in stretches(finely(path))]
        body += [part for mark in self.marks for part in _mark(mark, x, y, crossed)]
        placed = [EndLabel(y(end.y) + 4, end.lines, end.tone) for end in ends]
        body += draw_end_labels(placed, x.end + 8, room + 2, TOP - 8, y.start + 10)
        return Drawing(width, height, body, (x.start, y.end, x.end - x.start, y.start - y.end))

    def points(self) -> list[Point]:
        """Every known and planned point: "cost, June 2026: $372,000"."""
        days, grid = self._days, self._ticks
        across, down = day_scale(days[0], days[-1], 0, 1), Linear(grid[0], grid[-1], 1, 0)
        found = []
        for series, line in enumerate(self.lines):
            for index, (day, value) in enumerate([*line.known, *line.planned]):
                name = line.name if index < len(line.known) else _planned_name(line)
                at = sentences.listed([name, numbers.day(day, "day_short")])
                label = f"{at}{sentences.colon()}{numbers.money_short(value, self.currency)}"
                found.append(Point(across(day.toordinal()), down(float(value)), label, series))
        return found

    def table(self) -> Table:
        """A row per day that any line has, a column per line."""
        known = [dict(line.known) for line in self.lines]
        planned = [dict(line.planned) for line in self.lines]
        rows = []
        for day in sorted({day for line in [*known, *planned] for day in line}):
            cells = [solid.get(day, dashed.get(day)) for solid, dashed in zip(known, planned, strict=True)]
            texts = [
                numbers.NO_VALUE if value is None else numbers.money_whole(value, self.currency) for value in cells
            ]
            rows.append([numbers.day(day, "day_short"), *texts])
        return Table([_("Day"), *(line.name for line in self.lines)], rows)

    @property
    def _days(self) -> list[date]:
        days = {day for line in self.lines for day, _value in [*line.known, *line.planned]}
        return sorted(days | {mark.day for mark in self.marks})

    @property
    def _ticks(self) -> list[float]:
        values = [float(value) for line in self.lines for _day, value in [*line.known, *line.planned]]
        values += [float(edge) for line in self.lines for _day, *edges in line.band for edge in edges]
        low, high = min([0.0, *values]), max([0.0, *values])
        return ticks(0.0 if -low < SLIGHT * high else low, high, 4)

    def _ends(self) -> list[EndLabel]:
        ends = []
        for line in self.lines:
            points = [*line.known, *line.planned]
            if points:
                value = points[-1][1]
                name = line.plan_name if line.planned and line.plan_name else line.name
                ends.append(EndLabel(float(value), [name, numbers.money_headline(value, self.currency)], line.tone))
        return ends


def _planned_name(line: Line) -> str:
    return line.plan_name or _("%(name)s, planned") % {"name": line.name}


def _paths(line: Line, x: Linear, y: Linear) -> list[str]:
    colour = svg.paint(line.tone)
    marks = []
    if line.band:
        start = _places(line.known[-1:], x, y)
        upper = start + [(x(day.toordinal()), y(float(high))) for day, _low, high in line.band]
        lower = start + [(x(day.toordinal()), y(float(low))) for day, low, _high in line.band]
        marks.append(svg.element("path", d=svg.polyline([*upper, *reversed(lower)]) + "Z", fill=colour, opacity="0.14"))
    stroke: dict[str, str | float] = {"fill": "none", "stroke": colour, "stroke_width": 2.2}
    known, planned = (_places(points, x, y) for points in (line.known, line.planned))
    if len(known) == 1:
        marks.append(svg.element("circle", cx=known[0][0], cy=known[0][1], r=3, fill=colour))
    if len(known) > 1:
        marks.append(svg.element("path", d=svg.polyline(known), **stroke))
    if planned:
        marks.append(svg.element("path", d=svg.polyline([*known[-1:], *planned]), **stroke, stroke_dasharray="4 4"))
    return marks


def _places(points: Sequence[tuple[date, Amount]], x: Linear, y: Linear) -> list[tuple[float, float]]:
    return [(x(day.toordinal()), y(float(value))) for day, value in points]


def _mark(mark: Mark, x: Linear, y: Linear, crossed: Sequence[Stretch]) -> list[str]:
    left, top = x(mark.day.toordinal()), y(float(mark.value))
    rises = (22, -12) if mark.below else (-12, 22)
    spot = beside(mark.label, svg.TEXT_SIZE, (left, top), rises, (x.start, x.end), crossed)
    return [
        svg.element("circle", cx=left, cy=top, r=5, fill="var(--card)", stroke="var(--ink)", stroke_width=2),
        svg.text(spot.left, spot.bottom - 3, mark.label, fill="var(--ink)", bold=True, halo=True),
    ]
