"""Background jobs of imports."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from imports import clearing, runner
from imports.models import UNFINISHED, Import, State

# A job just queued has its own message under way.
GRACE = timedelta(seconds=15)
LOOK_EVERY = 20


@shared_task(name="imports.run")
def run_import(import_id: int) -> None:
    """Run one import. Safe to be handed out twice: the second finds it locked or over."""
    runner.run(import_id)


@shared_task(name="imports.take_up_abandoned")
def take_up_abandoned() -> int:
    """Queue every import again that waits or runs without a living worker; say how many."""
    taken = 0
    for job in Import.objects.filter(state__in=UNFINISHED).only("pk", "state", "created_at"):
        fresh = job.state == State.QUEUED and timezone.now() - job.created_at < GRACE
        if fresh or runner.is_running(job.pk):
            continue
        # Expires before the next look, so messages do not pile up behind a busy worker.
        run_import.apply_async((job.pk,), expires=LOOK_EVERY)
        taken += 1
    return taken


@shared_task(name="imports.clear_files")
def clear_files() -> int:
    """Remove files that nothing needs any more; say how many."""
    return clearing.clear()
