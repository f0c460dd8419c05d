"""Reads a visible sheet of an Excel file for `xlsx.py`: one text may stand in any number of its cells.

    python -m imports.xlsx_child FILE SHEET

reads the sheet of that name, else the first. It writes which that is (its height is null where there is none) and the
names of all that can be seen, then the rows that are not blank, by their number, up to their last
cell with anything in it; {} is the end.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from imports import child

MOST_CELLS, MOST_CHARACTERS = 20_000, 1_000_000  # of a piece
AS_IT_IS = {str, float, int}


def pieces(name: str, wanted: str = "") -> Iterator[bytes]:
    """Yield the whole sheet."""
    with Path(name).open("rb") as file:
        names, sheet = _sheet(file, wanted)
    read = {"sheets": names, "name": sheet.name if sheet else "", "height": sheet.total_height if sheet else None}
    for part in chain([read], _rows(sheet), [{}]) if sheet else [read]:
        yield json.dumps(part, ensure_ascii=False).encode()


def _sheet(file: BinaryIO, wanted: str) -> tuple[list[str], CalamineSheet | None]:
    """Return the names of the sheets that can be seen, and the one that is wanted, else the first."""
    book = CalamineWorkbook.from_filelike(file)
    visible = {
        number: sheet.name
        for number, sheet in enumerate(book.sheets_metadata)
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    }
    found = [number for number, name in visible.items() if name == wanted] or list(visible)
    return list(visible.values()), book.get_sheet_by_index(found[0]) if found else None


def _rows(sheet: CalamineSheet) -> Iterator[dict[int, list[Any]]]:
    rows, cells, characters = {}, 0, 0
    for number, row in enumerate(sheet.iter_rows(), start=1):
        while row and row[-1] == "":
            row.pop()
        if row:
            rows[number] = [cell if type(cell) in AS_IT_IS else _text(cell) for cell in row]
            cells += len(row)
            characters += sum(len(cell) for cell in row if type(cell) is str)
        if cells > MOST_CELLS or characters > MOST_CHARACTERS:
            yield rows
            rows, cells, characters = {}, 0, 0
    if rows:
        yield rows


def _text(value: Any) -> str:
    """Return what a CSV file would have for a cell: 2026-11-30, 2026-11-30 01:02:03, true."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return str(value) if isinstance(value, timedelta) else value.isoformat()


if __name__ == "__main__":
    child.write(pieces(*sys.argv[1:]))
