"""Where prepared lines wait until the whole file is read: in memory while they are few, else in files by part.

A part is a range of group and day, so that all of them one after the other come in the order of the index, which then
grows at its end: 49 MB for a million new lines, 82 where parts lie across each other. What lies beyond all parts so far
(the groups of new resources, as a bill goes on) makes parts of its own. One that has grown too large for memory is cut
into pieces along the same order. Lines of one group and day always lie in the same piece, so that it can be worked on
by itself: the n-th of equal lines is known within it.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from imports import files

MOST_IN_MEMORY = 250_000
PARTS = 32  # that lines in memory are laid out in, where all of them are beyond those before
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
        self._in_part: Counter[int] = Counter()
        self._ends = pl.Series(dtype=pl.Int64)  # the last place of each part

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
        for part, lines in sorted(self._in_part.items()):
            part_files = list(folder.glob(f"{part}-*"))
            if lines > TOGETHER:
                yield from _cut(part_files, folder)
            else:
                yield [pl.read_ipc(file) for file in part_files]

    def _take(self) -> pl.DataFrame:
        frames, self._frames, self._rows = self._frames, [], 0
        return pl.concat(frames)

    def _lay_out(self) -> None:
        self._folder = self._folder or tempfile.TemporaryDirectory(dir=files.folder(), suffix=files.PART)
        lines = self._take()
        place = group_and_day(lines)
        beyond = place if self._ends.is_empty() else place.filter(place > self._ends[-1])
        if beyond.len():
            ends = _ends(beyond.sort(), MOST_IN_MEMORY // PARTS)
            self._ends = pl.concat([self._ends, ends, pl.Series([beyond.max()])])
        for number, each in _apart(lines, self._ends):
            self._files += 1
            self._in_part[number] += each.height
            each.write_ipc(Path(self._folder.name, f"{number}-{self._files}"), compression="lz4")


def group_and_day(lines: pl.DataFrame) -> pl.Series:
    """Return the place of lines in the order of group and day: one number sorts twice as fast as two columns."""
    return lines["group_id"].cast(pl.Int64) * _DAYS + lines["incurred_on"].to_physical()


def _ends(places: pl.Series, lines: int) -> pl.Series:
    """Return the last place of each so many lines, of places in order."""
    lines = max(lines, 1)
    return places.gather_every(lines, lines - 1)


def _apart(lines: pl.DataFrame, ends: pl.Series) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield lines by the part or piece that they belong to; those of one place stay together."""
    parts = lines.with_columns(part=ends.search_sorted(group_and_day(lines), side="left"))
    for (number,), each in parts.partition_by("part", as_dict=True, include_key=False).items():
        yield number, each


def _cut(part: Sequence[Path], folder: Path) -> Iterator[list[pl.DataFrame]]:
    """Write the files of a part anew as those of its pieces, and read these: every line once, however many pieces.

    Where to cut is told by one of many lines, so that a part of any size is cut in the same memory.
    """
    apart = max(TOGETHER // 1_000, 1)
    seen = [group_and_day(pl.read_ipc(file, columns=_GROUP_AND_DAY)).sort().gather_every(apart) for file in part]
    ends = _ends(pl.concat(seen).sort(), TOGETHER // apart)
    pieces = set()
    for number, file in enumerate(part):
        lines = pl.read_ipc(file)
        file.unlink()
        for piece, each in _apart(lines, ends):
            pieces.add(piece)
            each.write_ipc(folder / f"piece-{piece}-{number}", compression="lz4")
    for piece in sorted(pieces):
        piece_files = list(folder.glob(f"piece-{piece}-*"))
        yield [pl.read_ipc(file) for file in piece_files]
        for file in piece_files:
            file.unlink()
