"""Amounts of providers' bills with more digits than are kept: rounded, for no cost goes for digits past the 18th.

rounding = Rounding()
amount = rounding.amount(text)   # of one row; most are exact
rounding.keep(line)              # once all else of that row can be taken
rounding.tell(report)
"""

from __future__ import annotations

from django.utils.translation import gettext_noop

from api.decimals import NumberError
from costs.importers import cells
from imports import deliveries
from imports.cells import CellError
from imports.pipeline import Reason, Report
from imports.report import Tally
from money.parsing import parse_rounded

ROUNDED = gettext_noop(
    "Amounts with more than 18 digits after the decimal point were rounded to 18. As the file has them, by its lines: "
    "{values}"
)
QUOTED = 5


class Rounding:
    """Reads amounts, and takes down which rows had theirs rounded."""

    def __init__(self) -> None:
        self._tally = Tally(is_rejection=False)
        self._quoted: list[tuple[int, str]] = []  # line and text
        self._text = ""  # of the last amount, where that was rounded

    def amount(self, text: str, column: str = "amount") -> str:
        """Return an amount as `cells.amount` does; what that refuses for its digits alone is rounded to 18 of them."""
        self._text = ""
        try:
            return cells.amount(text, column)
        except CellError:
            try:
                rounded = parse_rounded(text)
            except NumberError:
                rounded = None
            if rounded is None:
                raise
            self._text = text
            return cells.amount(f"{rounded:f}", column)

    def keep(self, line: int) -> None:
        """Take down that the row of the last amount is taken."""
        if self._text:
            self._tally.add(line)
            if len(self._quoted) < QUOTED:
                self._quoted.append((line, self._text))

    def tell(self, report: Report) -> None:
        """Tell the report how many rows had their amount rounded, which, and what the first of them said."""
        if self._tally.count:
            quoted = [f"{deliveries.said(report.parts, line)}: {text}" for line, text in self._quoted]
            more = ["…"] if self._tally.count > QUOTED else []
            reason = Reason(ROUNDED, values="; ".join(quoted + more))
            report.note_rows(reason, self._tally.count, self._tally.lines, leads_to_lines=True)
