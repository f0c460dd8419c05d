"""The doors: hand in a file, take back what it made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import User
from accounts.permissions import require
from imports import files, receiving, registry, reverting, runner, store, tables, workers
from imports.models import UNFINISHED, Import
from imports.pipeline import AMOUNT, FileRefusedError, Importer, Reverted
from imports.receiving import HandedIn
from imports.unpacking import Limits


def submit(
    actor: User | None,
    *,
    format_name: str,
    chunks: Iterable[bytes],
    file_name: str,
    more: Sequence[HandedIn] = (),
    mapping: Mapping[str, Any] | None = None,
    dry_run: bool = False,
    amount_column: str = "",
) -> Import:
    """Keep a file and queue its import; "" as the format means: find it by the header. `actor` None is the command.

    `more`: the other files of the same delivery.
    """
    if format_name and registry.find(format_name) is None:
        raise RuleError(_("There is no such format."), "format")
    if actor is not None and format_name:
        require(actor, registry.importer(format_name).permission)
    handed_in = [HandedIn(file_name, chunks), *more]
    kept = receiving.keep(handed_in, None if actor is None else Limits.of_uploads())
    chosen = registry.importer(format_name) if format_name else _detected(kept.sha256)
    name = receiving.name_of(handed_in)
    return start(actor, chosen, kept, name, mapping, dry_run=dry_run, amount_column=amount_column)


def start(
    actor: User | None,
    importer: type[Importer],
    kept: files.Kept,
    file_name: str,
    mapping: Mapping[str, Any] | None = None,
    *,
    dry_run: bool = False,
    amount_column: str = "",
) -> Import:
    """Queue the import of a file that is kept. `amount_column` "" is what the mapping says, else the format's first."""
    if actor is not None:
        require(actor, importer.permission)
    return Import.objects.create(
        format=importer.format,
        dry_run=dry_run,
        mapping=dict(mapping or {}),
        amount_column=_amount_column(importer, mapping or {}, amount_column),
        file_name=file_name[:255],
        file_sha256=kept.sha256,
        file_size=kept.size,
        created_by=actor,
    )


def repeat(job: Import, actor: User) -> Import:
    """Queue a file once more, as it was tried, to import it in earnest."""
    kept = files.Kept(job.file_sha256, job.file_size)
    return start(
        actor, registry.importer(job.format), kept, job.file_name, job.mapping, amount_column=job.amount_column
    )


def enqueue(job: Import) -> None:
    """Give the import to a worker, once it is committed. Without a broker it waits for `take_up_abandoned`."""
    transaction.on_commit(lambda: _send(job.pk))


def cancel(job: Import, actor: User) -> Import:
    """Stop an import that waits or runs; nothing of it stays. A worker that is on it stops at once."""
    require(actor, registry.importer(job.format).permission)
    with changing(actor, counts=False) as change:  # no figure follows from what was not imported
        open_ones = Import.objects.filter(pk=job.pk, state__in=UNFINISHED, cancelled_at=None)
        if open_ones.update(cancelled_at=timezone.now(), cancelled_by=actor):
            change.record(job, "cancel")
            transaction.on_commit(lambda: runner.interrupt(job.pk))
        elif not Import.objects.filter(pk=job.pk, state__in=UNFINISHED).exists():
            raise RuleError(_("The import is over already, so it cannot be cancelled."), status=409)
        if runner.try_to_lock(job.pk):
            store.cancelled(job.pk)
    job.refresh_from_db()
    return job


def revert(job: Import, actor: User | None) -> Reverted:
    """Take back everything that an import created, at once, in one transaction."""
    _require_format(job, actor)
    return reverting.at_once(job, actor)


def ask_to_revert(job: Import, actor: User) -> Reverted | None:
    """Take an import back at once where that is quick; else ask a worker to, and return None.

    A request does not wait for what an import holds until it is over, which may take minutes.
    """
    _require_format(job, actor)
    if job.rows_created <= registry.importer(job.format).reverts_at_once:
        with suppress(reverting.BusyError):
            return reverting.at_once_if_free(job, actor)
    reverting.queue(job, actor)
    return None


def _require_format(job: Import, actor: User | None) -> None:
    if actor is not None:
        require(actor, registry.importer(job.format).permission)


def _amount_column(importer: type[Importer], mapping: Mapping[str, Any], wanted: str) -> str:
    """Return which column becomes the amount; "" for a format that has but one."""
    mapped = next((heading for heading, name in mapping.items() if name == AMOUNT), "")
    if not importer.amount_columns:
        if wanted:
            raise RuleError(_("This format has but one column for the amount."), "amount_column")
        return ""
    if wanted and mapped not in ("", wanted):
        raise RuleError(_("The mapping names another column for the amount."), "amount_column")
    if wanted and wanted not in importer.amount_columns:
        choices = ", ".join(importer.amount_columns)
        raise RuleError(_("The amount comes from one of: {choices}.").format(choices=choices), "amount_column")
    return wanted or mapped or next(iter(importer.amount_columns))


def _detected(sha256: str) -> type[Importer]:
    try:
        found = tables.format_of(files.path_of(sha256), registry.every())
    except FileRefusedError as refusal:
        raise RuleError(refusal.reason.translated(), "file") from refusal
    if found is None:
        raise RuleError(_("The header of this file is of no format that we know. Choose one."), "format")
    return found


def _send(import_id: int) -> None:
    from imports.tasks import run_import  # the worker's module; a command does not need a broker

    workers.send(run_import, import_id)
