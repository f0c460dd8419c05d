"""A record of a file, whatever kind the file is of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Row(NamedTuple):
    """A record of the file, and where a person finds it.

    `line` is the physical line on which it begins (CSV; the header is on line 1), the row of the sheet (XLSX), or the
    number of the record, counted from 1 (Parquet, JSON).
    """

    line: int
    cells: list[str]


def counted_on(rows: Iterable[Row], lines_before: int) -> Iterator[Row]:
    """Yield the rows of a file with their lines counted on from those of the files before."""
    return (Row(row.line + lines_before, row.cells) for row in rows) if lines_before else iter(rows)
