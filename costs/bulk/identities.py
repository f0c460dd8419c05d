"""Which line is which, in columns: two ways to fingerprint and number the rows of a file (see `CostLine`).

By content: what a row says besides group and day is its fingerprint; equal rows are numbered as they stand in the file.
By period: rows of a bill. A provider delivers a bill again with other amounts, so amounts are no part of it: the charge
period is, and the row's ordinal among those of its group and period, smallest amount first. `occurrence` is then the
number of the version.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import polars as pl

from costs import fingerprints
from costs.bulk import spool

_PERIOD = np.dtype([("starts and ends", ">u8"), ("ends and number", ">u8")])
_FIRST = pl.Int32


class Identity(Protocol):
    """How rows are told apart. `fingerprinted` sees a block of the file, `numbered` all rows of a group and day."""

    def fingerprinted(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with what their fingerprint will be made of."""

    def numbered(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Return the rows in the order of the index, with `fingerprint` and `occurrence`."""


class ByContent:
    """Rows that say nothing else about which they are."""

    def fingerprinted(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Hash what is not in group and day."""
        return lines.with_columns(fingerprints.of_content(lines))

    def numbered(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Number equal rows as they stand in the file."""
        return _counted(lines, "fingerprint")


class ByPeriod:
    """Rows of a bill, with `starts` and `ends`: seconds since 1950, to tell charge periods apart."""

    def fingerprinted(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Leave the periods as they are: sixteen bytes are made of them once the rows are numbered."""
        return lines

    def numbered(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Put period and number into the fingerprint: five bytes, five bytes and six."""
        counted = _counted(lines, "starts", "ends")
        if (counted["occurrence"] > 1).any():  # by amount, for another delivery may have them in another order
            counted = _counted(lines, "starts", "ends", by=(pl.col("amount").cast(pl.Float64), "amount"))
        lines = counted
        starts, ends, numbers = (lines[name].to_numpy().astype("u8") for name in ("starts", "ends", "occurrence"))
        packed = np.empty(lines.height, _PERIOD)
        packed["starts and ends"] = starts << np.uint64(24) | ends >> np.uint64(16)
        packed["ends and number"] = (ends & np.uint64(0xFFFF)) << np.uint64(48) | numbers
        fingerprint = pl.Series("fingerprint", packed.view("V16").tolist(), dtype=pl.Binary)
        return lines.drop("starts", "ends").with_columns(fingerprint, occurrence=pl.lit(1, _FIRST))


def _counted(lines: pl.DataFrame, *equal: str, by: Sequence[pl.Expr | str] = ()) -> pl.DataFrame:
    """Sort rows by group, day and `equal`, and count equal ones from 1, in the order of `by` and then of the file."""
    equal = ("group and day", *equal)
    lines = lines.with_columns(spool.group_and_day(lines).alias("group and day")).sort(*equal, *by, "line_number")
    place = pl.int_range(pl.len(), dtype=_FIRST)
    is_first = pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in equal).fill_null(True)
    return lines.with_columns(occurrence=place - pl.when(is_first).then(place).forward_fill() + 1).drop("group and day")
