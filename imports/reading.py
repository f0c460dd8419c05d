"""CSV, read strictly: rows with the line on which they begin, in batches, with what is wrong said where it is."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.utils.translation import gettext_noop

from imports.header import positions
from imports.pipeline import FileRefusedError, Importer, Reason, Row
from imports.text import encoding_of

LARGEST_CELL = 1_000_000
LARGEST_RECORD = 8_000_000
csv.field_size_limit(LARGEST_CELL)

UNCLOSED = gettext_noop("The file ends inside a quoted cell that begins on line {line}. It seems to be cut off.")
LARGE_CELL = gettext_noop("The cell that begins on line {line} is larger than 1,000,000 characters.")
LARGE_RECORD = gettext_noop("The row that begins on line {line} is larger than 8,000,000 characters.")
QUOTES = gettext_noop("The quotation marks in this row do not match up.")
RAGGED = gettext_noop("The row has {found} cells, the header has {expected}.")
NUL = gettext_noop("The row has a NUL character.")


class Table:
    """An opened CSV file: its header, then its rows."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._since_record = 0
        self.has_nul = False
        first = text.readline(LARGEST_RECORD)
        text.seek(0)
        self._reader = csv.reader(self._lines(), strict=True, delimiter=_delimiter(first))
        self.header = [cell.strip() for cell in next(self.records(), Row(1, [])).cells]

    def records(self) -> Iterator[Row]:
        """Yield every record that is not a blank line; one whose quotes are wrong has no cells."""
        while True:
            line = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                cells = []
                self._judge(error, line)
                yield Row(line, cells)
                continue
            finally:
                self._since_record = 0
            if cells:
                yield Row(line, cells)

    def bytes_read(self) -> int:
        """Return how far into the file the reading has come."""
        return self._text.buffer.tell()

    def _lines(self) -> Iterator[str]:
        for line in self._text:
            self._since_record += len(line)
            if self._since_record > LARGEST_RECORD:
                raise FileRefusedError(Reason(LARGE_RECORD, line=self._reader.line_num + 1))
            if "\0" in line:
                self.has_nul = True
            yield line

    def _judge(self, error: csv.Error, line: int) -> None:
        """Give the file up where the rows after an error cannot be trusted; a wrong quote spoils its row alone."""
        if "unexpected end of data" in str(error):
            raise FileRefusedError(Reason(UNCLOSED, line=line)) from error
        if "field larger than field limit" in str(error):
            raise FileRefusedError(Reason(LARGE_CELL, line=line)) from error


def open_table(path: Path, fallback_encoding: str | None) -> Table:
    """Open a kept file as a table."""
    encoding = encoding_of(path, fallback_encoding)
    return Table(io.TextIOWrapper(gzip.GzipFile(path), encoding, newline=""))


def header_of(path: Path, fallback_encoding: str | None = "cp1252") -> list[str]:
    """Return the header of a kept file, to find its format by."""
    return open_table(path, fallback_encoding).header


def csv_batches(path: Path, importer: Importer) -> Iterator[list[Row]]:
    """Yield the good rows of a file in batches, after its header was accepted; bad ones go to the report."""
    table = open_table(path, importer.fallback_encoding)
    importer.at = positions(table.header, importer)
    width, report, batch = len(table.header), importer.report, []
    for row in table.records():
        report.total += 1
        if len(row.cells) != width or (table.has_nul and "\0" in "".join(row.cells)):
            report.reject(row, "", _why_unusable(row.cells, width))
            continue
        batch.append(row)
        if len(batch) == importer.batch_rows:
            importer.bytes_done = table.bytes_read()
            yield batch
            batch = []
    importer.bytes_done = table.bytes_read()
    yield batch


def _why_unusable(cells: Sequence[str], width: int) -> Reason:
    if not cells:
        return Reason(QUOTES)
    if len(cells) != width:
        return Reason(RAGGED, found=len(cells), expected=width)
    return Reason(NUL)


def _delimiter(first_line: str) -> str:
    """Return what separates the cells: spreadsheets write semicolons where the comma is the decimal sign."""
    return max(",;\t", key=first_line.count)
