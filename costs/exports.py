"""The ledger as CSV and XLSX: the rows of the page, under the field names of the API.

`share`: how much of the amount belongs to what was asked for; 1 where nothing in particular was.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date
from typing import IO, Any

import xlsxwriter

from api.decimals import plain
from costs.lines import told
from costs.models import CostLine
from display.spreadsheets import Echo, neutral

NUMBERS = ("amount", "base_amount", "rate", "share")
HEADER = (
    "initiative", "incurred_on", "category", "amount", "currency", "base_amount", "rate", "capex", "recurring",
    "recoverable", "billed_on", "invoice_ref", "vendor", "description", "external_id", "source", "tags",
    "allocations", "share",
)  # fmt: skip
LONGEST_CELL = 32_767


def as_csv(lines: Iterable[CostLine]) -> Iterator[str]:
    """Yield the file line by line; the mark at the beginning lets spreadsheets read it as UTF-8."""
    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow(HEADER)
    for line in lines:
        yield writer.writerow([_csv_cell(name, value) for name, value in _values(line).items()])


def as_xlsx(lines: Iterable[CostLine]) -> IO[bytes]:
    """Return the file, rewound. Texts are written as texts: never a formula, whatever they begin with."""
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - the response closes it
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Costs")
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, HEADER)
    for number, line in enumerate(lines, start=1):
        for column, (name, value) in enumerate(_values(line).items()):
            _write(sheet, number, column, name, value)
    book.close()
    file.seek(0)
    return file


def _values(line: CostLine) -> dict[str, Any]:
    values = told(line) | {"base_amount": line.base_amount, "rate": line.rate, "amount": line.amount}
    values["tags"] = ", ".join(f"{name}={value}" for name, value in line.group.tags.items())
    placed = [(place.initiative.key, plain(place.share)) for place in line.places if place.initiative]
    values["initiative"] = line.only_place.key if line.only_place else None
    values["allocations"] = ", ".join(f"{key}={share}" for key, share in placed)
    values["share"] = line.share
    return {name: values[name] for name in HEADER}


def _csv_cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if name in NUMBERS:
        return f"{value:f}"
    return neutral(value) if isinstance(value, str) else str(value)


def _write(sheet: Any, row: int, column: int, name: str, value: Any) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value)
    elif name in NUMBERS and value is not None:
        sheet.write_number(row, column, float(value))
    elif value is not None:
        sheet.write_string(row, column, str(value)[:LONGEST_CELL])
