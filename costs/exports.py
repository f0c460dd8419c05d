"""The ledger as CSV and XLSX: the rows of the page, under the field names of the API."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from datetime import date
from typing import IO, Any

import xlsxwriter

from costs.lines import told
from costs.models import CostLine
from costs.querysets import CostLineQuerySet
from display.spreadsheets import Echo, neutral

NUMBERS = ("amount", "base_amount", "rate")
HEADER = (
    "initiative", "incurred_on", "category", "amount", "currency", "base_amount", "rate", "capex", "recurring",
    "recoverable", "billed_on", "invoice_ref", "vendor", "description", "external_id", "source", "tags",
)  # fmt: skip
CHUNK = 2_000
LONGEST_CELL = 32_767


def as_csv(lines: CostLineQuerySet) -> Iterator[str]:
    """Yield the file line by line; the mark at the beginning lets spreadsheets read it as UTF-8."""
    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow(HEADER)
    for line in lines.iterator(chunk_size=CHUNK):
        yield writer.writerow([_csv_cell(name, value) for name, value in _values(line).items()])


def as_xlsx(lines: CostLineQuerySet) -> IO[bytes]:
    """Return the file, rewound. Texts are written as texts: never a formula, whatever they begin with."""
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - the response closes it
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Costs")
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, HEADER)
    for number, line in enumerate(lines.iterator(chunk_size=CHUNK), start=1):
        for column, (name, value) in enumerate(_values(line).items()):
            _write(sheet, number, column, name, value)
    book.close()
    file.seek(0)
    return file


def _values(line: CostLine) -> dict[str, Any]:
    values = told(line) | {"base_amount": line.base_amount, "rate": line.rate, "amount": line.amount}
    values["tags"] = ", ".join(f"{name}={value}" for name, value in line.group.tags.items())
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
