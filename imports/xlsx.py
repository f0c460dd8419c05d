"""A sheet of an Excel file (.xlsx) as the table that its CSV would be: the first one, or one that is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_noop

from imports import errors_format, files, zips
from imports.child import Child
from imports.header_place import FIRST, LONGEST_NAME, HeaderPlace, NotThereError, no_header, no_sheet
from imports.refusals import FileRefusedError
from imports.report import Reason
from imports.rows import Row
from imports.text import EMPTY
from imports.values import written_out

CHILD = "imports.xlsx_child"

NO_SHEET = gettext_noop("The Excel file has no sheet with cells that can be seen.")


class Sheet:
    """A visible sheet: its header, which is the first row with anything in it or the one given, and the rows below.

    `only_beginning`: the first of them alone, to be looked at. `sheets` are the names of those that can be seen. An
    errors.csv that was saved as a workbook has its headings in the first row of its first sheet, whatever is given.
    """

    may_be_unusable = True

    def __init__(self, path: Path, place: HeaderPlace = FIRST, only_beginning: bool = False) -> None:
        self._place = place
        if not (only_beginning and self._begins_with_headings(path)):
            self._open(path, only_beginning=False)
        if not self.header:
            raise FileRefusedError(Reason(EMPTY))

    def _begins_with_headings(self, path: Path) -> bool:
        """Open the first rows alone; tell whether the headings are among them, with no rows without a text before."""
        try:
            self._open(path, only_beginning=True)
        except NotThereError as error:
            if error.field != "header_row":
                raise
            return False
        return bool(self.header)

    def _open(self, path: Path, only_beginning: bool) -> None:
        with files.unpacked(path) as raw:
            self._size = raw.seek(0, 2)
            with zips.safe_copy(raw, self._size, only_beginning) as copy:
                self._child = Child(CHILD, copy.name, self._place.sheet)
                read = self._piece()  # by then it has read the copy
        if read["height"] is None:
            raise FileRefusedError(Reason(NO_SHEET))
        self.sheets = [name for name in read["sheets"] if 0 < len(name) <= LONGEST_NAME]
        self._height = max(int(read["height"]), 1)
        self.bytes_done = self.lines = 0
        self._rows = self._filled()
        first = next(self._rows, Row(1, []))
        header = [cell.strip() for cell in first.cells]
        self.is_errors = errors_format.is_errors(header)
        if self.is_errors:
            self.header = errors_format.own(header)
        else:
            self.header = self._header_at(first, read["name"])

    def _header_at(self, row: Row, sheet: str) -> list[str]:
        """Return the header of the sheet that was read; the rows above it are passed over."""
        if self._place.sheet not in ("", sheet):
            raise no_sheet(self._place.sheet)
        wanted = self._place.header_row
        while row.cells and row.line < wanted:
            row = next(self._rows, Row(wanted, []))
        header = [cell.strip() for cell in row.cells]
        if wanted and (row.line != wanted or not any(header)):
            raise no_header(wanted)
        return header

    def records(self) -> Iterator[Row]:
        """Yield the rows, each with its number in the sheet and as wide as the header; blank ones are passed over."""
        width = len(self.header)
        rows = (Row(line, errors_format.own(cells)) for line, cells in self._rows) if self.is_errors else self._rows
        for row in rows:
            missing = width - len(row.cells)
            yield Row(row.line, row.cells + [""] * missing) if missing > 0 else row

    def _filled(self) -> Iterator[Row]:
        """Yield rows that are not blank, up to their last cell with anything in it."""
        while rows := self._piece():
            for number, cells in rows.items():
                self.bytes_done = self._size * int(number) // self._height
                self.lines = int(number)
                yield Row(int(number), cells)

    def _piece(self) -> Any:
        """Return what the process says next, with every number as text: the height of the sheet, then its rows."""
        piece = self._child.piece()
        if not piece:
            raise FileRefusedError(Reason(zips.DAMAGED if self._child.found_damage() else zips.TOO_LARGE))
        return json.loads(piece, parse_float=written_out, parse_int=str)
