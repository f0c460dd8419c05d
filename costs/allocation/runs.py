"""Applying the rules to what is there already: at once where little is to move, else by a worker. Audited.

A run that waits is a row without an end. Whoever takes it holds that row to the end of its transaction: a worker that
is killed leaves it waiting, and the rules are applied wholly or not at all. Applying them again moves nothing.
"""

from __future__ import annotations

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from accounts.changes import Change, changing
from accounts.models import User
from api.decimals import plain
from costs import rollups, touched
from costs.allocation import placements, places
from costs.allocation.asked import in_force
from costs.allocation.effect import Effect, effect_of
from costs.allocation.placements import Changes
from costs.budgets import notices
from costs.models import AllocationRun, ChargeGroup, Placement

log = structlog.get_logger(__name__)

# What is moved or looked through within a request: about a second of work (docs/architecture.md).
MOST_LINES, MOST_GROUPS = 50_000, 20_000


def preview() -> Effect:
    """Return what applying the rules would move now."""
    return effect_of(places.changes())


def apply(actor: User | None) -> AllocationRun:
    """Apply the rules at once where that is quick, else ask a worker to; return the run, finished or not.

    Where nothing is to move nothing is written: the run has no id.
    """
    if ChargeGroup.objects.filter(initiative=None).count() > MOST_GROUPS:
        return _queue(actor)
    with changing(actor) as change:
        rollups.lock()
        changes = places.changes()
        effect = effect_of(changes)
        if effect.total.lines <= MOST_LINES:
            return _finish(AllocationRun(asked_by=actor), changes, effect, change)
    return _queue(actor)


def run_waiting() -> AllocationRun | None:
    """Do the run that waits; None where there is none, or another worker is on it."""
    waiting = AllocationRun.objects.filter(finished_at=None).select_related("asked_by").first()
    if waiting is None:
        return None
    with changing(waiting.asked_by) as change:
        taken = (
            AllocationRun.objects.select_for_update(skip_locked=True).filter(pk=waiting.pk, finished_at=None).first()
        )
        if taken is None:
            return None
        rollups.lock()
        changes = places.changes()
        return _finish(taken, changes, effect_of(changes), change)


def follow_use() -> AllocationRun | None:
    """Bring shares by use to the cost and tokens of today; None: no rule in use divides any group that way.

    A group without use so far is placed as unallocated by its rule, and found by that. One that a rule would divide
    that was not applied to it yet stays as it is: applying rules to what is there is for a person to do.
    """
    by_use = [rule.pk for rule in in_force() if rule.follows_use]
    groups = set(Placement.objects.filter(rule__in=by_use).values_list("group", flat=True)) if by_use else set()
    if not groups:
        return None
    with changing(None, counts=False) as change:
        rollups.lock()
        changes = places.changes(groups)
        change.counts |= bool(changes.wanted)
        return _finish(AllocationRun(), changes, effect_of(changes), change)


def waiting_run() -> AllocationRun | None:
    """Return the run that waits or is being done."""
    return AllocationRun.objects.filter(finished_at=None).select_related("asked_by").first()


def _finish(run: AllocationRun, changes: Changes, effect: Effect, change: Change) -> AllocationRun:
    run.finished_at = timezone.now()
    run.lines, run.amount, run.allocated = effect.total.lines, effect.total.amount, effect.allocated
    if effect or run.pk:
        run.save()
    with touched.told(change, run, "apply", f"{run.finished_at:%Y-%m-%d}"):
        placements.bring_to(changes)
    if run.pk:
        notices.raise_reached()
        told = {"lines": (None, run.lines), "amount": (None, plain(run.amount)), "allocated": (None, run.allocated)}
        change.record(run, "apply", told)
    return run


def _queue(actor: User | None) -> AllocationRun:
    """Let a worker do it. Who asks while one waits is answered with that one."""
    waiting = waiting_run()
    if waiting is None:
        try:
            with transaction.atomic():
                waiting = AllocationRun.objects.create(asked_by=actor)
        except IntegrityError:  # somebody else asked between the look and the write
            waiting = AllocationRun.objects.get(finished_at=None)
    transaction.on_commit(_send)
    return waiting


def _send() -> None:
    from costs.tasks import apply_allocation_rules  # the worker's module; a command does not need a broker

    try:
        apply_allocation_rules.delay()
    except BrokerError:
        log.warning("no broker, the rules are applied when the clock next looks")
