"""Where prepared lines wait until the whole file is read: in memory while they are few, else in files by part.

A part is a range of group and day, so that all of them one after the other come in the order of the index, which then
grows at its end: 49 MB for a million new lines, 82 where parts lie across each other. One that has grown too large for
memory is cut into pieces along the same order. Lines of one group and day always lie in the same piece, so that it can
be worked on by itself: the n-th of equal lines is known within it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from imports import files

MOST_IN_MEMORY = 250_000
PARTS = 32
_DAYS = 2**20  # more than there are from one end of the calendar to the other
TOGETHER = 125_000  # lines of small parts are given back together, for each costs a few statements
_GROUP_AND_DAY = ["group_id", "incurred_on"]


class LineSpool:
    """Takes frames of lines (with `group_id` and `incurred_on`), gives them back part by part."""

    def __init__(self) -> None:
        self._frames: list[pl.DataFrame] = []
        self._rows = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files = 0
        self._in_part = [0] * PARTS
        self._ends: pl.Series | None = None  # of all parts but the last

    def add(self, lines: pl.DataFrame) -> None:
        """Take lines in."""
        self._frames.append(lines)
        self._rows += lines.height
        if self._rows > MOST_IN_MEMORY:
            self._lay_out()

    @property
    def is_one_part(self) -> bool:
        """Tell whether everything comes back at once."""
        return self._folder is None

    def parts(self) -> Iterator[pl.DataFrame]:
        """Give everything back, one part after the other."""
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
        """Read the parts, those with more lines than go together piece by piece."""
        for part, lines in enumerate(self._in_part):
            part_files = list(folder.glob(f"{part}-*"))
            if lines > TOGETHER:
                yield from _cut(part_files, folder)
            elif lines:
                yield [pl.read_ipc(file) for file in part_files]

    def _take(self) -> pl.DataFrame:
        frames, self._frames, self._rows = self._frames, [], 0
        return pl.concat(frames)

    def _lay_out(self) -> None:
        self._folder = self._folder or tempfile.TemporaryDirectory(dir=files.folder(), suffix=files.PART)
        lines = self._take()
        place = group_and_day(lines)
        if self._ends is None:  # equally many of the first lines in each
            self._ends = place.sort().gather([place.len() * part // PARTS for part in range(1, PARTS)])
        parts = lines.with_columns(part=self._ends.search_sorted(place, side="left"))
        for (number,), each in parts.partition_by("part", as_dict=True).items():
            self._files += 1
            self._in_part[number] += each.height
            each.drop("part").write_ipc(Path(self._folder.name, f"{number}-{self._files}"), compression="lz4")


def group_and_day(lines: pl.DataFrame) -> pl.Series:
    """Return the place of lines in the order of group and day: one number sorts twice as fast as two columns."""
    return lines["group_id"] * _DAYS + lines["incurred_on"].to_physical()


def _cut(part: Sequence[Path], folder: Path) -> Iterator[list[pl.DataFrame]]:
    """Write the files of a part anew as those of its pieces, and read these: every line once, however many pieces."""
    days = pl.concat(pl.read_ipc(file, columns=_GROUP_AND_DAY).group_by(_GROUP_AND_DAY).len() for file in part)
    days = days.group_by(_GROUP_AND_DAY).agg(pl.col("len").sum()).sort(_GROUP_AND_DAY)
    before = pl.col("len").cum_sum() - pl.col("len")
    pieces = days.select(*_GROUP_AND_DAY, piece=before // TOGETHER)
    for number, file in enumerate(part):
        lines = pl.read_ipc(file).join(pieces, on=_GROUP_AND_DAY)
        file.unlink()
        for (piece,), each in lines.partition_by("piece", as_dict=True).items():
            each.drop("piece").write_ipc(folder / f"piece-{piece}-{number}", compression="lz4")
    for piece in pieces["piece"].unique(maintain_order=True):
        piece_files = list(folder.glob(f"piece-{piece}-*"))
        yield [pl.read_ipc(file) for file in piece_files]
        for file in piece_files:
            file.unlink()
