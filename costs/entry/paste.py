"""Cells pasted from a spreadsheet: with a header or without, checked row by row, nothing guessed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.currencies import check_currency
from api.fields import EARLIEST, LATEST
from display import numbers
from money.parsing import parse_amount

Made = TypeVar("Made")
# Accounts write what is below zero in brackets, with the sign behind, or (in Japan) with a triangle.
_NEGATIVE = re.compile(r"\((?P<inside>[^()+-]+)\)|(?P<before>[^()+-]+)-|[△▲](?P<after>[^()+-]+)")
# Full-width signs of a Japanese keyboard, the true minus, the joiner behind it, and the spaces that group digits.
_AS_TYPED = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0xFFE5: "¥", 0x2212: "-", 0x2060: ""}
_AS_TYPED |= dict.fromkeys((0xA0, 0x2009, 0x202F, 0x3000), " ")
_GROUPED = re.compile(r"[+-]?\s*\d{1,3}(?P<mark>[ '’])\d{3}((?P=mark)\d{3})*(\.\d*)?", re.ASCII)
_DAY = re.compile(r"(\d{4})[-/年](\d{1,2})[-/月](\d{1,2})日?", re.ASCII)
MOST_ROWS = 1_000


@dataclass
class PastedRow:
    """A row as it was pasted, and what is wrong with it by column."""

    number: int
    cells: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def read(self, column: str, reader: Callable[[str], Any]) -> Any:
        """Return the value of a cell; what is wrong with it is noted instead."""
        try:
            return reader(self.cells.get(column, ""))
        except ValueError as error:
            self.errors[column] = str(error)
            return None

    @property
    def shown(self) -> list[tuple[str, str]]:
        """The cells in order, each with what is wrong with it."""
        return [(text, self.errors.get(column, "")) for column, text in self.cells.items()]


@dataclass
class Pasted(Generic[Made]):
    """What a paste came to."""

    rows: list[PastedRow]
    made: list[Made]
    problem: str = ""

    @property
    def is_good(self) -> bool:
        """Tell whether everything can be saved."""
        return not self.problem and bool(self.rows) and not any(row.errors for row in self.rows)

    @property
    def wrong_rows(self) -> int:
        """How many rows have something wrong with them."""
        return sum(bool(row.errors) for row in self.rows)


def read(text: str, columns: Mapping[str, str | Promise], check: Callable[[PastedRow], Made | None]) -> Pasted[Made]:
    """Read pasted text. `columns` maps field name → heading; `check` makes something of a row or notes its errors."""
    return checked(rows_of(text, columns), check, _("Nothing was pasted yet."))


def rows_of(text: str, columns: Mapping[str, str | Promise]) -> list[PastedRow]:
    """Return the rows of pasted text, by the names of their columns."""
    records = [cells for cells in records_of(text) if any(cells)]
    names, records = _header(records, columns)
    return [_row(number, cells, names) for number, cells in enumerate(records, start=1)]


def records_of(text: str) -> list[list[str]]:
    """Split what a spreadsheet puts on the clipboard: rows by line, whatever ends one, and cells by tab."""
    return list(csv.reader(io.StringIO(text.replace("\0", "�"), newline=""), delimiter="\t"))


def checked(rows: list[PastedRow], check: Callable[[PastedRow], Made | None], nothing: str) -> Pasted[Made]:
    """Make something of every row or note its errors; `nothing` is said where there are none."""
    if len(rows) > MOST_ROWS:
        return Pasted([], [], _("At most 1,000 rows at once. Import a file instead."))
    made = [each for row in rows if not row.errors and (each := check(row)) is not None]
    return Pasted(rows, made, "" if rows else nothing)


def day(text: str) -> date:
    """Read a day: 2026-03-31, 2026/3/31 or 2026年3月31日.

    Which of 03/04/2026 is the month cannot be known, so it is not guessed.
    """
    return _day(_DAY.fullmatch(_plain(text)), _("Write the date as 2026-03-31."))


def day_or_today(text: str) -> date:
    """Read a day; today where none is given."""
    return day(text) if text else timezone.localdate()


def month(text: str) -> date:
    """Read a month: 2026-03, 2026/3 or 2026年3月, or a day in it; its first day."""
    plain = _plain(text)
    found = _DAY.fullmatch(f"{plain.removesuffix('月')}-1") or _DAY.fullmatch(plain)
    return _day(found, _("Write the month as 2026-03.")).replace(day=1)


def _plain(text: str) -> str:
    return text.translate(_AS_TYPED).strip()


def _day(found: re.Match[str] | None, not_one: str) -> date:
    try:
        day = date(*map(int, found.groups())) if found else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError(not_one)
    if not EARLIEST <= day <= LATEST:
        raise ValueError(_("Dates go from 1950-01-01 to 2100-12-31."))
    return day


def amount(text: str) -> Decimal:
    """Read an exact amount; a decimal comma is refused, not guessed."""
    return parse_amount(text)


def amount_as_shown(text: str, currency: str) -> Decimal:
    """Read an amount as a spreadsheet shows it: "$1,200.00", "(1 200)", "1'200-", "￥１，２００"; "" and "-" are 0.

    A currency sign is taken off where it is that of `currency`; any other is refused with the amount.
    """
    plain = text.translate(_AS_TYPED).strip()
    for sign in sorted({currency, *numbers.symbols(currency)}, key=len, reverse=True):
        plain = plain.replace(sign, "").strip()
    if plain in ("", "-", "–", "—"):
        return Decimal(0)
    if found := _NEGATIVE.fullmatch(plain):
        plain = f"-{found[found.lastgroup or 0].strip()}"
    if _GROUPED.fullmatch(plain):
        plain = re.sub("[ '’]", "", plain)
    return parse_amount(re.sub(r"^([+-])\s+", r"\1", plain))


def currency(text: str) -> str:
    """Read a currency code, in any case."""
    return check_currency(text.strip().upper())


def short(text: str) -> str:
    """Read a line of text."""
    if len(text.strip()) > 200:
        raise ValueError(_("At most 200 characters."))
    return text.strip()


def _header(records: list[list[str]], columns: Mapping[str, str | Promise]) -> tuple[list[str], list[list[str]]]:
    """Take the first row as the header where it names only columns; else cells are in the order of the page."""
    known = {name: name for name in columns} | {str(heading).casefold(): name for name, heading in columns.items()}
    named = [known.get(cell.strip().casefold()) for cell in records[0]] if records else []
    if named and all(named):
        return [str(name) for name in named], records[1:]
    return list(columns), records


def _row(number: int, cells: Sequence[str], names: Sequence[str]) -> PastedRow:
    texts = [cell.strip() for cell in cells]
    while len(texts) > len(names) and not texts[-1]:
        texts.pop()
    row = PastedRow(number, dict(zip(names, [*texts, *[""] * (len(names) - len(texts))], strict=False)))
    if len(texts) > len(names):
        row.errors[names[-1]] = _("The row has {found} cells, there are {known} columns.").format(
            found=len(texts), known=len(names)
        )
    return row
