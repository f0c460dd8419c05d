"""What leaves for a spreadsheet: nothing in it is run as a formula, wherever it came from."""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import IO, Any

import xlsxwriter

from display.numbers import decimals, smallest_unit

# What a cell of a spreadsheet can hold.
LONGEST_CELL = 32_767
# What a sheet can hold. A row or column past the last would be dropped without a word.
MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
NARROWEST, WIDEST = 9, 56  # characters of a column
MEASURED_ROWS = 1_000
DATE = "yyyy-mm-dd"
# Before a CSV file in UTF-8: without it Excel reads the file in the code page of its machine.
MARK = "\ufeff"
# Said of every file: what a machine guesses from its name differs from one to the next.
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# Where a formula would begin, with the apostrophes that stand before it: a cell does, and what is behind ";", a tab or
# the end of a line, for that is a cell where Excel's own separator is ";" as in Germany. Full-width signs are some as
# well, where the keyboard is Japanese; a negative number is none.
# Each group is the sign; without one there is no formula (looked for behind the match, which keeps it linear).
_FORMULA = re.compile(
    r"""\A'*(?=([\t\r\n=+@＝＋－＠]|-(?![\d.,]+\Z)))"""
    r"""|[;\t\r\n][;\s"]*'*(?=([-=+@＝＋－＠])?)""",
    re.ASCII,
)
APOSTROPHE = "'"


def neutral(text: str) -> str:
    """Return a text in which no spreadsheet finds a formula; a negative number stays one."""
    return before_formulas(text, lambda before: f"{before.removesuffix(APOSTROPHE)}{APOSTROPHE}")


def before_formulas(text: str, change: Callable[[str], str]) -> str:
    """Return a text with what stands before each formula, apostrophes last, changed."""
    return _FORMULA.sub(lambda at: change(at[0]) if at.lastindex else at[0], text)


class Echo:
    """A file that gives back what is written, so that `csv` can be streamed."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def csv_lines(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield a CSV file line by line; the mark at its beginning lets spreadsheets read it as UTF-8."""
    writer = csv.writer(Echo())
    yield MARK + writer.writerow(header)
    for row in rows:
        yield writer.writerow([_csv_cell(value) for value in row])


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return neutral(value) if isinstance(value, str) else str(value)


class Table:
    """An XLSX file of one table: a bold head that stays and filters, dates as dates, columns as wide as they need.

    Rows go to disk one by one, so that size costs no memory. Texts are written as texts: never a formula or a link.
    Rows that do not fit on one sheet go on on the next, under the same head; columns that do not fit are refused.
    """

    def __init__(
        self, title: str, header: Sequence[str], *, formats: Mapping[str, str] | None = None, frozen: int = 1
    ) -> None:
        if len(header) > MOST_COLUMNS:
            raise ValueError(f"a sheet does not hold {len(header)} columns")
        self._file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - whoever gets it closes it
        self._book = xlsxwriter.Workbook(self._file, {"constant_memory": True, "default_date_format": DATE})
        self._title, self._header, self._frozen = title, header, frozen
        self._formats = [self._format((formats or {}).get(name, "")) for name in header]
        self._strong = [self._format((formats or {}).get(name, ""), bold=True) for name in header]
        self._widths = [NARROWEST] * len(header)
        self._sheets = self._sums = 0
        self._begin_sheet()

    def add(self, values: Iterable[Any], *, is_bold: bool = False) -> None:
        """Write the next row."""
        if self._rows == MOST_ROWS:
            self._end_sheet()
            self._begin_sheet()
        formats = self._strong if is_bold else self._formats
        for column, value in enumerate(values):
            self._write(column, value, formats[column])
            if self._rows < MEASURED_ROWS:
                self._widths[column] = max(self._widths[column], _width(value))
        self._rows += 1

    def add_sums(self, values: Iterable[Any]) -> None:
        """Write the row of totals, which no filter hides or sorts away."""
        self.add(values, is_bold=True)
        self._sums += 1

    def finish(self) -> IO[bytes]:
        """Return the file, rewound."""
        self._end_sheet()
        self._book.close()
        self._file.seek(0)
        return self._file

    def _begin_sheet(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(self._title if self._sheets == 1 else f"{self._title} {self._sheets}")
        self._sheet.freeze_panes(1, self._frozen)
        self._rows = 0
        self.add(self._header, is_bold=True)

    def _end_sheet(self) -> None:
        for column, width in enumerate(self._widths):
            self._sheet.set_column(column, column, min(width + 2, WIDEST))
        self._sheet.autofilter(0, 0, max(self._rows - self._sums - 1, 1), len(self._widths) - 1)

    def _format(self, number_format: str, *, bold: bool = False) -> Any:
        return self._book.add_format({"bold": bold} | ({"num_format": number_format} if number_format else {}))

    def _write(self, column: int, value: Any, cell_format: Any) -> None:
        if isinstance(value, bool):
            self._sheet.write_boolean(self._rows, column, value)
        elif isinstance(value, date):
            self._sheet.write_datetime(self._rows, column, value)
        elif isinstance(value, int | float | Decimal):
            self._sheet.write_number(self._rows, column, float(value), cell_format)
        elif value:
            self._sheet.write_string(self._rows, column, str(value)[:LONGEST_CELL], cell_format)


def amount_format(currency: str) -> str:
    """Return how a spreadsheet shows summed amounts of a currency: yen without decimals, dinars with three."""
    places = decimals([smallest_unit(currency)])
    return f"#,##0.{'0' * places}" if places else "#,##0"


def _width(value: Any) -> int:
    """Return about how many characters wide a cell is; Japanese ones count twice."""
    if isinstance(value, date):
        return len(DATE)
    if isinstance(value, float | Decimal):
        return len(f"{value:,.2f}")
    text = "" if value is None else str(value)[:WIDEST]
    return len(text) if text.isascii() else sum(1 if sign.isascii() else 2 for sign in text)
