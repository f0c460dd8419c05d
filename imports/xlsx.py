"""The first sheet of an Excel file (.xlsx) as the table that its CSV would be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_noop

from imports import errors_format, files, zips
from imports.child import Child
from imports.refusals import FileRefusedError
from imports.report import Reason
from imports.rows import Row
from imports.text import EMPTY
from imports.values import written_out

CHILD = "imports.xlsx_child"

NO_SHEET = gettext_noop("The Excel file has no sheet with cells that can be seen.")


class Sheet:
    """The first visible sheet: its header, which is the first row with anything in it, and the rows below.

    `only_beginning`: the first of them alone, to be looked at.
    """

    may_be_unusable = True

    def __init__(self, path: Path, only_beginning: bool = False) -> None:
        self._open(path, only_beginning)
        if only_beginning and not self.header:  # rows without a text come first
            self._open(path, only_beginning=False)
        if not self.header:
            raise FileRefusedError(Reason(EMPTY))

    def _open(self, path: Path, only_beginning: bool) -> None:
        with files.unpacked(path) as raw:
            self._size = raw.seek(0, 2)
            with zips.safe_copy(raw, self._size, only_beginning) as copy:
                self._child = Child(CHILD, copy.name)
                height = self._piece()  # by then it has read the copy
        if height is None:
            raise FileRefusedError(Reason(NO_SHEET))
        self._height = max(int(height), 1)
        self.bytes_done = self.lines = 0
        self._rows = self._filled()
        header = [cell.strip() for cell in next(self._rows, Row(1, [])).cells]
        self.is_errors = errors_format.is_errors(header)
        self.header = errors_format.own(header) if self.is_errors else header

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
