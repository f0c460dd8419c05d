"""The first sheet of an Excel file (.xlsx) as the table that its CSV would be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_noop
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from imports import errors_format, files, zips
from imports.refusals import FileRefusedError
from imports.report import Reason
from imports.rows import Row
from imports.text import EMPTY
from imports.values import written_out

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
                self._sheet = _first_sheet(copy)
        self.bytes_done = 0
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
        height = max(self._sheet.total_height, 1)
        for number, values in enumerate(self._sheet.iter_rows(), start=1):
            self.bytes_done = self._size * number // height
            cells = _texts(values)
            if cells:
                yield Row(number, cells)


def _first_sheet(file: Any) -> CalamineSheet:
    try:
        book = CalamineWorkbook.from_filelike(file)
        for number, sheet in enumerate(book.sheets_metadata):
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
                return book.get_sheet_by_index(number)
    except CalamineError as error:
        raise FileRefusedError(Reason(zips.DAMAGED)) from error
    raise FileRefusedError(Reason(NO_SHEET))


def _texts(values: Sequence[Any]) -> list[str]:
    cells = [value if type(value) is str else _text(value) for value in values]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _text(value: Any) -> str:
    """Return what a CSV file would have for a cell: 2026-11-30, 0.00000000503, true."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return written_out(repr(value))
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, timedelta):
        return str(value)
    return value.isoformat() if isinstance(value, date) or hasattr(value, "isoformat") else str(value)
