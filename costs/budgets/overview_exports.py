"""Budget against actual as CSV and XLSX: every row, under the field names of the API, then what they come to."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import IO

from api.decimals import shortest
from costs.budgets.overview import Overview, Row
from costs.budgets.overview_question import Asked
from costs.budgets.overview_words import named
from display.spreadsheets import Table, amount_format, csv_lines

AMOUNTS = ("budget", "budget_phased", "gross_cost", "budget_variance", "eac")
HEADER = ("budget", "budget_phased", "gross_cost", "budget_variance", "budget_variance_share", "eac", "currency")

Cells = list[str | Decimal | None]


def as_csv(found: Overview, asked: Asked, currency: str) -> Iterator[str]:
    """Yield the file line by line, every digit in it."""
    rows = (row for part in (_rows(found, asked, currency), _sums(found, asked, currency)) for row in part)
    texts = ([shortest(cell) if isinstance(cell, Decimal) else cell for cell in row] for row in rows)
    return csv_lines(_header(asked), texts)


def as_xlsx(found: Overview, asked: Asked, currency: str) -> IO[bytes]:
    """Return the file, rewound."""
    formats = dict.fromkeys(AMOUNTS, amount_format(currency)) | {"budget_variance_share": "0.0%"}
    table = Table("Budgets", _header(asked), formats=formats)
    for row in _rows(found, asked, currency):
        table.add(row)
    for row in _sums(found, asked, currency):
        table.add_sums(row)
    return table.finish()


def _header(asked: Asked) -> list[str]:
    return [asked.dimension.name, "name", *HEADER]


def _rows(found: Overview, asked: Asked, currency: str) -> Iterator[Cells]:
    names = named([row.key for row in found.rows], asked)
    for row in found.rows:
        heading = names[row.key]
        yield [heading.name, heading.label, *_cells(row, asked.is_all_time), currency]


def _sums(found: Overview, asked: Asked, currency: str) -> Iterator[Cells]:
    """Yield what has a budget, unless the rows have none; what has none; and what belongs to no initiative."""
    if not asked.without:
        yield ["total", "", *_cells(found.total, asked.is_all_time), currency]
    for name, apart in (("without a budget", found.without), ("unallocated", found.unallocated)):
        yield [name, "", None, None, apart.gross, None, None, None, currency]


def _cells(row: Row, is_all_time: bool) -> Cells:
    return [row.whole, row.due, row.gross, row.variance, row.share, row.estimate if is_all_time else None]
