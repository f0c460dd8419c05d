"""The queue of runs: a worker applies a decision to the cost that is there, where that is too much for a request.

What is asked for is a row without an end (`AllocationRun`), written with the decision that it follows from. One worker
at a time takes the oldest and holds its row to the end of its transaction: one that is killed leaves it waiting and all
cost as it was, and the clock sends another within 20 seconds. What fails says so in its row, and nothing of it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.changes import Change, changing
from accounts.errors import RuleError
from accounts.models import User
from costs.models import AllocationRun
from imports import workers

About = AllocationRun.About

ASKING = 0x1492  # an advisory lock

# What is looked through or moved within a request: one to three seconds of work (docs/architecture.md).
MOST_GROUPS, MOST_LINES = 20_000, 50_000

# An array, not Django's list of parameters: there may be a hundred thousand.
LINES = "SELECT coalesce(sum(lines), 0) FROM costs_groupmonth WHERE group_id = ANY(%s)"


def is_much(group_ids: Collection[int]) -> bool:
    """Tell whether moving these groups is too much for a request."""
    if len(group_ids) > MOST_GROUPS:
        return True
    with connection.cursor() as cursor:
        cursor.execute(LINES, [list(group_ids)])
        return cursor.fetchone()[0] > MOST_LINES


def ask(actor: User | None, about: About) -> AllocationRun:
    """Let a worker do what is decided in this write. What waits already does that as well and is the answer.

    One that a worker is on is not: it has read what was decided before.
    """
    with changing(actor):
        return enqueue(actor, about)


def enqueue(actor: User | None, about: str, provider: str = "", **what: Any) -> AllocationRun:
    """Put a run behind those that wait for the same provider, as a part of the open write; return it.

    Where the last of these asks for the same and no worker is on it, nothing is added and that one is returned.
    One write at a time may do this, the next waits until it is committed. So a write that needs the lock of the sums
    takes it before this call, never after it: else two writes could wait for each other.
    """
    _ask_alone()
    transaction.on_commit(send)
    put_right(about, provider, what.get("since"))
    waiting = AllocationRun.objects.waiting().filter(about=about, provider=provider)
    last = waiting.last()
    same = waiting.select_for_update(skip_locked=True).filter(pk=last.pk, **what).first() if last else None
    if same is None:
        return AllocationRun.objects.create(about=about, provider=provider, asked_by=actor, **what)
    if same.attempts:  # what was decided since may do what could not be done before
        same.attempts = 0
        same.save(update_fields=["attempts"])
    return same


def put_right(about: str, provider: str = "", since: date | None = None) -> None:
    """Let pages tell no more of what failed and is asked for again or done now, in the write that does so.

    What the ledger takes from a month on is decided for later months too, not for those before.
    """
    failed = AllocationRun.objects.filter(about=about, provider=provider, failed=True, put_right=False)
    if since:
        failed = failed.filter(since__gte=since)
    failed.update(put_right=True)


def leave(actor: User | None, run: AllocationRun) -> None:
    """Let pages tell no more of one that failed: what was asked for is not wanted any more, or cannot be.

    409 where that cannot be said: a line that has a rate gets its value.
    """
    if run.about == About.RATES:
        raise RuleError(_("What waits for a rate that is there gets its value: ask for it again."), status=409)
    with changing(actor) as change:
        if AllocationRun.objects.filter(pk=run.pk, failed=True, put_right=False).update(put_right=True):
            change.record(run, "leave")


def again(actor: User | None, run: AllocationRun) -> AllocationRun:
    """Ask once more for what failed, of which pages still tell; 409 for another.

    409 also for what somebody decided: where they did, what was decided since and what is recorded now is looked at.
    """
    if run.about != About.RATES:
        raise RuleError(_("Ask for it where it was decided."), status=409)
    with changing(actor):
        _ask_alone()
        if not AllocationRun.objects.filter(pk=run.pk, failed=True, put_right=False).exists():
            raise RuleError(_("It has not failed."), status=409)
        return enqueue(actor, run.about)


def _ask_alone() -> None:
    """Wait until no other write asks for a run, and let none until this one is committed."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({ASKING})")


def send() -> None:
    """Send for a worker; to be called when what it is to do is there to be seen."""
    from costs.tasks import run_waiting  # the worker's module; a command does not need a broker

    workers.send(run_waiting)


def run_next(work: Mapping[str, Callable[[AllocationRun, Change], None]]) -> AllocationRun | None:
    """Do the run that waits longest; None where there is none, or another worker is on it."""
    waiting = AllocationRun.objects.waiting()
    oldest = waiting.values_list("pk", flat=True).first()
    return workers.do_next(waiting.filter(pk=oldest), partial(_do, work), _fail)


def _fail(pk: int) -> None:
    with changing(None):  # pages tell of it
        AllocationRun.objects.waiting().filter(pk=pk).update(finished_at=timezone.now(), failed=True)


def _do(work: Mapping[str, Callable[[AllocationRun, Change], None]], run: AllocationRun) -> None:
    with changing(run.asked_by) as change:
        work[run.about](run, change)
        run.finished_at = timezone.now()
        run.save()
        put_right(run.about, run.provider, run.since)  # it may have waited behind one that failed
