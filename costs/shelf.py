"""Where prepared lines wait until the whole file is read: in memory while they are few, else in files by part.

Lines of one group and month always lie in the same part. So a part can be worked on by itself, whatever the size of the
file: the n-th of equal lines is known within it, and so is whether its group has lines in that month already.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

MOST_IN_MEMORY = 250_000
PARTS = 32
TOGETHER = 125_000  # lines of small parts are given back together, for each costs a few statements


class Shelf:
    """Takes frames of lines (with `group_id` and `incurred_on`), gives them back part by part."""

    def __init__(self) -> None:
        self._frames: list[pl.DataFrame] = []
        self._rows = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files = 0

    def add(self, lines: pl.DataFrame) -> None:
        """Put lines on the shelf."""
        self._frames.append(lines)
        self._rows += lines.height
        if self._rows > MOST_IN_MEMORY:
            self._lay_out()

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
            for part in range(PARTS):
                together += [pl.read_ipc(file) for file in sorted(Path(folder).glob(f"{part}-*"))]
                if sum(lines.height for lines in together) > TOGETHER:
                    yield pl.concat(together)
                    together = []
            if together:
                yield pl.concat(together)

    def _take(self) -> pl.DataFrame:
        frames, self._frames, self._rows = self._frames, [], 0
        return pl.concat(frames)

    def _lay_out(self) -> None:
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="worthwhile-lines-")
        on = pl.col("incurred_on").dt
        part = (pl.col("group_id") * 37 + on.year().cast(pl.Int64) * 12 + on.month()) % PARTS
        for (number,), each in self._take().with_columns(part=part).partition_by("part", as_dict=True).items():
            self._files += 1
            each.drop("part").write_ipc(Path(self._folder.name, f"{number}-{self._files}"), compression="lz4")
