"""Small pictures inside figures and table cells. The words beside them say the same, so readers skip them."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.safestring import SafeString, mark_safe

from display.charts import svg
from display.charts.scales import Linear

# How large they are.
SPARK, INTERVAL = (78, 26), 240


def sparkline(values: Sequence[float | None], tone: svg.Tone = "cost") -> SafeString:
    """Return a line of values with a dot at the last one; None is a gap, and without any value nothing is drawn."""
    known = [value for value in values if value is not None]
    if not known:
        return mark_safe("")
    width, height = SPARK
    x = Linear(0, max(len(values) - 1, 1), 4 if len(values) > 1 else width - 4, width - 4)
    y = Linear(min(known), max(known), height - 4, 4)
    runs: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((x(index), y(value)))
    marks = [
        svg.element("path", d=svg.polyline(run), fill="none", stroke=svg.paint(tone), stroke_width=1.6)
        for run in runs
        if len(run) > 1
    ]
    last = max(index for index, value in enumerate(values) if value is not None)
    marks.append(svg.element("circle", cx=x(last), cy=y(known[-1]), r=2.6, fill=svg.paint(tone)))
    return _hidden(width, height, marks, "spark")


def interval_mark(
    estimate: float | None,
    low: float | None,
    high: float | None,
    tone: svg.Tone,
    reference: tuple[float, float] | None = None,
    most: float = 0.7,
) -> SafeString:
    """Return an estimate as a dot on its interval, with a benchmark (low, high) as a grey mark, from 0 to `most`."""
    width = INTERVAL
    x = Linear(0, most, 5, width - 5)
    middle = 11.0
    marks = [svg.line(0, middle, width, middle)]
    if reference is not None:
        left, right = (min(x(value), width) for value in reference)
        marks.append(
            svg.element(
                "rect",
                x=left if right - left > 3 else left - 1.5,
                y=2,
                width=max(right - left, 3),
                height=18,
                fill="var(--mark)",
                opacity="0.35",
            )
        )
    if low is not None and high is not None:
        ends = {"x1": x(low), "x2": min(x(high), width), "y1": middle, "y2": middle}
        marks.append(svg.element("line", **ends, stroke=svg.paint(tone), stroke_width=3, opacity="0.5"))
    if estimate is not None:
        marks.append(svg.element("circle", cx=min(x(estimate), width - 5), cy=middle, r=5, fill=svg.paint(tone)))
    return _hidden(width, 22, marks, "interval")


def _hidden(width: float, height: float, marks: list[str], css_class: str) -> SafeString:
    size = {"width": svg.num(width), "height": svg.num(height), "viewBox": f"0 0 {svg.num(width)} {svg.num(height)}"}
    return mark_safe(svg.element("svg", *marks, **size, class_=css_class, aria_hidden="true"))  # noqa: S308
