"""The whole table as CSV and XLSX: every row and column by itself, every digit in the CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from typing import IO

from api.decimals import shortest
from costs.explorer.pivot import Pivot
from display.spreadsheets import MARK, Echo, Table, amount_format, neutral

Cells = list[str | Decimal | None]


def as_csv(found: Pivot) -> Iterator[str]:
    """Yield the file row by row; the mark at the beginning lets spreadsheets read it as UTF-8."""
    writer, mark = csv.writer(Echo()), MARK
    for row in _rows(found):
        yield mark + writer.writerow([neutral(cell) if isinstance(cell, str) else _plain(cell) for cell in row])
        mark = ""


def as_xlsx(found: Pivot, currency: str) -> IO[bytes]:
    """Return the file, rewound; the sheet says in which currency it is."""
    head, *body, sums = _rows(found)
    amounts = dict.fromkeys(map(str, head[1:]), amount_format(currency))
    table = Table(f"Cost {currency}", [str(name) for name in head], formats=amounts)
    for row in body:
        table.add(row)
    table.add_sums(sums)
    return table.finish()


def _rows(found: Pivot) -> Iterator[Cells]:
    """Yield head, rows and totals; time as 2026-03, 2026-Q1 or 2026, whatever the language."""
    times = found.question.row_dimension.is_time, found.question.column_dimension.is_time
    columns = found.columns if found.has_columns else []
    heads = [each.name if times[1] else each.label for each in columns]
    yield [found.question.rows, *heads, "total"]
    for row in found.rows:
        cells = row.cells if found.has_columns else []
        yield [row.heading.name if times[0] else row.heading.label, *cells, row.total]
    yield ["total", *(found.totals if found.has_columns else []), found.total]


def _plain(cell: Decimal | None) -> str:
    return "" if cell is None else shortest(cell)
