"""Several files read one after another, as one: the rows of all of them, with lines that go on counting.

For an import of one file everything here is what it is for that file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from imports import deliveries, tables
from imports.deliveries import Part
from imports.pipeline import Importer, Reason
from imports.refusals import FileRefusedError
from imports.report import ReadPart
from imports.rows import Row


class Place(NamedTuple):
    """Where a line of an import stands: the file, and the line of that."""

    path: Path
    line: int
    size: int  # of the file, in bytes


def batches(importer: Importer, path: Path) -> Iterator[Any]:
    """Yield the good rows of all files in batches; what is wrong with a file as a whole is said with its name."""
    if not deliveries.is_one(path):
        yield from importer.batches(path)
        return
    delivery, bytes_before = deliveries.read(path), 0
    for part in delivery.parts:
        importer.lines_before += importer.lines_read
        importer.report.parts.append({"name": part.name, "lines_before": importer.lines_before})
        with _named(part):
            for batch in importer.batches(part.path):
                importer.bytes_done += bytes_before
                yield batch
        bytes_before += part.size
    if importer.report.parts_with_more_pages == len(delivery.parts):
        importer.report.note(1, Reason(tables.MORE_PAGES))
    deliveries.tell(delivery, importer.report)


def rows_at(importer: Importer, lines: Collection[int]) -> Iterator[Row]:
    """Yield rows of the import once more, by the lines on which they begin."""
    wanted = set(lines)
    for part_path, before in _read(importer):
        if wanted:
            for row in tables.rows_at(part_path, importer, {line - before for line in wanted}):
                yield Row(row.line + before, row.cells)


def every_row(importer: Importer) -> Iterator[Row]:
    """Yield the rows of all files, good and bad, before or while they are read; their lines are those of their file."""
    for path in deliveries.paths_of(importer.path):
        yield from tables.open_table(path, type(importer), importer.place).records()


def place_of(path: Path, size: int, parts: Sequence[ReadPart], line: int) -> Place:
    """Return where a line of an import stands whose files were read as `parts` says."""
    if not deliveries.is_one(path):
        return Place(path, line, size)
    at = deliveries.number_of(parts, line)
    part = deliveries.read(path).parts[at]
    return Place(part.path, line - parts[at]["lines_before"], part.size)


def _read(importer: Importer) -> list[tuple[Path, int]]:
    """Return the files that were read, and how many lines stand before each."""
    paths = deliveries.paths_of(importer.path)
    before = [part["lines_before"] for part in importer.report.parts] or [0]
    return list(zip(paths, before, strict=True))


@contextmanager
def _named(part: Part) -> Iterator[None]:
    try:
        yield
    except FileRefusedError as refusal:
        raise FileRefusedError(refusal.reason.of_part(part.name)) from refusal
