"""Files that wait for their columns to be mapped: kept at once, looked into, and handed on as an import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from accounts.models import User
from imports import deliveries, files, jobs, receiving, registry, tables
from imports.guessing import guess
from imports.header_place import FIRST, HeaderPlace
from imports.kinds import TABLES, FileKind, kind_of
from imports.models import Import, Upload
from imports.pipeline import FileRefusedError, Importer, Reason
from imports.querysets import allowed
from imports.receiving import HandedIn
from imports.runner import FILE_GONE
from imports.unpacking import Limits
from imports.xlsx import Sheet

SHOWN = 20


@dataclass(frozen=True)
class Glimpse:
    """The beginning of a table: headings, the first rows, which kind of file it is, and the sheets of a workbook."""

    kind: FileKind
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    sheets: Sequence[str] = ()

    def examples(self, place: int) -> list[str]:
        """Return the first different texts of a column."""
        texts = dict.fromkeys(row[place] for row in self.rows if place < len(row) and row[place].strip())
        return list(texts)[:3]


def take(
    actor: User,
    handed_in: Sequence[HandedIn],
    format_name: str,
    *,
    dry_run: bool = False,
    amount_column: str = "",
) -> Upload:
    """Keep a file that was handed in, or the several of one delivery, with what was said of it."""
    kept = receiving.keep(handed_in, Limits.of_uploads())
    return Upload.objects.create(
        file_name=receiving.name_of(handed_in)[:255],
        file_sha256=kept.sha256,
        file_size=kept.size,
        format=format_name,
        dry_run=dry_run,
        amount_column=amount_column,
        created_by=actor,
    )


def again(actor: User, job: Import) -> Upload:
    """Take the file of an import anew, to map its columns otherwise."""
    return Upload.objects.create(
        file_name=job.file_name,
        file_sha256=job.file_sha256,
        file_size=job.file_size,
        format=job.format,
        mapping=job.mapping,
        dry_run=job.dry_run,
        amount_column=job.amount_column,
        created_by=actor,
    )


def format_of(upload: Upload) -> type[Importer] | None:
    """Return the format that was chosen with a file, else the one that its header has; None when it has none."""
    if upload.format:
        return registry.importer(upload.format)
    return tables.format_of(files.path_of(upload.file_sha256), registry.every())


def is_table(upload: Upload) -> bool:
    """Tell whether columns of this file can be mapped."""
    return kind_of(_path(upload), tuple(FileKind)) in TABLES


def is_json(upload: Upload) -> bool:
    """Tell whether a file has no columns at all."""
    return kind_of(_path(upload), tuple(FileKind)) is FileKind.JSON


def may_be_of(upload: Upload, importer: type[Importer]) -> bool:
    """Tell whether a file of JSON begins with anything that a format reads."""
    keys = tables.first_keys(_path(upload), importer)
    return any(column.matches(key) for key in keys for column in importer.columns)


def is_workbook(upload: Upload) -> bool:
    """Tell whether a file may have several sheets."""
    path = files.path_of(upload.file_sha256)
    return deliveries.is_there(path) and kind_of(path, tuple(FileKind)) is FileKind.XLSX


def takers(user: User, upload: Upload) -> list[type[Importer]]:
    """Return the formats that this person may import and that take files of this kind."""
    kind = kind_of(_path(upload), tuple(FileKind))
    return [each for each in allowed(user) if kind in each.kinds]


def needs_a_mapping(user: User, upload: Upload, importer: type[Importer]) -> bool:
    """Tell whether the columns of a file are not those of a format, and may be mapped to them."""
    if importer not in mappable(user) or kind_of(_path(upload), importer.kinds) is FileKind.JSON:
        return False
    return not importer.recognises(glimpse(upload, importer).header)


def mappable(user: User) -> list[type[Importer]]:
    """Return the formats whose columns this person may map."""
    return [each for each in allowed(user) if takes_a_mapping(each)]


def takes_a_mapping(importer: type[Importer]) -> bool:
    """Tell whether a format takes tables of anybody's making."""
    return set(TABLES) <= set(importer.kinds)


def glimpse(upload: Upload, importer: type[Importer], place: HeaderPlace = FIRST) -> Glimpse:
    """Return the beginning of a file; raise `FileRefusedError` where it cannot be read."""
    path = _path(upload)
    kind = kind_of(path, importer.kinds)
    table = tables.open_beginning(path, kind, importer.fallback_encoding, place)
    sheets = table.sheets if isinstance(table, Sheet) else ()
    return Glimpse(kind, table.header, [row.cells for row in islice(table.records(), SHOWN)], sheets)


def most_alike(header: Sequence[str], importers: Sequence[type[Importer]]) -> type[Importer]:
    """Return the format with which most of a file's columns have a field."""
    return max(importers, key=lambda each: len(guess(header, each.columns)))


def start(
    upload: Upload,
    actor: User,
    importer: type[Importer],
    mapping: dict[str, Any],
    *,
    dry_run: bool,
    amount_column: str = "",
) -> Import:
    """Queue the import of a file whose columns are known. After a dry run it waits on, to be imported."""
    kept = files.Kept(upload.file_sha256, upload.file_size)
    job = jobs.start(actor, importer, kept, upload.file_name, mapping, dry_run=dry_run, amount_column=amount_column)
    if dry_run:
        upload.mapping = mapping
        upload.save(update_fields=["mapping"])
    else:
        upload.delete()
    return job


def _path(upload: Upload) -> Path:
    """Return where a file is kept; raise `FileRefusedError` where it no longer is."""
    path = files.path_of(upload.file_sha256)
    if not deliveries.is_there(path):
        raise FileRefusedError(Reason(FILE_GONE))
    return path
