"""Runs an import: one transaction holds its data, its report and its end, so it happens wholly, once, or not at all."""

from __future__ import annotations

import gc
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import structlog
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext_noop
from psycopg.errors import QueryCanceled

from accounts.changes import changing
from imports import deliveries, delivery_reading, files, registry, store
from imports.heartbeat import CancelledError, Pulse
from imports.models import UNFINISHED, Import, State
from imports.pipeline import FileRefusedError, Importer, Reason, Report
from imports.workers import LOOK_AFTER, MOST_IN_VAIN, passes, server_error, why

log = structlog.get_logger(__name__)

LOCKS = 0x1490  # the namespace of our advisory locks: one per import
FORMAT_LOCKS = 0x1491
WAIT_SECONDS = 0.2

GIVEN_UP = gettext_noop("The import’s worker died five times without getting any further. Nothing was imported.")
FILE_GONE = gettext_noop("The uploaded file is no longer there. Nothing was imported; upload it again.")
INTERNAL = gettext_noop("An error in Worthwhile stopped the import. Nothing was imported. The log has the details.")
SERVER = gettext_noop("The database stopped the import: “{message}”. Nothing was imported.")

Watcher = Callable[[Importer], None]


class _DryRunOver(Exception):  # noqa: N818 - not an error: it takes the data back
    """Rolls a dry run back."""


def run(import_id: int, watch: Watcher | None = None, *, waits: bool = True) -> None:
    """Run an import from its first row to its end, unless it is over or another worker is on it.

    `watch` is called after every batch (the command's progress bar). Without `waits` it is left queued where another of
    its format is under way.
    """
    with translation.override("en"), _old_objects_at_rest():
        try:
            with transaction.atomic():
                job = _claim(import_id)
                if job is not None and (waits or _has_turn(job)):
                    _work(job, watch)
        except FileRefusedError as refusal:
            _fail(import_id, refusal.reason)
        except CancelledError:
            _cancelled(import_id)
        except Exception as error:
            if _is_interrupted(import_id, error):
                _cancelled(import_id)
                return
            if not passes(error):  # with a database that went away, it is taken up again
                _fail(import_id, why(error, SERVER, INTERNAL))
            raise


def is_running(import_id: int) -> bool:
    """Tell whether a living worker is on this import (or just was: the lock is held for a moment)."""
    with transaction.atomic():
        return not try_to_lock(import_id)


def _claim(import_id: int) -> Import | None:
    """Take the import for this transaction. The database lets go of it when the worker dies."""
    if not try_to_lock(import_id):
        return None
    job = Import.objects.filter(pk=import_id, state__in=UNFINISHED).select_related("created_by").first()
    if job is not None and job.cancelled_at is not None:
        raise CancelledError
    if job is not None and job.attempts - job.furthest_attempt >= MOST_IN_VAIN:
        raise FileRefusedError(Reason(GIVEN_UP))
    return job


_INTERRUPT = """SELECT pg_cancel_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND classid = %s::oid AND objid = %s::oid AND granted AND pid <> pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


def try_to_lock(import_id: int) -> bool:
    """Take the import for the open transaction; tell whether that was possible, for no worker is on it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_xact_lock(%s, %s), {LOOK_AFTER}", [LOCKS, import_id])
        return cursor.fetchone()[0]


def interrupt(import_id: int) -> None:
    """End the statement that a worker waits for, if one is on this import: some take minutes."""
    with connection.cursor() as cursor:
        cursor.execute(_INTERRUPT, [LOCKS, import_id])


def _is_interrupted(import_id: int, error: Exception) -> bool:
    """Tell whether somebody has cancelled the import in the middle of a statement."""
    is_ended = isinstance(server_error(error), QueryCanceled)
    return is_ended and Import.objects.filter(pk=import_id).exclude(cancelled_at=None).exists()


def _work(job: Import, watch: Watcher | None) -> None:
    report = Report()
    with Pulse(job.pk, f"{socket.gethostname()}:{os.getpid()}") as pulse:
        _import(job, report, pulse, lambda importer: _tell(importer, pulse, watch))
        if job.dry_run:
            store.done(job, report, pulse.started_at)  # after the data is taken back, so that this stays


def _tell(importer: Importer, pulse: Pulse, watch: Watcher | None) -> None:
    pulse.beat(importer)
    if watch is not None:
        watch(importer)


def _import(job: Import, report: Report, pulse: Pulse, watch: Watcher) -> None:
    path = files.path_of(job.file_sha256)
    if not deliveries.is_there(path):
        raise FileRefusedError(Reason(FILE_GONE))
    write = changing(job.created_by, rehearsal=job.dry_run, counts=False)
    with _taken_back(job.dry_run), write as change:
        importer = registry.importer(job.format)(job.pk, job.created_by, change, report, job.mapping, job.amount_column)
        importer.path, importer.beat = path, partial(watch, importer)
        _wait_for_turn(importer, watch)
        pulse.take_turn()
        importer.start()
        for batch in delivery_reading.batches(importer, path):
            importer.load(batch)
            watch(importer)
        importer.bytes_done = job.file_size
        pulse.let_through()
        importer.beat()
        importer.finish()
        report.check()
        change.counts |= report.created > 0
        if not job.dry_run:
            change.record(job, "import", {"rows_created": (None, report.created)})
            # Before the write closes: it copies every rejected row, and who has the version's row stops all others.
            store.done(job, report, pulse.started_at)


def _has_turn(job: Import) -> bool:
    """Tell whether it is this one's turn, after all older ones; it is queued (again, where its worker died) until then.

    An older one that is left behind is taken up, ends or is given up; one that is cancelled has nothing to bring.
    """
    older = Import.objects.filter(format=job.format, pk__lt=job.pk, state__in=UNFINISHED, cancelled_at=None)
    if not older.exists() and _try_to_take_turn(job.format):
        return True
    Import.objects.filter(pk=job.pk).exclude(state=State.QUEUED).update(state=State.QUEUED)
    return False


def _wait_for_turn(importer: Importer, watch: Watcher) -> None:
    while not _try_to_take_turn(importer.format):
        watch(importer)  # it can be cancelled while it waits
        time.sleep(WAIT_SECONDS)


def _try_to_take_turn(format_name: str) -> bool:
    """Let imports of one format run one after another, so that the second finds what the first has made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [FORMAT_LOCKS, format_name])
        return cursor.fetchone()[0]


@contextmanager
def _old_objects_at_rest() -> Iterator[None]:
    """Keep the garbage collector off what the program consists of: a third of the reading time went there.

    What is left behind is cleared away before it joins that: it held blocks of the file, 5 MB more with every import.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()


@contextmanager
def _taken_back(dry_run: bool) -> Iterator[None]:
    """Roll back what is done inside when it is a dry run, and only that: its report stays."""
    if not dry_run:
        yield
        return
    try:
        with transaction.atomic():
            yield
            raise _DryRunOver
    except _DryRunOver:
        return


def _cancelled(import_id: int) -> None:
    with transaction.atomic():
        store.cancelled(import_id)


def _fail(import_id: int, reason: Reason) -> None:
    with transaction.atomic():
        store.failed(import_id, reason)
    log.warning("import failed", import_id=import_id, reason=str(reason))
