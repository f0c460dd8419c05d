"""Rejected rows on their way to a person and back: errors.csv that is mended and sent again is read as its own file.

In front of the file's own columns stand three of ours, told by their place: what else a file calls "line" stays its
own. No spreadsheet may find a formula in a cell, so an apostrophe is put before what looks like one, and before what
looks like one behind apostrophes of its own; on the way back exactly that one is taken off.
"""

from __future__ import annotations

from collections.abc import Sequence

from display.spreadsheets import APOSTROPHE, before_formulas

HEADINGS = ("line", "column", "reason")


def is_errors(header: Sequence[str]) -> bool:
    """Tell whether this is the header of an errors.csv with rows to be taken."""
    return len(header) > len(HEADINGS) and tuple(header[: len(HEADINGS)]) == HEADINGS


def own(cells: Sequence[str]) -> list[str]:
    """Return of a row of errors.csv what its file had."""
    return [restored(cell) for cell in cells[len(HEADINGS) :]]


def harmless(text: str) -> str:
    """Return a cell in which no spreadsheet finds a formula."""
    return before_formulas(text, lambda before: f"{before}{APOSTROPHE}")


def restored(text: str) -> str:
    """Return the cell of which `harmless` made this one."""
    return before_formulas(text, lambda before: before.removesuffix(APOSTROPHE))
