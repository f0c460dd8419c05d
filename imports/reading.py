"""CSV, read strictly: rows with the line on which they begin, in batches, with what is wrong said where it is."""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, Protocol

from django.utils.translation import gettext_noop
from isal import igzip

from api.parsing import has_unusable_text
from imports import errors_format
from imports.header_place import no_header
from imports.refusals import FileRefusedError
from imports.report import Reason, Report
from imports.rows import Row
from imports.text import encoding_of

LARGEST_CELL = 1_000_000
LARGEST_RECORD = 8_000_000
csv.field_size_limit(LARGEST_CELL)

UNCLOSED = gettext_noop("The file ends inside a quoted cell that begins on line {line}. It seems to be cut off.")
LARGE_CELL = gettext_noop("The cell that begins on line {line} is larger than 1,000,000 characters.")
LARGE_RECORD = gettext_noop("The row that begins on line {line} is larger than 8,000,000 characters.")
LONG_CELL = gettext_noop("The row has a cell of more than 1,000,000 characters, which is not kept.")
LONG_ROW = gettext_noop("The row has more than 8,000,000 characters, which are not kept.")
QUOTES = gettext_noop("The quotation marks in this row do not match up.")
RAGGED = gettext_noop("The row has {found} cells, the header has {expected}.")
SURROGATE = gettext_noop("The row has half of a character (a surrogate without its pair).")
NUL = gettext_noop("The row has a NUL character.")


class MayBeUnusable(Protocol):
    """A table that knows whether its cells may hold what the database cannot: NUL, half of a surrogate pair."""

    may_be_unusable: bool


class Table:
    """A CSV file, line by line: its records."""

    def __init__(
        self,
        lines: Iterator[str],
        separator: str,
        first_line: int = 1,
        position: Callable[[], int] = int,
        is_errors: bool = False,
    ) -> None:
        self._text = lines
        self._position = position
        self._before = first_line - 1
        self.separator = separator
        self._since_record = 0
        self.may_be_unusable = False
        self.header: list[str] = []
        self.is_errors = is_errors  # errors.csv, sent again: what it has in front of a row is passed over
        self._reader = csv.reader(self._lines(), strict=True, delimiter=separator)

    def read_header(self, row: int = 0) -> list[str]:
        """Read the first record, which is the header; refuse one that does not begin on the line asked for."""
        first = next(self.records(), Row(1, []))
        header = [cell.strip() for cell in first.cells]
        if row and (first.line != row or not any(header)):
            raise no_header(row)
        self.is_errors = errors_format.is_errors(header)
        self.header = errors_format.own(header) if self.is_errors else header
        return self.header

    @property
    def bytes_done(self) -> int:
        """How far the file is read."""
        return self._position()

    @property
    def lines(self) -> int:
        """How many lines are read."""
        return self._before + self._reader.line_num

    def records(self) -> Iterator[Row]:
        """Yield every record that is not a blank line; one whose quotes are wrong has no cells."""
        while True:
            line = self._line()
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
                yield Row(line, errors_format.own(cells) if self.is_errors else cells)

    def _lines(self) -> Iterator[str]:
        for line in self._text:
            self._since_record += len(line)
            if self._since_record > LARGEST_RECORD:
                raise FileRefusedError(Reason(LARGE_RECORD, line=self._line()))
            if "\0" in line:
                self.may_be_unusable = True
            yield line

    def _line(self) -> int:
        return self._before + self._reader.line_num + 1

    def _judge(self, error: csv.Error, line: int) -> None:
        """Give the file up where the rows after an error cannot be trusted; a wrong quote spoils its row alone."""
        if "unexpected end of data" in str(error):
            raise FileRefusedError(Reason(UNCLOSED, line=line)) from error
        if "field larger than field limit" in str(error):
            raise FileRefusedError(Reason(LARGE_CELL, line=line)) from error


def open_bytes(path: Path, fallback_encoding: str | None) -> BinaryIO:
    """Open a kept file as UTF-8, whatever it is in, without a byte-order mark; read it under a `Utf8Check`."""
    encoding = encoding_of(path, fallback_encoding, utf_8_is_checked=True)
    file = igzip.IGzipFile(path)
    if encoding != "utf-8-sig":
        return codecs.EncodedFile(file, "utf-8", encoding)  # type: ignore[return-value]
    if file.read(3) != codecs.BOM_UTF8:
        file.seek(0)
    return io.BufferedReader(file, 64 * 1024)


def open_table(path: Path, fallback_encoding: str | None, header_row: int = 0) -> Table:
    """Open a kept file as a table; its header is read, which begins on a line that is given, or is the first record."""
    return _table(open_text(path, fallback_encoding), header_row)


def open_beginning(path: Path, fallback_encoding: str | None, header_row: int = 0) -> Table:
    """Open a kept file as a table whose first rows alone are wanted."""
    encoding = encoding_of(path, fallback_encoding, whole=False)
    return _table(io.TextIOWrapper(igzip.IGzipFile(path), encoding, errors="replace", newline=""), header_row)


def row_at(path: Path, fallback_encoding: str | None, line: int, header_row: int = 0) -> tuple[list[str], Row | None]:
    """Return the header of a kept file, and the row that begins on a line: those before it are passed over unread."""
    encoding = encoding_of(path, fallback_encoding, whole=False)
    with io.TextIOWrapper(igzip.IGzipFile(path), encoding, errors="replace", newline="") as text:
        first_row = _table(text, header_row)
        text.seek(0)
        deque(islice(text, line - 1), maxlen=0)
        table = Table(iter(text), first_row.separator, first_line=line, is_errors=first_row.is_errors)
        return first_row.header, next(table.records(), None)


def _table(text: io.TextIOWrapper, header_row: int = 0) -> Table:
    first = text.readline(LARGEST_RECORD)
    if header_row and not begins_as_errors(first):
        return _table_below(text, first, header_row)
    text.seek(0)
    table = Table(iter(text), separator_of(first), position=text.buffer.tell)
    table.read_header()
    return table


def _table_below(text: io.TextIOWrapper, first: str, header_row: int) -> Table:
    """Return the table that begins on a line; those before it are passed over, whatever quotes are in them."""
    passed = 0
    for _line in range(header_row - 1):
        passed += len(first)
        if passed > LARGEST_RECORD:
            raise no_header(header_row)
        first = text.readline(LARGEST_RECORD)
    # The text is held on to: what goes with it is asked for its position once all lines are read.
    table = Table(chain([first], text), separator_of(first), header_row, lambda: text.buffer.tell())
    table.read_header(header_row)
    return table


def begins_as_errors(first: str) -> bool:
    """Tell by its first line whether a file is an errors.csv, whose headings stand there wherever its file had them."""
    cells = first.rstrip("\r\n").split(separator_of(first))
    return errors_format.is_errors([cell.strip('"') for cell in cells])


def open_text(path: Path, fallback_encoding: str | None, *, is_table: bool = True) -> io.TextIOWrapper:
    """Open a kept file as text, in the encoding that it is in."""
    encoding = encoding_of(path, fallback_encoding, is_table=is_table)
    return io.TextIOWrapper(igzip.IGzipFile(path), encoding, newline="")


def good_rows(table: MayBeUnusable, records: Iterable[Row], width: int, report: Report) -> Iterator[Row]:
    """Yield the records that have a cell for every heading; the others go to the report."""
    for row in records:
        report.total += 1
        is_plain = len(row.cells) == width and not table.may_be_unusable
        if is_plain or not is_unusable(row, width, report):
            yield row


def is_unusable(row: Row, width: int, report: Report) -> bool:
    """Tell whether a row is none that a format can take; it goes to the report."""
    why = _why_unusable(row.cells, width)
    if why is not None:
        report.reject(_kept(row), "", why)
    return why is not None


def _why_unusable(cells: Sequence[str], width: int) -> Reason | None:
    if not cells:
        return Reason(QUOTES)
    if len(cells) != width:
        return Reason(RAGGED, found=len(cells), expected=width)
    text = "".join(cells)
    if len(text) > LARGEST_CELL:
        if len(text) > LARGEST_RECORD:
            return Reason(LONG_ROW)
        if max(map(len, cells)) > LARGEST_CELL:
            return Reason(LONG_CELL)
    if has_unusable_text(text):
        return Reason(NUL if "\0" in text else SURROGATE)
    return None


def _kept(row: Row) -> Row:
    """Return a row as the report keeps it: without a cell, or all of them, that is larger than the database takes."""
    cells = [cell if len(cell) <= LARGEST_CELL else "" for cell in row.cells]
    return Row(row.line, cells if sum(map(len, cells)) <= LARGEST_RECORD else [])


def separator_of(first_line: str) -> str:
    """Return what separates the cells: spreadsheets write semicolons where the comma is the decimal sign."""
    return max(",;\t", key=first_line.count)
