"""What stands around the curves: the interval of an incidence curve; baseline, target, bounds and expected path."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date

import pytest
from django.utils import translation

from display import charts
from display.charts.base import Drawing

LEVEL, EXPECTED = "2 4", "1 5"  # how the lines are dashed


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def marks(drawing: Drawing, tag: str) -> list[dict[str, str]]:
    """Return the attributes of every mark of a kind, in the order in which they are drawn."""
    return [dict(mark.attrib) for mark in map(ET.fromstring, drawing.body) if mark.tag == tag]


def test_the_interval_of_a_curve_is_drawn_as_a_band() -> None:
    """One step to 50 % (40 to 60 %) at month 18 of 36; the plot is 280 high from 298 up, and ends at 62.4 %."""
    curve = charts.Curve("a", "guided", [charts.Step(18, 0.5, 0.4, 0.6)])
    drawing = charts.Incidence(title="t", curves=[curve], axis="months").draw(760)
    left, _top, width, _height = drawing.plot
    middle, right = f"{left + width / 2:.1f}", f"{left + width:.1f}"
    band, line = marks(drawing, "path")
    # 298 − 280 × 0.6 ÷ 0.624, and the same of 0.4 and 0.5.
    assert band["d"] == f"M{middle} 28.8H{right}V118.5H{middle}Z"
    assert (band["fill"], band["opacity"]) == ("var(--guided)", "0.13")
    assert line["d"] == f"M44 298H{middle}V73.6H{right}"


def test_a_curve_without_an_interval_has_no_band() -> None:
    curve = charts.Curve("a", "guided", [charts.Step(18, 0.5)])
    assert len(marks(charts.Incidence(title="t", curves=[curve]).draw(760), "path")) == 1


def numbers(mark: dict[str, str], *names: str) -> list[float]:
    return [float(mark[name]) for name in names]


def test_readings_stand_against_baseline_target_and_the_path_between_them() -> None:
    """From 14 on 1 January to 7 on 1 April (90 days): 31 days later 12 was read, and on the last day 7.7."""
    chart = charts.Readings(
        title="t", baseline=14, baseline_day=date(2026, 1, 1), target=7, target_day=date(2026, 4, 1),
        readings=[charts.Reading(date(2026, 2, 1), 12), charts.Reading(date(2026, 4, 1), 7.7)],
    )  # fmt: skip
    drawing = chart.draw(760)
    left, _top, width, _height = drawing.plot
    lines = [line for line in marks(drawing, "line") if line.get("stroke-dasharray") in (LEVEL, EXPECTED)]
    baseline, target, path = lines
    assert [line["stroke-dasharray"] for line in lines] == [LEVEL, LEVEL, EXPECTED]
    assert [baseline["stroke"], target["stroke"]] == ["var(--mark)", "var(--guided)"]
    high, low = float(baseline["y1"]), float(target["y1"])
    for line, down in ((baseline, high), (target, low)):
        assert numbers(line, "x1", "x2", "y2") == pytest.approx([left, left + width, down], abs=0.11)
    assert numbers(path, "x1", "y1", "x2", "y2") == pytest.approx([left, high, left + width, low], abs=0.11)
    first, last = marks(drawing, "circle")
    assert float(first["cx"]) == pytest.approx(left + width * 31 / 90, abs=0.11)
    assert float(first["cy"]) == pytest.approx(high + (low - high) * 2 / 7, abs=0.11)
    assert numbers(last, "cx", "cy") == pytest.approx([left + width, high + (low - high) * 6.3 / 7], abs=0.11)
    said = [mark.text for mark in map(ET.fromstring, drawing.body) if mark.tag == "text"]
    assert said[:2] == ["14 baseline", "7 target"]


def test_readings_to_be_kept_stand_in_the_band_of_their_bounds() -> None:
    chart = charts.Readings(title="t", low=2, high=4, readings=[charts.Reading(date(2026, 2, 1), 3)])
    drawing = chart.draw(760)
    (band,) = marks(drawing, "rect")
    lower, upper = (line for line in marks(drawing, "line") if line.get("stroke-dasharray") == LEVEL)
    top, height = numbers(band, "y", "height")
    assert [float(upper["y1"]), float(lower["y1"])] == pytest.approx([top, top + height], abs=0.11)
    (dot,) = marks(drawing, "circle")
    assert float(dot["cy"]) == pytest.approx(top + height / 2, abs=0.11)
    said = [mark.text for mark in map(ET.fromstring, drawing.body) if mark.tag == "text"]
    assert said[:2] == ["2 lower bound", "4 upper bound"]
    assert not [line for line in marks(drawing, "line") if line.get("stroke-dasharray") == EXPECTED]
