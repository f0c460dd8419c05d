"""Rejected rows on their way to a person and back: errors.csv that is mended and sent again is read as its own file.

In front of the file's own columns stand three of ours, told by their place: what else a file calls "line" stays its
own. No spreadsheet may take a cell for a formula, so an apostrophe is put before what looks like one, and before what
looks like one behind apostrophes of its own; on the way back exactly that one is taken off.
"""

from __future__ import annotations

from collections.abc import Sequence

from display.spreadsheets import neutral

HEADINGS = ("line", "column", "reason")
_APOSTROPHE = "'"


def is_errors(header: Sequence[str]) -> bool:
    """Tell whether this is the header of an errors.csv with rows to be taken."""
    return len(header) > len(HEADINGS) and tuple(header[: len(HEADINGS)]) == HEADINGS


def own(cells: Sequence[str]) -> list[str]:
    """Return of a row of errors.csv what its file had."""
    return [restored(cell) for cell in cells[len(HEADINGS) :]]


def harmless(text: str) -> str:
    """Return a cell as no spreadsheet takes it for a formula."""
    return f"{_APOSTROPHE}{text}" if _looks_like_formula(text) else text


def restored(text: str) -> str:
    """Return the cell of which `harmless` made this one."""
    return text[1:] if text.startswith(_APOSTROPHE) and _looks_like_formula(text) else text


def _looks_like_formula(text: str) -> bool:
    bare = text.lstrip(_APOSTROPHE)
    return neutral(bare) != bare
