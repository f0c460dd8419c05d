"""A table out of a spreadsheet, read into the cells of a budget's grid: months down or across, named or not.

Cells are taken as the spreadsheet shows them; whether they are amounts is said at the cell of the grid. What could
mean two things is refused: 03/04/2026 names no month.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import zip_longest

from django import forms
from django.utils.translation import gettext as _

from costs.budgets.grid import BudgetGrid, Key
from costs.entry import paste

Records = list[list[str]]
_ENGLISH = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_NUMBERS = {short: number for number, name in enumerate(_ENGLISH, start=1) for short in (name, name[:3])} | {"sept": 9}
_IN_WORDS = re.compile(r"(?P<name>[a-z]{3,9})\.?(?:[ '’-]+(?P<year>\d{4}|\d{2}))?", re.ASCII)
_IN_JAPANESE = re.compile(r"(?:(?P<year>\d{4})年)?(?P<month>\d{1,2})月", re.ASCII)
_WIDE = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF1A)}


def cells(grid: BudgetGrid, text: str) -> dict[Key, str]:
    """Return the text for each cell that the table names; ValidationError where it cannot be told which they are."""
    records = _trimmed([[cell.strip() for cell in row] for row in paste.records_of(text)])
    if records and _months_across(grid, records[0]):
        records = [list(column) for column in zip_longest(*records, fillvalue="")]
    columns, records = _columns(grid, _without_totals(records))
    months = [_month(grid, row[0]) for row in records]
    if any(months) and not all(months):
        raise forms.ValidationError(_("Some rows begin with a month (2026-03) and some do not."))
    shown = [month for month in months if month] or grid.months[: len(records)]
    if set(shown) - set(grid.months) or len(shown) < len(records):
        raise forms.ValidationError(_("The table holds months that are not in the year shown."))
    if len(set(shown)) < len(shown):
        raise forms.ValidationError(_("The table names a month twice."))
    found: dict[Key, str] = {}
    for month, row in zip(shown, records, strict=True):
        texts = row[1:] if any(months) else row
        if any(texts[len(columns) :]):
            raise forms.ValidationError(_("The table has more columns than there are categories."))
        found |= {(month, name): each for name, each in zip(columns, texts, strict=False)}
    return found


def _trimmed(records: Records) -> Records:
    """Leave out empty rows, and the empty columns that a selection in a spreadsheet has at its right."""
    rows = [row for row in records if any(row)]
    width = max((place for row in rows for place, cell in enumerate(row, start=1) if cell), default=0)
    return [row[:width] for row in rows]


def _months_across(grid: BudgetGrid, head: Sequence[str]) -> bool:
    """Tell whether the first row names months, whatever stands above the names of the categories."""
    named = [cell for cell in head[1:] if cell and not _is_total(cell)]
    return bool(named) and all(_month(grid, cell) for cell in named) and not _month(grid, head[0])


def _without_totals(records: Records) -> Records:
    """Leave out a last row and a last column that are called a total; the grid adds up by itself."""
    if len(records) > 1 and _is_total(records[-1][0]):
        records = records[:-1]
    if records and len(records[0]) > 1 and _is_total(records[0][-1]):
        width = len(records[0]) - 1
        records = [row[:width] for row in records]
    return records


def _is_total(cell: str) -> bool:
    return cell.casefold() in {"total", "totals", "sum", "in all", "合計", "計", "総計", _("In all").casefold()}


def _columns(grid: BudgetGrid, records: Records) -> tuple[Sequence[str], Records]:
    """Take the first row as categories where it holds no number and no month."""
    known = {name.casefold(): name for name in grid.columns if name}
    known |= {grid.label(name).casefold(): name for name in grid.columns}
    head = records[0] if records else []
    if not head or _month(grid, head[0]) or any(any(sign.isdigit() for sign in cell) for cell in head):
        return grid.columns, records
    body = records[1:]
    if body and _month(grid, body[0][0]):
        head = head[1:]
    unknown = [cell for cell in head if cell.casefold() not in known]
    if unknown:
        raise forms.ValidationError(_("There is no category “{name}”.").format(name=unknown[0] or " "))
    names = [known[cell.casefold()] for cell in head]
    if len(set(names)) < len(names):
        raise forms.ValidationError(_("The table names a category twice."))
    return names, body


def _month(grid: BudgetGrid, text: str) -> date | None:
    """Return the month that a cell names; an amount never reads as one. Without a year it is the one of the grid."""
    plain = text.strip().translate(_WIDE).lower()
    if any(sign in plain[1:] for sign in "-/") and plain[:1].isdigit():
        try:
            return paste.month(plain)
        except ValueError:
            return None
    if found := _IN_JAPANESE.fullmatch(plain):
        return _of(grid, int(found["month"]), found["year"])
    if (found := _IN_WORDS.fullmatch(plain)) and found["name"] in _NUMBERS:
        return _of(grid, _NUMBERS[found["name"]], found["year"])
    return None


def _of(grid: BudgetGrid, month: int, year: str | None) -> date | None:
    if year is None:
        return next((each for each in grid.months if each.month == month), None)
    return date(int(year) + (2000 if len(year) == 2 else 0), month, 1) if 1 <= month <= 12 and int(year) else None
