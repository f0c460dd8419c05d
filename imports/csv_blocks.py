"""A block of CSV at once: read into columns, but only where every reader there is would read it alike.

Quotation marks, line breaks in cells, ragged rows: readers differ in what they make of what is not quite CSV. So a
block is looked over first, by where its quotes, separators and line breaks stand. Only when it is regular beyond doubt
is it read as a whole; anything else is left to the reader that goes row by row (imports/reading.py), the only one that
says what is wrong.
"""

from __future__ import annotations

import codecs

import numpy as np
import polars as pl

NEWLINE, QUOTE, CR = 0x0A, 0x22, 0x0D
LINE = "line"

Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]
Positions = np.ndarray[tuple[int], np.dtype[np.int64]]


def end_of_records(block: bytes) -> int:
    """Return where the last record that is whole ends, if quotes are where they should be; 0: nowhere in it."""
    is_quote = np.frombuffer(block, np.uint8) == QUOTE
    end = block.rfind(b"\n") + 1
    quotes = int(np.count_nonzero(is_quote[:end]))
    while quotes % 2:  # the line break stands in a cell
        before = block.rfind(b"\n", 0, end - 1) + 1
        quotes -= int(np.count_nonzero(is_quote[before:end]))
        end = before
    return end


def read(block: bytes, separator: str, width: int, first_line: int, largest_cell: int) -> pl.DataFrame | None:
    """Return the records of a block: a column of texts per cell, named by its position, and the line each begins on.

    None when the block is not regular. It has to begin and end where a record does.
    """
    if b"\0" in block or (b"\r" in block and block.count(b"\r") != block.count(b"\r\n")):
        return None
    if not block.endswith(b"\n"):
        block += b"\n"
    if block.startswith(codecs.BOM_UTF8):
        return None  # a text like any other, which polars would take off
    at = np.frombuffer(block, np.uint8)
    quotes, newlines = np.flatnonzero(at == QUOTE), np.flatnonzero(at == NEWLINE)
    # Quotes open and close in turn: what has an odd number of them in front of it is inside of a cell.
    ends = newlines[quotes.searchsorted(newlines) % 2 == 0] if quotes.size else newlines
    if not _quotes_are_regular(at, quotes, ord(separator)) or not _lines_are_usual(block, ends, largest_cell):
        return None
    frame = _parse(block, separator, width, bool(quotes.size), has_breaks=newlines.size != ends.size)
    if frame is None or frame.height != ends.size:
        return None
    # No row has too many cells (`_parse`). Where a last cell is empty it may be missing.
    if not _last_cells_are_there(frame, at, ends, ord(separator)) and (
        _between_cells(at, quotes, ord(separator)) != ends.size * (width - 1)
    ):
        return None
    frame = frame.with_columns(pl.col(name).fill_null("") for name in frame.columns if frame[name].null_count())
    starts = np.concatenate(([0], ends[:-1] + 1))
    lines = first_line + newlines.searchsorted(starts)
    return frame.with_columns(pl.Series(LINE, lines, pl.Int64))


def _quotes_are_regular(at: Bytes, quotes: Positions, separator: int) -> bool:
    """Hold that quotes stand around whole cells, and doubled inside of them."""
    if not quotes.size:
        return True
    if quotes.size % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    before, after = at[opening - 1], at[closing + 1]  # the block ends with a line break, so there is an after
    opens = (opening == 0) | (before == separator) | (before == NEWLINE) | (before == QUOTE)
    closes = (after == separator) | (after == NEWLINE) | (after == CR) | (after == QUOTE)
    return bool(opens.all() and closes.all())


def _last_cells_are_there(frame: pl.DataFrame, at: Bytes, ends: Positions, separator: int) -> bool:
    """Tell by how records end whether none lacks its last cell; False where that cannot be seen, so all are counted.

    Cells that a record lacks are null, from the last one backwards. So where the last is null and the one before it is
    not, the record is whole if it ends with a separator, or with one and an empty cell in quotes.
    """
    is_empty = frame[:, -1].is_null()
    if not is_empty.any():
        return True
    if frame.width < 2 or frame[:, -2].is_null().filter(is_empty).any():
        return False
    last = ends[is_empty.to_numpy()] - 1
    last = np.where(at[last] == CR, last - 1, last)
    is_in_quotes = (at[last] == QUOTE) & (at[last - 1] == QUOTE) & (at[last - 2] == separator)
    return bool(((at[last] == separator) | is_in_quotes).all())


def _between_cells(at: Bytes, quotes: Positions, separator: int) -> int:
    """Count the separators outside of quotes; −1 where a cell is so large that they cannot be counted so."""
    is_separator = at == separator
    found = int(np.count_nonzero(is_separator))
    if not quotes.size:
        return found
    if np.diff(quotes).max() > np.iinfo(np.uint16).max:
        return -1
    # Summed from quote to quote: every other sum is of what stands inside. A third of the time of finding them all.
    inside = np.add.reduceat(is_separator.view(np.uint8), quotes, dtype=np.uint16)[0::2]
    return found - int(inside.sum(dtype=np.int64))


def _lines_are_usual(block: bytes, ends: Positions, largest_cell: int) -> bool:
    """Hold that no record is a blank line and none enormous."""
    lengths = np.diff(ends, prepend=-1)
    if not lengths.size or lengths.max() > largest_cell:
        return False
    return lengths.min() > 2 or not (b"\n\n" in block or b"\n\r\n" in block or block[:1] in (b"\n", b"\r"))


def _parse(block: bytes, separator: str, width: int, has_quotes: bool, has_breaks: bool) -> pl.DataFrame | None:
    if b"\r" in block:
        if has_breaks:
            return None  # a line break inside of a cell stays as it is
        block = block.replace(b"\r\n", b"\n")
    try:
        return pl.read_csv(
            block,
            has_header=False,
            separator=separator,
            quote_char='"' if has_quotes else None,
            schema={str(position): pl.String for position in range(width)},
            empty_string_is_null=True,
        )
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):  # a row is long, or the first one short
        return None
