"""The list as CSV and XLSX: the same rows as on the page, with the field names of the API as header.

A cell that a spreadsheet would take for a formula is made plain text.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date
from typing import IO, Any

import xlsxwriter

from display.spreadsheets import Echo, neutral
from projects.models import Initiative
from projects.querysets import InitiativeQuerySet

HEADER = (
    "key", "title", "stage", "on_hold", "business_unit", "owner_email", "sponsor_email", "hosting", "risk_tier",
    "tags", "planned_prototype_on", "planned_pilot_on", "planned_production_on", "problem", "desired_outcome",
    "why_ai", "alternative_considered", "external_ref", "confidential",
)  # fmt: skip
# What a cell of a spreadsheet can hold.
LONGEST_CELL = 32_767
CHUNK = 500


def rows(found: InitiativeQuerySet) -> Iterator[list[Any]]:
    """Yield one row of values per initiative, fetched in portions."""
    wanted = found.select_related("business_unit", "owner", "sponsor").prefetch_related("tags")
    for each in wanted.iterator(chunk_size=CHUNK):
        yield [_value(each, name) for name in HEADER]


def as_csv(found: InitiativeQuerySet) -> Iterator[str]:
    """Yield the file line by line; the mark at the beginning lets spreadsheets read it as UTF-8."""
    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow(HEADER)
    for row in rows(found):
        yield writer.writerow([_csv_cell(value) for value in row])


def as_xlsx(found: InitiativeQuerySet) -> IO[bytes]:
    """Return the file, rewound. Rows go to disk one by one, so that size costs no memory."""
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - the response closes it
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Initiatives")
    sheet.freeze_panes(1, 2)
    _write_row(sheet, 0, HEADER)
    for number, row in enumerate(rows(found), start=1):
        _write_row(sheet, number, row)
    book.close()
    file.seek(0)
    return file


def _write_row(sheet: Any, number: int, values: Iterable[Any]) -> None:
    for column, value in enumerate(values):
        if isinstance(value, date):
            sheet.write_datetime(number, column, value)
        elif isinstance(value, bool):
            sheet.write_boolean(number, column, value)
        elif value is not None:
            # Written as a string, so it is never a formula or a link, whatever it begins with.
            sheet.write_string(number, column, str(value)[:LONGEST_CELL])


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return neutral(value) if isinstance(value, str) else str(value)


def _value(each: Initiative, name: str) -> Any:
    if name == "stage":
        return str(each.stage_then)
    if name == "tags":
        return ", ".join(tag.name for tag in each.tags.all())
    if name == "business_unit":
        return each.business_unit.path if each.business_unit else None
    if name.endswith("_email"):
        person = getattr(each, name.removesuffix("_email"))
        return person.email if person else None
    return getattr(each, name)
