"""Applying the rules to what is there already: at once where little is to move, else by a worker. Audited.

Applying them again moves nothing. How a run waits for a worker: costs/runs/queue.py.
"""

from __future__ import annotations

from django.utils import timezone

from accounts.changes import Change, changing
from accounts.models import User
from api.decimals import plain
from costs import initiative_history, rollups
from costs.allocation import placements, places
from costs.allocation.effect import Effect, effect_of
from costs.allocation.placements import Changes
from costs.budgets import notices
from costs.models import AllocationRun
from costs.runs import queue
from costs.runs.queue import MOST_GROUPS, MOST_LINES, About


def preview() -> Effect:
    """Return what applying the rules would move now; without any `groups` there is nothing to apply."""
    return effect_of(places.changes())


def apply(actor: User | None) -> AllocationRun:
    """Apply the rules at once where that is quick, else ask a worker to; return the run, finished or not.

    Where everything is placed as they say nothing is written: the run has no id.
    """
    if places.looked_at().count() > MOST_GROUPS:
        return queue.ask(actor, About.RULES)
    with changing(actor) as change:
        rollups.lock()
        changes = places.changes()
        effect = effect_of(changes)
        if effect.total.lines <= MOST_LINES:
            queue.put_right(About.RULES)
            return _finish(AllocationRun(asked_by=actor), changes, effect, change)
    return queue.ask(actor, About.RULES)


def apply_waiting(run: AllocationRun, change: Change) -> None:
    """Apply the rules of now, for a run that has waited."""
    rollups.lock()
    changes = places.changes()
    _finish(run, changes, effect_of(changes), change)


def follow_use() -> AllocationRun | None:
    """Bring shares by use to the cost and tokens of today; None: no rule in use divides any group that way.

    What rules would place otherwise that were saved, changed or deleted since they were applied stays as it is, with
    its weights: applying rules to what is there is for a person to do.
    """
    groups = places.placed_by_use()
    if not groups:
        return None
    with changing(None, counts=False) as change:
        rollups.lock()
        changes = places.changes_of_use(groups)
        change.counts |= bool(changes.wanted)
        return _finish(AllocationRun(), changes, effect_of(changes), change)


def _finish(run: AllocationRun, changes: Changes, effect: Effect, change: Change) -> AllocationRun:
    run.finished_at = timezone.now()
    run.lines, run.amount, run.allocated = effect.total.lines, effect.total.amount, effect.allocated
    if effect.groups or run.pk:
        run.save()
    with initiative_history.recording(change, run, "apply", f"{timezone.localdate()}"):
        moved = placements.bring_to(changes)
    if moved:
        notices.raise_reached(moved)
    if run.pk:
        told = {"lines": (None, run.lines), "amount": (None, plain(run.amount)), "allocated": (None, run.allocated)}
        change.record(run, "apply", told)
    return run
