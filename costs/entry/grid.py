"""The grid that many cost lines are typed or pasted into: checked as a whole, shown again with what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import User
from costs.entry import paste, pasted
from costs.entry.paste import PastedRow
from costs.entry.pasted import COST_COLUMNS
from costs.new_line import NewLine
from display import currency as base_currency

FIRST_ROWS, MORE_ROWS = 8, 10
_NAME = re.compile(rf"row-(\d{{1,6}})-({'|'.join(COST_COLUMNS)})", re.ASCII)


@dataclass(frozen=True)
class Cell:
    """A field of the grid: its name in the form, what it is, what is typed, what is wrong with it."""

    name: str
    column: str
    label: str | Promise
    text: str
    error: str

    @property
    def heading(self) -> str | Promise:
        """What its column is called."""
        return COST_COLUMNS[self.column]

    @property
    def example(self) -> str:
        """What may stand in it; a space where that goes without saying."""
        given = {"initiative": "AI-0001", "incurred_on": "2026-03-31", "category": "cloud", "amount": "1234.56"}
        return (given | {"currency": base_currency.active()}).get(self.column, " ")


@dataclass(frozen=True)
class Row:
    """A row of the grid; its number is what people see, from 1 on."""

    number: int
    cells: list[Cell]

    @property
    def wrong(self) -> list[Cell]:
        """The cells that have something wrong."""
        return [cell for cell in self.cells if cell.error]


class CostGrid:
    """Rows of cells, some of them blank; a blank row says nothing."""

    columns = COST_COLUMNS

    def __init__(self, data: Mapping[str, str] | None = None) -> None:
        self._typed: dict[int, dict[str, str]] = {}
        for name, text in (data or {}).items():
            if found := _NAME.fullmatch(name):
                self._typed.setdefault(int(found[1]), dict.fromkeys(COST_COLUMNS, ""))[found[2]] = text
        self._length = max([FIRST_ROWS, *(number + 1 for number in self._typed if number < paste.MOST_ROWS)])
        self._errors: dict[int, dict[str, str]] = {}
        self.problem = ""

    @property
    def count(self) -> int:
        """How many rows say something."""
        return len(list(self._said()))

    @property
    def is_wrong(self) -> bool:
        """Tell whether something has to be corrected."""
        return bool(self.problem or self._errors)

    @property
    def rows(self) -> Iterator[Row]:
        """The rows in their order, blank ones too."""
        blank = dict.fromkeys(COST_COLUMNS, "")
        for number in sorted({*range(self._length), *self._typed}):
            texts, errors = self._typed.get(number, blank), self._errors.get(number, {})
            yield Row(number + 1, [self._cell(number, name, texts[name], errors.get(name, "")) for name in texts])

    def grow(self) -> None:
        """Add blank rows."""
        self._length = min(self._length + MORE_ROWS, paste.MOST_ROWS)

    def put(self, rows: Iterable[PastedRow]) -> None:
        """Put pasted rows below what is typed."""
        start = max((number + 1 for number, _row in self._said()), default=0)
        for number, row in enumerate(rows, start=start):
            self._typed[number] = dict.fromkeys(COST_COLUMNS, "") | row.cells

    def check(self, user: User) -> list[NewLine]:
        """Return the cost lines that the rows are; what is wrong is noted at its cell, and then there are none."""
        said = dict(self._said())
        read = pasted.costs([PastedRow(number, cells) for number, cells in said.items()], user)
        self.problem = read.problem
        self._errors = {row.number: row.errors for row in read.rows if row.errors}
        return [] if self.is_wrong else read.made

    def _said(self) -> Iterator[tuple[int, dict[str, str]]]:
        for number, cells in sorted(self._typed.items()):
            texts = {name: text.replace("\0", "�").strip() for name, text in cells.items()}
            if any(texts.values()):
                yield number, texts

    @staticmethod
    def _cell(number: int, column: str, text: str, error: str) -> Cell:
        label = _("{column}, row {number}").format(column=COST_COLUMNS[column], number=number + 1)
        return Cell(f"row-{number}-{column}", column, label, text, error)
