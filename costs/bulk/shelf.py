"""Where prepared lines wait until the whole file is read: in memory while they are few, else in files by part.

Lines of one group and month always lie in the same part. So a part can be worked on by itself: the n-th of equal lines
is known within it, and so is whether its group has lines in that month already. A part that has grown too large for
memory is given back in pieces, of which the same holds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from math import ceil
from pathlib import Path

import polars as pl

from imports import files

MOST_IN_MEMORY = 250_000
PARTS = 32
TOGETHER = 125_000  # lines of small parts are given back together, for each costs a few statements
_ON = pl.col("incurred_on").dt
_GROUP_AND_MONTH = pl.col("group_id") * 37 + _ON.year().cast(pl.Int64) * 12 + _ON.month()


class Shelf:
    """Takes frames of lines (with `group_id` and `incurred_on`), gives them back part by part."""

    def __init__(self) -> None:
        self._frames: list[pl.DataFrame] = []
        self._rows = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files = 0
        self._in_part = [0] * PARTS

    def add(self, lines: pl.DataFrame) -> None:
        """Put lines on the shelf."""
        self._frames.append(lines)
        self._rows += lines.height
        if self._rows > MOST_IN_MEMORY:
            self._lay_out()

    @property
    def is_one_part(self) -> bool:
        """Tell whether everything on the shelf comes off it at once."""
        return self._folder is None

    def parts(self) -> Iterator[pl.DataFrame]:
        """Take everything off the shelf, one part after the other."""
        if self._folder is None:
            if self._frames:
                yield self._take()  # and keep no hold on it
            return
        if self._frames:
            self._lay_out()
        with self._folder as folder:
            together: list[pl.DataFrame] = []
            for piece in self._pieces(Path(folder)):
                together += piece
                if sum(lines.height for lines in together) > TOGETHER:
                    yield pl.concat(together)
                    together = []
            if together:
                yield pl.concat(together)

    def _pieces(self, folder: Path) -> Iterator[list[pl.DataFrame]]:
        """Read the parts; of one with more lines than go together its files are read once for each piece."""
        for part, lines in enumerate(self._in_part):
            files, pieces = sorted(folder.glob(f"{part}-*")), ceil(lines / TOGETHER)
            for piece in range(pieces):
                is_in = _GROUP_AND_MONTH // PARTS % pieces == piece
                yield [pl.read_ipc(file).filter(is_in) if pieces > 1 else pl.read_ipc(file) for file in files]

    def _take(self) -> pl.DataFrame:
        frames, self._frames, self._rows = self._frames, [], 0
        return pl.concat(frames)

    def _lay_out(self) -> None:
        self._folder = self._folder or tempfile.TemporaryDirectory(dir=files.folder(), suffix=files.PART)
        parts = self._take().with_columns(part=_GROUP_AND_MONTH % PARTS)
        for (number,), each in parts.partition_by("part", as_dict=True).items():
            self._files += 1
            self._in_part[number] += each.height
            each.drop("part").write_ipc(Path(self._folder.name, f"{number}-{self._files}"), compression="lz4")
