"""The one door of stage moves (METRICS.md §1, API.md "Stage moves")."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from accounts.changes import Change, changing
from accounts.errors import RuleError
from accounts.models import User
from accounts.permissions import require
from display import numbers
from projects import gates, hooks, periods
from projects.dates import not_in_future
from projects.models import Initiative, Transition
from projects.stages import Stage, may_move


def move(
    initiative: Initiative,
    to_stage: str,
    effective_on: date,
    actor: User | None,
    rationale: str = "",
    override: bool = False,
) -> Transition:
    """Move an initiative to another stage, effective on a day in the past or today.

    RuleError: 409 where the line does not allow the move, 422 for the date, for a word that is no stage, and for a gate
    that is not met (`override` passes it, with a rationale and the role).
    """
    with changing(actor) as change:
        # The row's lock lets concurrent moves in one by one: the second sees where the first has left it. Without the
        # key, as rows that refer to the initiative must not wait for it with the data version in hand (deadlock).
        locked = Initiative.objects.select_for_update(of=("self",), no_key=True).get(pk=initiative.pk)
        steps = list(locked.transitions.order_by("position"))
        _check_stage(locked.stage, to_stage)
        _check_date(steps, effective_on)
        passed = _pass_gates(locked, to_stage, effective_on, actor, rationale, override)
        made = Transition.objects.create(
            initiative=locked,
            position=steps[-1].position + 1 if steps else 1,
            from_stage=locked.stage,
            to_stage=to_stage,
            effective_on=effective_on,
            rationale=rationale.strip(),
            override=passed,
            recorded_at=change.at,
            recorded_by=actor,
        )
        Initiative.objects.filter(pk=locked.pk).update(stage=to_stage)
        _record(change, made)
        periods.rebuild([locked.pk])
        for hook in hooks.after_stage_change:
            hook([locked.pk])
    initiative.stage = to_stage
    return made


def earliest(steps: list[Transition]) -> date | None:
    """Return the day before which the next move may not lie: the last date that is known."""
    known = [step.effective_on for step in steps if step.effective_on]
    return max(known, default=None)


def _check_stage(from_stage: str, to_stage: str) -> None:
    if to_stage not in Stage.values:
        raise RuleError(_("There is no such stage."), "to_stage")
    if may_move(from_stage, to_stage):
        return
    if from_stage == to_stage:
        text = _("It is already in the stage “{stage}”.").format(stage=Stage(to_stage).label)
    else:
        names = {"before": Stage(from_stage).label, "after": Stage(to_stage).label}
        text = _("From “{before}” there is no step to “{after}”.").format(**names)
    raise RuleError(text, "to_stage", status=409)


def _check_date(steps: list[Transition], effective_on: date) -> None:
    not_in_future(effective_on, "effective_on")
    before = earliest(steps)
    if before and effective_on < before:
        text = _("The stage before began on {day}: not earlier than that.").format(day=numbers.day(before))
        raise RuleError(text, "effective_on")


def _pass_gates(
    initiative: Initiative, to_stage: str, on: date, actor: User | None, rationale: str, override: bool
) -> bool:
    """Return whether a gate was passed by override; 422 with the unmet criteria without one."""
    unmet = gates.unmet(initiative, to_stage, on)
    if not unmet:
        return False
    if not override:
        raise RuleError(" ".join(unmet), errors=[("to_stage", words) for words in unmet])
    if actor is not None:
        require(actor, "initiative.override", initiative)
    if not rationale.strip():
        raise RuleError(_("Passing a gate that is not met needs a reason."), "rationale")
    return True


def _record(change: Change, made: Transition) -> None:
    fields = {
        "stage": (made.from_stage, made.to_stage),
        "effective_on": (None, made.effective_on),
        "rationale": (None, made.rationale or None),
        "override": (None, made.override or None),
    }
    told = {name: pair for name, pair in fields.items() if pair != (None, None)}
    change.record(made.initiative, "move", told, made.initiative_id)
