"""The one door of stage moves, and of putting them right (METRICS.md §1, API.md "Stage moves")."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone
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

NOT_KNOWN = "not known"  # why the day of a move is unknown where people, not a file, say so


class GoneMoveError(RuleError):
    """A move was corrected or taken back since it was read."""

    def __init__(self) -> None:
        super().__init__(_("This move was corrected or taken back meanwhile."), status=409)


def move(
    initiative: Initiative,
    to_stage: str,
    effective_on: date,
    actor: User | None,
    rationale: str = "",
    override: bool = False,
    after: int | None = None,
) -> Transition:
    """Move an initiative to another stage, effective on a day in the past or today.

    `after`: the id of the move that was the last as it was read, 0: there was none; None: whichever is the last now.
    GoneMoveError: it is another one now. RuleError: 409 where the line does not allow the move, 422 for the date, for a
    word that is no stage, and for a gate that is not met (`override` passes it, with a rationale and the role).
    """
    with changing(actor) as change:
        locked = Initiative.objects.locked(initiative.pk)
        steps = list(locked.transitions.order_by("position"))
        if after not in (None, steps[-1].pk if steps else 0):
            raise GoneMoveError
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
        _record(change, made)
        _stands(locked, to_stage)
    initiative.stage = to_stage
    return made


def take_back(initiative: Initiative, step_id: int, actor: User | None) -> None:
    """Take back the last move, as if it had never been made; the audit trail keeps it.

    GoneMoveError: it was corrected or taken back meanwhile; RuleError 409: another one was made after it.
    """
    with changing(actor) as change:
        locked, steps, step = _locked_step(initiative, step_id)
        if step is not steps[-1]:
            raise RuleError(_("Another move was made after this one: only the last can be taken back."), status=409)
        stage = before_last(steps)
        told = {"stage": (step.to_stage, stage)} | {name: (old, None) for name, old in _details(step).items() if old}
        step.delete()
        change.record(locked, "take_back", told, locked.pk)
        _stands(locked, stage)
    initiative.stage = stage


def redate(
    initiative: Initiative, step_id: int, effective_on: date | None, actor: User | None, known_by: date | None = None
) -> Transition:
    """Say when a move really happened, or that only a day is known by which it had: between those before and after it.

    The corrected move has another id, so that an id names a move as it was read. GoneMoveError: it was corrected or
    taken back meanwhile; 422 for the date, for both days or neither, and for a gate that was not met on it.
    """
    day, field = _day_and_field(effective_on, known_by)
    with changing(actor) as change:
        locked, steps, step = _locked_step(initiative, step_id)
        if (step.effective_on, step.known_by) == (effective_on, known_by):
            return step
        _check_between(steps, step, day, field)
        unmet = [] if step.override else gates.unmet(locked, step.to_stage, day)
        if unmet:
            raise RuleError(" ".join(unmet), errors=[(field, words) for words in unmet])
        old = _when(step)
        made = _dated(step, effective_on, known_by, change)
        told = {name: (old[name], new) for name, new in _when(made).items() if old[name] != new}
        change.record(locked, "redate", {"stage": (step.to_stage, step.to_stage)} | told, locked.pk)
        _stands(locked, steps[-1].to_stage)
    return made


def bounds(steps: list[Transition], step: Transition) -> tuple[date | None, date]:
    """Return the first and the last day on which one of these moves can have happened, by what is known of the others.

    `steps` are in order; None: nothing is known before it.
    """
    before = [other for other in steps if other.position < step.position]
    after = [other.effective_on or other.known_by for other in steps if other.position > step.position]
    return earliest(before), min((day for day in after if day), default=timezone.localdate())


def before_last(steps: list[Transition]) -> str:
    """Return the stage from which the last of these moves, in order, was made."""
    return steps[-2].to_stage if len(steps) > 1 else steps[-1].from_stage


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
    _not_before(earliest(steps), effective_on, "effective_on")


def _not_before(before: date | None, day: date, field: str) -> None:
    if before and day < before:
        text = _("The stage before began on {day}: not earlier than that.").format(day=numbers.day(before))
        raise RuleError(text, field)


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


def _day_and_field(effective_on: date | None, known_by: date | None) -> tuple[date, str]:
    """Return the day that a move is given and its name; 422 for both, and for neither."""
    if effective_on is not None and known_by is None:
        return effective_on, "effective_on"
    if known_by is not None and effective_on is None:
        return known_by, "known_by"
    raise RuleError(_("Either the day, or a day by which it had happened."), "effective_on")


def _check_between(steps: list[Transition], step: Transition, day: date, field: str) -> None:
    not_in_future(day, field)
    first, last = bounds(steps, step)
    _not_before(first, day, field)
    if day > last:
        text = _("The next stage was reached by {day}: not later than that.").format(day=numbers.day(last))
        raise RuleError(text, field)


def _locked_step(initiative: Initiative, step_id: int) -> tuple[Initiative, list[Transition], Transition]:
    """Return the initiative, whose moves now wait, all its moves in order, and the one that is meant."""
    locked = Initiative.objects.locked(initiative.pk)
    steps = list(locked.transitions.order_by("position"))
    step = next((each for each in steps if each.pk == step_id), None)
    if step is None:
        raise GoneMoveError
    return locked, steps, step


def _dated(step: Transition, effective_on: date | None, known_by: date | None, change: Change) -> Transition:
    step.delete()
    step.pk, step.effective_on, step.known_by = None, effective_on, known_by
    step.unknown_reason = (step.unknown_reason or NOT_KNOWN) if known_by else ""
    step.recorded_at, step.recorded_by = change.at, change.actor
    step.save(force_insert=True)
    return step


def _stands(initiative: Initiative, stage: str) -> None:
    """Keep where it stands, and all that follows from its moves, right."""
    Initiative.objects.filter(pk=initiative.pk).update(stage=stage)
    periods.rebuild([initiative.pk])
    for hook in hooks.after_stage_change:
        hook([initiative.pk])


def _record(change: Change, made: Transition) -> None:
    told = {"stage": (made.from_stage, made.to_stage)} | {
        name: (None, new) for name, new in _details(made).items() if new
    }
    change.record(made.initiative, "move", told, made.initiative_id)


def _details(step: Transition) -> dict[str, Any]:
    return _when(step) | {name: getattr(step, name) for name in ("rationale", "override")}


def _when(step: Transition) -> dict[str, Any]:
    return {name: getattr(step, name) or None for name in ("effective_on", "known_by", "unknown_reason")}
