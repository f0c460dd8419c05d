"""The doors: hand in a file, take back what it made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError

from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import User
from accounts.permissions import require
from api.parsing import has_unusable_text, unusable_text
from imports import files, registry, tables
from imports.models import Import, State
from imports.pipeline import FileRefusedError, Importer, Reverted
from imports.unpacking import Limits

log = structlog.get_logger(__name__)


def submit(
    actor: User | None,
    *,
    format_name: str,
    chunks: Iterable[bytes],
    file_name: str,
    mapping: Mapping[str, str | None] | None = None,
    dry_run: bool = False,
) -> Import:
    """Keep a file and queue its import; "" as the format means: find it by the header. `actor` None is the command."""
    if format_name and registry.find(format_name) is None:
        raise RuleError(_("There is no such format."), "format")
    if actor is not None and format_name:
        require(actor, registry.importer(format_name).permission)
    kept = files.keep(chunks, None if actor is None else Limits.of_uploads())
    chosen = registry.importer(format_name) if format_name else _detected(kept.sha256)
    if actor is not None:
        require(actor, chosen.permission)
    return Import.objects.create(
        format=chosen.format,
        dry_run=dry_run,
        mapping=dict(mapping or {}),
        file_name=file_name[:255],
        file_sha256=kept.sha256,
        file_size=kept.size,
        created_by=actor,
    )


def enqueue(job: Import) -> None:
    """Give the import to a worker, once it is committed. Without a broker it waits for `take_up_abandoned`."""
    transaction.on_commit(lambda: _send(job.pk))


def revert(job: Import, actor: User | None) -> Reverted:
    """Take back everything that an import created, in one transaction."""
    importer = registry.importer(job.format)
    if actor is not None:
        require(actor, importer.permission)
    with changing(actor) as change:
        locked = Import.objects.select_for_update().get(pk=job.pk)
        if locked.state != State.DONE or locked.dry_run:
            raise RuleError(_("Only an import that is done, and was no dry run, can be reverted."), status=409)
        reverted = importer.revert(locked, change)
        change.record(locked, "revert", {"rows_created": (locked.rows_created, locked.rows_created - reverted.removed)})
        locked.state, locked.reverted_at, locked.reverted_by = State.REVERTED, timezone.now(), actor
        locked.breakdown = {**locked.breakdown, "reverted": {"removed": reverted.removed, "kept": reverted.kept}}
        locked.save(update_fields=["state", "reverted_at", "reverted_by", "breakdown"])
    return reverted


def parse_mapping(text: str) -> dict[str, str | None]:
    """Read a mapping: a JSON object of heading → field name or null."""
    try:
        mapping: Any = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise RuleError(_("The mapping is not readable as JSON."), "mapping") from error
    if not isinstance(mapping, dict) or not all(value is None or isinstance(value, str) for value in mapping.values()):
        raise RuleError(_("The mapping is an object of column names to field names."), "mapping")
    if any(has_unusable_text(name) for pair in mapping.items() for name in pair if name is not None):
        raise RuleError(unusable_text(), "mapping")
    return mapping


def _detected(sha256: str) -> type[Importer]:
    try:
        found = tables.format_of(files.path_of(sha256), registry.every())
    except FileRefusedError as refusal:
        raise RuleError(refusal.reason.translated(), "file") from refusal
    if found is None:
        raise RuleError(_("The header of this file is of no format that we know. Choose one."), "format")
    return found


def _send(import_id: int) -> None:
    from imports.tasks import run_import  # the worker's module; the command does not need a broker

    try:
        run_import.delay(import_id)
    except BrokerError:
        log.warning("no broker, the import waits", import_id=import_id)
