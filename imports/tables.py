"""Every kind of file as a table: its header and rows, batches of good rows for a format, the format of a file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol

from django.utils.translation import gettext_noop

from imports import deliveries, reading, registry
from imports.header import accept
from imports.header_place import FIRST, HeaderPlace
from imports.json_records import JsonTable
from imports.kinds import FileKind, kind_of
from imports.parquet import ParquetTable
from imports.pipeline import Importer, Reason
from imports.refusals import OtherFormatError
from imports.rows import Row, counted_on
from imports.xlsx import Sheet


class Table(Protocol):
    """A file with a header and rows."""

    header: list[str]
    may_be_unusable: bool  # whether cells may hold what the database cannot: NUL, half of a surrogate pair
    is_errors: bool  # whether it is an errors.csv that comes back

    @property
    def bytes_done(self) -> int:
        """How much of the file's content has been read."""

    @property
    def lines(self) -> int:
        """How many lines have been read: as many as the file has, once all rows are."""

    def records(self) -> Iterator[Row]:
        """Yield the rows, good and bad."""


MORE_PAGES = gettext_noop(
    "The last page in the file says that more follow (has_more), which are not in it. Fetch all pages, and hand them "
    "in as one file."
)

# Bytes of a kept file in which a row is found in about a tenth of a second. Of CSV those before it are passed over
# unread, of JSON and XLSX they are parsed, and what a Parquet file of any size needs first is a process.
AT_ONCE = {FileKind.CSV: 50_000_000, FileKind.JSON: 2_000_000, FileKind.XLSX: 100_000, FileKind.PARQUET: 0}


def open_table(path: Path, importer: type[Importer], place: HeaderPlace = FIRST) -> Table:
    """Open a kept file for a format; raise `FileRefusedError` where it is none of the kinds that the format takes.

    `place` is where the headings of a table stand; other files have theirs by themselves.
    """
    kind = kind_of(path, importer.kinds)
    if kind is FileKind.CSV:
        return reading.open_table(path, importer.fallback_encoding, place.header_row)
    if kind is FileKind.XLSX:
        return Sheet(path, place)
    return JsonTable(path, importer) if kind is FileKind.JSON else ParquetTable(path)


def is_quick(path: Path, importer: type[Importer], size: int) -> bool:
    """Tell whether a row of a kept file of so many bytes is found while a page waits."""
    return size <= AT_ONCE[kind_of(path, importer.kinds)]


def row_at(path: Path, importer: type[Importer], line: int, place: HeaderPlace = FIRST) -> list[tuple[str, str]]:
    """Return the row that begins on a line of a kept file, heading by heading; nothing where none does."""
    if kind_of(path, importer.kinds) is FileKind.CSV:
        header, row = reading.row_at(path, importer.fallback_encoding, line, place.header_row)
    else:
        table = open_table(path, importer, place)
        header, row = table.header, next((row for row in table.records() if row.line == line), None)
    return list(zip(header, row.cells, strict=False)) if row else []


def batches(path: Path, importer: Importer) -> Iterator[list[Row]]:
    """Yield the good rows of a file in batches, after its header was accepted; bad ones go to the report."""
    table = open_table(path, type(importer), importer.place)
    accept(table.header, importer)
    importer.is_sent_back |= table.is_errors
    importer.is_json = isinstance(table, JsonTable)
    records = table.records() if importer.is_json or not importer.period else _without_empty(table, importer)
    rows = counted_on(records, importer.lines_before)
    good = reading.good_rows(table, rows, len(table.header), importer.report)
    while batch := list(islice(good, importer.batch_rows)):
        importer.bytes_done = table.bytes_done
        yield batch
    importer.lines_read = table.lines
    if isinstance(table, JsonTable) and table.has_more:
        importer.report.parts_with_more_pages += 1
        if not importer.report.parts:  # of several files one has the last page
            importer.report.note(1, Reason(MORE_PAGES))


def _without_empty(table: Table, importer: Importer) -> Iterator[Row]:
    for row in table.records():
        if len(row.cells) == len(table.header) and importer.is_empty(row):
            importer.report.breakdown["passed_over"]["empty"] += 1
        else:
            yield row


def rows_at(path: Path, importer: Importer, lines: Collection[int]) -> Iterator[Row]:
    """Yield rows of a file once more, by the lines on which they begin: they may be most of it."""
    wanted = set(lines)
    records = open_table(path, type(importer), importer.place).records() if wanted else ()
    return (row for row in records if row.line in wanted)


def format_of(path: Path, importers: Sequence[type[Importer]]) -> type[Importer] | None:
    """Return the one of these formats that a kept file is of; None when it is of none or of several."""
    kind = kind_of(deliveries.first_of(path), tuple(FileKind))
    if kind is FileKind.JSON:
        takers = [each for each in importers if FileKind.JSON in each.kinds]
        return registry.only(each for each in takers if each.recognises(first_keys(path, each)))
    header = open_beginning(path, kind, "cp1252").header
    return registry.only(each for each in importers if kind in each.kinds and each.recognises(header))


def first_keys(path: Path, importer: type[Importer]) -> list[str]:
    """Return what the first row of JSON has, as a format reads it; nothing where it finds none.

    Of several files it is in the first that has a row; one that is of another format ends the search.
    """
    try:
        found = (JsonTable(each, importer).first_keys() for each in deliveries.paths_of(path))
        return next(filter(None, found), [])
    except OtherFormatError:
        return []


def open_beginning(path: Path, kind: FileKind, fallback_encoding: str | None, place: HeaderPlace = FIRST) -> Table:
    """Open a file to look at its first rows only: the rest is not even decoded. Of several it is the first."""
    path = deliveries.first_of(path)
    if kind is FileKind.CSV:
        return reading.open_beginning(path, fallback_encoding, place.header_row)
    return Sheet(path, place, only_beginning=True) if kind is FileKind.XLSX else ParquetTable(path)
