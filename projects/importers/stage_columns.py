"""The stage of a row and the days of its stages, read as the way that the initiative went (METRICS.md §1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from imports import cells
from imports.cells import CellError
from imports.pipeline import Column, Reason
from projects.bulk import NewTransition
from projects.dates import not_in_future
from projects.stages import LINE, Stage

COLUMNS = (
    Column("stage", label=_("Stage"), hints=("status", "phase", "ステージ", "状態")),
    Column("proposed_on", label=_("Proposed on"), holds="day"),
    Column("approved_on", label=_("Approved on"), holds="day"),
    Column("prototype_on", label=_("Prototype on"), holds="day"),
    Column("pilot_on", label=_("Pilot on"), holds="day"),
    Column("production_on", label=_("Production on"), holds="day"),
    Column("declined_on", label=_("Declined on"), holds="day"),
    Column("stopped_on", label=_("Stopped on"), holds="day"),
    Column("retired_on", label=_("Retired on"), holds="day"),
)
DAY_OF = {Stage(column.name.removesuffix("_on")): column.name for column in COLUMNS if column.holds}

# What may lie on the way to a stage, itself included.
ALONG: dict[Stage, tuple[Stage, ...]] = {
    Stage.DRAFT: (),
    **{stage: LINE[: place + 1] for place, stage in enumerate(LINE)},
    Stage.DECLINED: (Stage.PROPOSED, Stage.APPROVED, Stage.DECLINED),
    Stage.STOPPED: (Stage.PROPOSED, Stage.APPROVED, Stage.PROTOTYPE, Stage.PILOT, Stage.STOPPED),
    Stage.RETIRED: (*LINE, Stage.RETIRED),
}
# Of that, what is taken as gone through without a day too; the others only where they have one.
CERTAIN = {Stage.PROPOSED, Stage.PROTOTYPE, Stage.PRODUCTION}

ASTRAY = gettext_noop("The way to the stage {stage} does not lead through this one.")
TOO_EARLY = gettext_noop("Earlier than the day of a stage before it.")


def read(cell: Callable[[str], str]) -> tuple[Stage, list[NewTransition]]:
    """Return the stage of a row and the steps to it; CellError at the column that contradicts another.

    Without a stage it is the last one that has a day. A day that is not given is not known: its step had happened by
    the next day that is, or by today.
    """
    days = {stage: day for stage, column in DAY_OF.items() if (day := cells.day(cell(column), column))}
    named = cell("stage")
    stage = Stage(cells.choice(named, "stage", Stage.values)) if named else max(days, key=_place, default=Stage.DRAFT)
    for each, day in days.items():
        not_in_future(day, DAY_OF[each])
        if each not in ALONG[stage]:
            raise CellError(DAY_OF[each], Reason(ASTRAY, stage=stage.value))
    return stage, _steps([each for each in ALONG[stage] if each in {*days, *CERTAIN, stage}], days)


def _place(stage: Stage) -> int:
    return list(DAY_OF).index(stage)


def _steps(way: list[Stage], days: Mapping[Stage, date]) -> list[NewTransition]:
    known = [days[stage] for stage in way if stage in days]
    for stage, before, day in zip([stage for stage in way if stage in days][1:], known, known[1:], strict=False):
        if day < before:
            raise CellError(DAY_OF[stage], Reason(TOO_EARLY))
    steps, known_by = [], timezone.localdate()
    for before, stage in reversed(list(zip([Stage.DRAFT, *way], way, strict=False))):
        if stage in days:
            known_by = days[stage]
            steps.append(NewTransition(before, stage, known_by))
        else:
            steps.append(NewTransition(before, stage, known_by=known_by, unknown_reason="absent"))
    return steps[::-1]
