"""Background jobs of imports."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from imports import clearing, reverting, runner, workers
from imports.models import UNFINISHED, Import, State

# A job just queued has its own message under way.
GRACE = timedelta(seconds=15)
LOOK_EVERY = 20


@shared_task(name="imports.run")
def run_import(import_id: int) -> None:
    """Run one import. Safe to be handed out twice: the second finds it locked or over.

    One that would have to wait for another of its format holds no worker: it is sent again when that one is over.
    """
    try:
        runner.run(import_id, waits=False)
    finally:
        _send_next(import_id)


def _send_next(import_id: int) -> None:
    """Send the oldest import that waits behind one that is over. What this misses, the next look takes up."""
    over = Import.objects.filter(pk=import_id).exclude(state__in=UNFINISHED).values("format")
    waiting = Import.objects.next_of_each_format().filter(format__in=over).first()
    if waiting is not None:
        workers.send(run_import, waiting.pk)


@shared_task(name="imports.revert")
def revert_import(import_id: int) -> None:
    """Take one import back. Safe to be handed out twice, as above."""
    reverting.run(import_id)


@shared_task(name="imports.take_up_abandoned")
def take_up_abandoned() -> int:
    """Queue every import again whose worker died or that is next of its format, and every revert; say how many."""
    before = timezone.now() - GRACE
    waiting = Import.objects.next_of_each_format().filter(created_at__lte=before)
    unfinished = Import.objects.filter(Q(state=State.RUNNING) | Q(pk__in=waiting.values("pk")))
    abandoned = [(run_import, job.pk) for job in unfinished.order_by("pk")]
    asked = Import.objects.being_reverted().filter(revert_asked_at__lte=before)
    abandoned += [(revert_import, job.pk) for job in asked]
    taken = 0
    for task, pk in abandoned:
        if not runner.is_running(pk):
            # Expires before the next look, so messages do not pile up behind a busy worker.
            task.apply_async((pk,), expires=LOOK_EVERY)
            taken += 1
    return taken


@shared_task(name="imports.clear_files")
def clear_files() -> int:
    """Remove files that nothing needs any more; say how many."""
    return clearing.clear()
