"""The top of every page of one initiative: who and where it is, why it exists, its way through the stages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import can
from display.stages import StageStep
from projects import access, hooks
from projects.models import Initiative
from projects.stages import ENDS, LINE, Stage
from projects.standing import Standing, standing


@dataclass(frozen=True)
class Tab:
    """A page of an initiative; `path` goes after its address."""

    slug: str
    label: str | Promise
    path: str


TABS = (
    Tab("overview", _("Overview"), ""),
    Tab("outcomes", _("Outcomes"), "outcomes/"),
    Tab("costs", _("Costs"), "costs/"),
    Tab("history", _("History"), "history/"),
)
_PLANNED = {
    Stage.PROTOTYPE: "planned_prototype_on",
    Stage.PILOT: "planned_pilot_on",
    Stage.PRODUCTION: "planned_production_on",
}


def _count(tab: Tab, initiative: Initiative) -> int | None:
    """Return how many things the page has; None where nobody counts them."""
    return hooks.tab_counts[tab.slug](initiative) if tab.slug in hooks.tab_counts else None


def initiative_header(
    initiative: Initiative, user: User, tab: str, known: tuple[Standing, str | None] | None = None
) -> dict[str, Any]:
    """Return what `templates/projects/_initiative_header.html` shows; one query, and those of the hooks.

    The initiative comes from `access.get_initiative_with_edit` where the page includes all of it. `known`: where it
    stands today and its guidance, where the page has worked them out already.
    """
    today = timezone.localdate()
    now, guidance = known or _now(initiative, today)
    steps = stage_steps(initiative, now, today)
    return {
        "initiative": initiative,
        "tab": tab,
        "tabs": [(each, _count(each, initiative)) for each in TABS],
        "standing": now,
        "stage_steps": steps,
        "is_past_plan": any(step.overdue_days for step in steps),
        "guidance": guidance,
        "header_actions": [made for action in hooks.header_actions if (made := action(initiative, user))],
        "may_edit": can(user, "initiative.edit", initiative),
        "moves": access.allowed_moves(user, initiative),
    }


def _now(initiative: Initiative, today: date) -> tuple[Standing, str | None]:
    (now,) = standing([initiative.pk], today)
    return now, hooks.guidance([initiative.pk], today).get(initiative.pk)


def stage_steps(initiative: Initiative, now: Standing, today: date) -> list[StageStep]:
    """Return the stage line: what happened when, what is planned when, and an end where it has one."""
    at = LINE.index(now.stage) if now.stage in LINE else -1
    steps = [_step(initiative, now, stage, index <= at, today) for index, stage in enumerate(LINE)]
    if now.stage in ENDS:
        steps = [step for step, stage in zip(steps, LINE, strict=True) if now.ever(stage)]
        steps.append(StageStep(str(now.stage.label), "ended", now.stage_since))
    return steps


def _step(initiative: Initiative, now: Standing, stage: Stage, reached: bool, today: date) -> StageStep:
    planned = _planned(initiative, stage)
    label = str(stage.label)
    if stage == now.stage:
        return StageStep(label, "now", now.entered.get(stage), planned)
    is_ahead = not reached and now.stage in LINE  # also where it has been moved back from there
    if is_ahead or not now.ever(stage):
        overdue = max((today - planned).days, 0) if planned and is_ahead else 0
        return StageStep(label, "ahead", None, planned, overdue_days=overdue)
    actual = now.entered[stage]
    skipped = actual is None and stage not in now.entered_unknown
    return StageStep(label, "done", actual, planned, skipped)


def _planned(initiative: Initiative, stage: Stage) -> date | None:
    return getattr(initiative, _PLANNED[stage]) if stage in _PLANNED else None
