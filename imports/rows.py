"""A record of a file, whatever kind the file is of."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """A record of the file, and where a person finds it.

    `line` is the physical line on which it begins (CSV; the header is on line 1), the row of the sheet (XLSX), or the
    number of the record, counted from 1 (Parquet, JSON).
    """

    line: int
    cells: list[str]
