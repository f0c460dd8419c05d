"""From idea to production: a bar for each stage, and how many went on (METRICS.md §2, stage conversion)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from display import numbers, sentences
from display.charts import svg
from display.charts.base import Chart, Drawing, Point, Table
from display.charts.text import fit, width

BAR, GAP = 28.0, 16.0


@dataclass(frozen=True)
class FunnelStage:
    """One stage: how many ever entered it, the share of the stage before that did, and the median days in between."""

    name: str
    count: int
    share: float | None = None
    median_days: float | None = None
    tone: svg.Tone = "cost"

    @property
    def remark(self) -> str:
        """What stands beside the bar: "79 % go on · median 31 d"."""
        parts = []
        if self.share is not None:
            parts.append(_("%(share)s go on") % {"share": numbers.percent(self.share)})
        if self.median_days is not None:
            parts.append(_("median %(days)s d") % {"days": numbers.number(self.median_days, 0)})
        return " · ".join(parts)


@dataclass(frozen=True, kw_only=True)
class Funnel(Chart):
    """Bars that grow darker towards the last stage, which has its own colour."""

    stages: Sequence[FunnelStage]
    width: float = 560.0

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever proposed."""
        return not any(stage.count for stage in self.stages)

    def draw(self, width: float) -> Drawing:
        """Draw name, bar, count and remark of each stage; a narrow picture puts the remark below its bar."""
        wide = width > 400
        left = self._names_width(width) + 12
        longest = self._longest_bar(width, left, wide)
        row = BAR + GAP if wide else BAR + GAP + 12
        body: list[str] = []
        for index, stage in enumerate(self.stages):
            body += self._row(index, stage, left, longest, row * index + 4, wide)
        return Drawing(width, row * len(self.stages) + 2, body, (left, 4, longest, row * len(self.stages)))

    def points(self) -> list[Point]:
        """Every stage at the end of its bar."""
        most = self._most
        rows = len(self.stages)
        return [
            Point(stage.count / most, (index + 0.4) / rows, f"{stage.name}{sentences.colon()}{self._told(stage)}")
            for index, stage in enumerate(self.stages)
        ]

    def table(self) -> Table:
        """A row per stage."""
        rows = [
            [
                stage.name,
                numbers.number(stage.count),
                numbers.NO_VALUE if stage.share is None else numbers.percent(stage.share),
                numbers.NO_VALUE if stage.median_days is None else numbers.number(stage.median_days, 0),
            ]
            for stage in self.stages
        ]
        return Table([_("Stage"), _("Initiatives"), _("Went on to it"), _("Median days to it")], rows)

    @property
    def _most(self) -> int:
        return max([stage.count for stage in self.stages] or [0]) or 1

    def _told(self, stage: FunnelStage) -> str:
        return " · ".join(part for part in (numbers.number(stage.count), stage.remark) if part)

    def _names_width(self, room: float) -> float:
        return min(max(width(stage.name, 13) for stage in self.stages), room * 0.3) if self.stages else 0.0

    def _longest_bar(self, room: float, left: float, wide: bool) -> float:
        """The longest bar leaves room for its own count and remark, and every shorter bar for its own."""
        most = self._most
        limits = []
        for stage in self.stages:
            beside = width(numbers.number(stage.count), 13, bold=True) + 12
            beside += width(stage.remark, svg.TEXT_SIZE) + 14 if wide and stage.remark else 0
            if stage.count:
                limits.append((room - left - beside) * most / stage.count)
        return max(min([room * 0.62, *limits]), 40.0)

    def _row(self, index: int, stage: FunnelStage, left: float, longest: float, top: float, wide: bool) -> list[str]:
        bar = longest * stage.count / self._most
        last = index == len(self.stages) - 1
        tone, opacity = ("guided", "1") if last and stage.tone == "cost" else (stage.tone, f"{0.28 + 0.12 * index:.2f}")
        count = numbers.number(stage.count)
        right = left + bar + 6
        marks = [
            svg.text(left - 12, top + 19, fit(stage.name, left - 12, 13), fill="var(--ink)", size=13, anchor="end"),
            svg.element(
                "rect", x=left, y=top, width=max(bar, 1), height=BAR, rx=3, fill=f"var(--{tone})", opacity=opacity
            ),
            svg.text(right, top + 19, count, fill="var(--ink)", size=13, bold=True),
        ]
        if stage.remark and wide:
            marks.append(svg.text(right + width(count, 13, bold=True) + 12, top + 19, stage.remark))
        elif stage.remark:
            marks.append(svg.text(left, top + BAR + 14, stage.remark))
        return marks
