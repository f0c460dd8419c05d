"""Takes an import back: at once where it made little, else by a worker, in one transaction either way.

A revert that waits is a time in the import's row, beside the state *done*. Whoever takes it holds the import's lock to
the end of its transaction: a worker that is killed leaves it waiting and nothing taken back, and it is taken up again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from psycopg.errors import LockNotAvailable

from accounts.changes import Change, changing
from accounts.errors import RuleError
from accounts.models import User
from imports import heartbeat, registry, runner, store, workers
from imports.models import Import, State
from imports.pipeline import Reason, Reverted

MOST_WAITING = "2s"  # in a request
GIVEN_UP = gettext_noop("Taking it back was given up: its worker died five times. Nothing was taken back.")
INTERNAL = gettext_noop(
    "An error in Worthwhile stopped the taking back. Nothing was taken back. The log has the details."
)
SERVER = gettext_noop("The database stopped the taking back: “{message}”. Nothing was taken back.")


class BusyError(Exception):
    """Another write, an import's for one, holds what is needed."""


def at_once(job: Import, actor: User | None) -> Reverted:
    """Take back everything that an import created, now."""
    _require_possible(Import.objects.get(pk=job.pk))  # not behind a worker that is at it
    with changing(actor) as change:
        locked = Import.objects.select_for_update().get(pk=job.pk)
        _require_possible(locked)
        return _take_back(locked, change)


def at_once_if_free(job: Import, actor: User | None) -> Reverted:
    """As `at_once`; raise `BusyError`, with nothing taken back, where another write holds it up for long."""
    with _not_for_long():
        return at_once(job, actor)


def queue(job: Import, actor: User | None) -> None:
    """Ask a worker to take an import back."""
    try:
        with _not_for_long():
            _queue(job, actor)
    except BusyError as error:  # of another request: a worker's is seen before it is waited for
        raise RuleError(_("The import is being taken back already."), status=409) from error


@contextmanager
def _not_for_long() -> Iterator[None]:
    """Open a transaction in which no lock is waited for longer than a request may; raise `BusyError` then."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{MOST_WAITING}'")
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise BusyError from error
        raise


def _queue(job: Import, actor: User | None) -> None:
    _require_possible(Import.objects.get(pk=job.pk))
    locked = Import.objects.select_for_update().get(pk=job.pk)
    _require_possible(locked)
    locked.revert_asked_at, locked.revert_asked_by = timezone.now(), actor
    locked.attempts = locked.furthest = locked.furthest_attempt = 0  # counted anew, for this
    locked.save(update_fields=["revert_asked_at", "revert_asked_by", "attempts", "furthest", "furthest_attempt"])
    locked.reasons.filter(is_refusal=True).delete()  # why it failed before
    transaction.on_commit(lambda: _send(job.pk))


def run(import_id: int) -> None:
    """Take an import back, unless nobody has asked for it, it is over or another worker is on it."""
    with translation.override("en"):
        try:
            with transaction.atomic():
                if runner.try_to_lock(import_id):
                    _run(import_id)
        except Exception as error:
            if not workers.passes(error):  # with a database that went away, it is taken up again
                store.not_reverted(import_id, workers.why(error, SERVER, INTERNAL))
            raise


def _run(import_id: int) -> None:
    job = Import.objects.being_reverted().filter(pk=import_id).select_related("revert_asked_by").first()
    if job is None:
        return
    if job.attempts >= workers.MOST_IN_VAIN:
        store.not_reverted(import_id, Reason(GIVEN_UP))
        return
    heartbeat.count_attempt(import_id)
    with changing(job.revert_asked_by) as change:
        _take_back(job, change)


def _require_possible(job: Import) -> None:
    if job.is_being_reverted:
        raise RuleError(_("The import is being taken back already."), status=409)
    if not job.can_revert:
        raise RuleError(_("Only an import that is done, and was no dry run, can be reverted."), status=409)


def _take_back(job: Import, change: Change) -> Reverted:
    reverted = registry.importer(job.format).revert(job, change)
    change.record(job, "revert", {"rows_created": (job.rows_created, job.rows_created - reverted.removed)})
    job.state, job.reverted_at, job.reverted_by = State.REVERTED, timezone.now(), change.actor
    job.breakdown = {**job.breakdown, "reverted": {"removed": reverted.removed, "kept": reverted.kept}}
    job.save(update_fields=["state", "reverted_at", "reverted_by", "breakdown"])
    return reverted


def _send(import_id: int) -> None:
    from imports.tasks import revert_import  # the worker's module; a command does not need a broker

    workers.send(revert_import, import_id)
