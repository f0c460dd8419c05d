"""Where a line came from: the import and the row of its file, or the person who entered it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from enum import StrEnum
from typing import NamedTuple

from django.core.cache import cache
from django.db import connection, transaction
from django.http import Http404

from accounts.models import User
from costs.allocation import belonging
from costs.ledger import words
from costs.ledger.page import key_of
from costs.models import ChargeGroup, CostLine, UsageLine
from costs.registers.generated import SOURCES
from imports import deliveries, delivery_reading, files, registry, tables
from imports.mappings import ColumnMapping
from imports.models import Import
from imports.pipeline import FileRefusedError

KEPT_SECONDS = 24 * 60 * 60
LOOKING = 0x1493  # an advisory lock
RETRY_SECONDS = 5


class BusyError(Exception):
    """Somebody else's row is being looked for, which takes all that may be taken for it."""


class State(StrEnum):
    """What is known of the row of the file that a line came from."""

    NONE = "none"  # it came from no row
    LATER = "later"  # finding it takes longer than a page may
    FOUND = "found"
    NOT_FOUND = "not found"
    GONE = "gone"  # with its file


class Original(NamedTuple):
    """The row of a file, heading by heading."""

    state: State
    cells: Sequence[tuple[str, str]] = ()


def source_words(line: CostLine | UsageLine, external_id: str | None) -> str:
    """Return where a line came from in words, with the id it has there; the ids of our registers say nothing."""
    source = line.group.source
    name = words.in_words("source", source)
    return f"{name} · {external_id}" if external_id and source not in SOURCES else name


def named(user: User, key: str) -> CostLine:
    """Return the line of an address, withdrawn ones too; 404 where the person may not see it."""
    known = key_of(key)
    lines = CostLine.objects.visible_to(user).shown().select_related("recorded_by")
    line = lines.filter(pk=known).first() if known else None
    if line is None:
        raise Http404
    return line


def line_of(user: User, key: str) -> CostLine:
    """Return the line of an address as `named` does, and where it belongs."""
    return belonging.tell([named(user, key)])[0]


def gone(key: str) -> CostLine | None:
    """Return what an address tells of a line that went with its import: its group and day; None for any other."""
    known = key_of(key)
    if known is None or CostLine.objects.filter(pk=known).exists():
        return None
    group = ChargeGroup.objects.select_related("category", "initiative").filter(pk=known[0]).first()
    return CostLine(pk=known, group=group) if group else None


def import_of(line: CostLine | UsageLine) -> Import | None:
    """Return the import that made the line."""
    return Import.objects.filter(pk=line.import_id).first() if line.import_id else None


def part_place(line: CostLine | UsageLine, job: Import | None) -> str:
    """Return which of several files a line came from, and where it stands in that; "" where there is but one."""
    has_parts = job is not None and job.parts and line.line_number is not None
    return deliveries.said(job.parts, line.line_number) if has_parts else ""  # type: ignore[union-attr, arg-type]


def original(line: CostLine, job: Import | None, *, wait: bool) -> Original:
    """Return the row of the file that a line came from; where that takes long only if the person asked to `wait`.

    It is kept for a day: a file is known by its hash and never changes. Raise `BusyError` where it would be the second
    long search at a time.
    """
    if job is None or line.line_number is None:
        return Original(State.NONE)
    path, importer = files.path_of(job.file_sha256), registry.importer(job.format)
    if not deliveries.is_there(path):
        return Original(State.GONE)
    meant = ColumnMapping.of(job.mapping)
    place = delivery_reading.place_of(path, job.file_size, job.parts, line.line_number)
    name = f"row:{job.file_sha256}:{job.format}:{line.line_number}:{meant.place.header_row}:{meant.place.sheet}"
    cells: list[tuple[str, str]] | None = cache.get(name)
    if cells is None:
        is_quick = tables.is_quick(place.path, importer, place.size)
        if not wait and not is_quick:
            return Original(State.LATER)
        try:
            with nullcontext() if is_quick else _alone():
                cells = tables.row_at(place.path, importer, place.line, meant.place)
        except FileRefusedError:  # the process that reads it met its limits, as it may not the next time
            return Original(State.NOT_FOUND)
        cache.set(name, cells, timeout=KEPT_SECONDS)
    left_out = {heading for heading, name in meant.columns.items() if name is None and not importer.is_beside(heading)}
    shown = [
        (heading, importer.shown(meant.columns.get(heading) or heading, cell))
        for heading, cell in cells
        if heading not in left_out
    ]
    return Original(State.FOUND if cells else State.NOT_FOUND, shown)


@contextmanager
def _alone() -> Iterator[None]:
    """Let one person at a time have a whole file unpacked and gone through."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOOKING])
        if not cursor.fetchone()[0]:
            raise BusyError
        yield
