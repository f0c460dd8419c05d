"""The whole table as CSV and XLSX: every row and column by itself, every digit in the CSV."""

from __future__ import annotations

import csv
import io
import tempfile
from decimal import Decimal
from typing import IO, Any

import xlsxwriter

from costs.explorer.pivot import Pivot
from costs.exports import LONGEST_CELL
from display.spreadsheets import neutral

Cells = list[str | Decimal | None]


def as_csv(found: Pivot) -> str:
    """Return the file; the mark at the beginning lets spreadsheets read it as UTF-8."""
    file = io.StringIO()
    writer = csv.writer(file)
    for row in _rows(found):
        writer.writerow([neutral(cell) if isinstance(cell, str) else _plain(cell) for cell in row])
    return "\ufeff" + file.getvalue()


def as_xlsx(found: Pivot) -> IO[bytes]:
    """Return the file, rewound. Texts are written as texts: never a formula, whatever they begin with."""
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - the response closes it
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    sheet = book.add_worksheet("Cost")
    sheet.freeze_panes(1, 1)
    amount = book.add_format({"num_format": "#,##0.00"})
    for number, row in enumerate(_rows(found)):
        for column, cell in enumerate(row):
            _write(sheet, number, column, cell, amount)
    book.close()
    file.seek(0)
    return file


def _rows(found: Pivot) -> list[Cells]:
    """Return head, rows and totals; time as 2026-03, 2026-Q1 or 2026, whatever the language."""
    times = found.question.row_dimension.is_time, found.question.column_dimension.is_time
    columns = found.columns if found.has_columns else []
    heads = [each.name if times[1] else each.label for each in columns]
    rows: list[Cells] = [[found.question.rows, *heads, "total"]]
    for row in found.rows:
        cells = row.cells if found.has_columns else []
        rows.append([row.heading.name if times[0] else row.heading.label, *cells, row.total])
    rows.append(["total", *(found.totals if found.has_columns else []), found.total])
    return rows


def _plain(cell: Decimal | None) -> str:
    return "" if cell is None else f"{cell:f}"


def _write(sheet: Any, number: int, column: int, cell: str | Decimal | None, amount: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(number, column, cell[:LONGEST_CELL])
    elif cell is not None:
        sheet.write_number(number, column, float(cell), amount)
