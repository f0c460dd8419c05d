"""A block of CSV at once: read into columns, but only where every reader there is would read it alike.

Quotation marks, line breaks in cells, ragged rows: readers differ in what they make of what is not quite CSV. So a
block is looked over first, by where its quotes, separators and line breaks stand. Only when it is regular beyond doubt
is it read as a whole; anything else is left to the reader that goes row by row (imports/reading.py), the only one that
says what is wrong.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

import numpy as np
import polars as pl

NEWLINE, QUOTE, CR = 0x0A, 0x22, 0x0D
LINE = "line"

Positions = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True)
class Marks:
    """Where the quotes, and the separators and line breaks outside of quotes, stand in a block."""

    quotes: Positions
    separators: Positions
    ends: Positions
    newlines: Positions

    @classmethod
    def of(cls, block: bytes, separator: int) -> Marks:
        """Find them. Quotes open and close in turn: what has an odd number of them in front of it is inside."""
        at = np.frombuffer(block, np.uint8)
        quotes, newlines = np.flatnonzero(at == QUOTE), np.flatnonzero(at == NEWLINE)
        separators, ends = np.flatnonzero(at == separator), newlines
        if quotes.size:
            separators, ends = (each[quotes.searchsorted(each) % 2 == 0] for each in (separators, newlines))
        return cls(quotes, separators, ends, newlines)


def end_of_records(block: bytes) -> int:
    """Return where the last record that is whole ends, if quotes are where they should be; 0: nowhere in it."""
    if b'"' not in block:
        return block.rfind(b"\n") + 1
    ends = Marks.of(block, NEWLINE).ends
    return int(ends[-1]) + 1 if ends.size else 0


def read(block: bytes, separator: str, width: int, first_line: int, largest_cell: int) -> pl.DataFrame | None:
    """Return the records of a block: a column of texts per cell, named by its position, and the line each begins on.

    None when the block is not regular. It has to begin and end where a record does.
    """
    if not block.endswith(b"\n"):
        block += b"\n"
    if b"\0" in block or block.count(b"\r") != block.count(b"\r\n"):
        return None
    if block.startswith(codecs.BOM_UTF8):
        return None  # a text like any other, which polars would take off
    marks = Marks.of(block, ord(separator))
    if not _quotes_are_regular(block, marks, ord(separator)) or not _rows_are_even(block, marks, width, largest_cell):
        return None
    frame = _parse(block, separator, width, marks)
    if frame is None or frame.height != marks.ends.size:
        return None
    starts = np.concatenate(([0], marks.ends[:-1] + 1))
    lines = first_line + marks.newlines.searchsorted(starts)
    return frame.with_columns(pl.Series(LINE, lines, pl.Int64))


def _quotes_are_regular(block: bytes, marks: Marks, separator: int) -> bool:
    """Hold that quotes stand around whole cells, and doubled inside of them."""
    if not marks.quotes.size:
        return True
    if marks.quotes.size % 2:
        return False
    at = np.frombuffer(block, np.uint8)
    opening, closing = marks.quotes[0::2], marks.quotes[1::2]
    before, after = at[opening - 1], at[closing + 1]  # the block ends with a line break, so there is an after
    opens = (opening == 0) | (before == separator) | (before == NEWLINE) | (before == QUOTE)
    closes = (after == separator) | (after == NEWLINE) | (after == CR) | (after == QUOTE)
    return bool(opens.all() and closes.all())


def _rows_are_even(block: bytes, marks: Marks, width: int, largest_cell: int) -> bool:
    """Hold that every record has as many cells as the header, that none is a blank line and none enormous."""
    lengths = np.diff(marks.ends, prepend=-1)
    if not lengths.size or lengths.max() > largest_cell:
        return False
    blank = lengths.min() <= 2 and (b"\n\n" in block or b"\n\r\n" in block or block[:1] in (b"\n", b"\r"))
    cells = np.diff(marks.separators.searchsorted(marks.ends), prepend=0) + 1
    return not blank and bool((cells == width).all())


def _parse(block: bytes, separator: str, width: int, marks: Marks) -> pl.DataFrame | None:
    if b"\r" in block:
        if marks.newlines.size != marks.ends.size:
            return None  # a line break inside of a cell stays as it is
        block = block.replace(b"\r\n", b"\n")
    return pl.read_csv(
        block,
        has_header=False,
        separator=separator,
        quote_char='"' if marks.quotes.size else None,
        schema={str(position): pl.String for position in range(width)},
        empty_string_is_null=False,
    )
