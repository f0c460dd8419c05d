"""Rows in columns, for formats whose files have millions of them (polars): the same rows as imports/tables.py gives.

A CSV file is taken in blocks. What is regular is read as a whole (imports/csv_blocks.py); a block that is not goes
through the strict reader, row by row, which also says what is wrong with which line; after it whole blocks are read
again.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from imports import csv_blocks, reading, tables
from imports.csv_blocks import LINE
from imports.header import accept
from imports.kinds import FileKind, kind_of
from imports.parquet import ParquetTable
from imports.pipeline import Importer, Reason, Row
from imports.refusals import FileRefusedError
from imports.rows import counted_on
from imports.text import CHUNK, LONG_LINE, Utf8Check, line_breaks

BLOCK = 4 * 1024 * 1024
WIDE = 30  # columns: of such rows twice as much is a block, for each costs some milliseconds however few are in it
BLOCKS_AHEAD = 2  # while the first rows are looked at, which takes longest
_ONE_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r)?")


class FrameImporter(Importer):
    """A format that takes its rows in columns: a text column per cell ("0", "1", …) and `LINE`."""

    def batches(self, path: Path) -> Iterator[Any]:
        """Yield the good rows of the file as data frames, in file order; bad ones go to the report."""
        kind = kind_of(path, self.kinds)
        if kind is FileKind.CSV:
            return frames(path, self)
        if kind is FileKind.PARQUET:
            return parquet_frames(path, self)
        return _frames_of_rows(path, self)

    @abstractmethod
    def load(self, rows: Any) -> None:
        """Take one data frame."""

    def given(self, names: Sequence[str]) -> list[str]:
        """Return those of our columns that the file has, or of which the mapping says what every row has."""
        return [name for name in names if name in self.at or name in self.constants]

    def raw(self, frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
        """Return columns under our names, their cells as they stand in the file."""
        return pl.DataFrame([self._column(frame, name) for name in names])

    def read(self, frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
        """Return columns under our names, their cells as `Importer.cell` gives them one by one."""
        read = {name: pl.col(name).str.strip_chars(WHITE_SPACE) for name in names if name in self.at}
        rewritten = {name: self.conventions.expression(cell, self.holds[name]) for name, cell in read.items()}
        return self.raw(frame, names).with_columns(**rewritten)

    def _column(self, frame: pl.DataFrame, name: str) -> pl.Series:
        if name in self.at:
            return frame[str(self.at[name])].alias(name)
        return pl.repeat(self.constants.get(name, ""), frame.height, dtype=pl.String, eager=True).alias(name)


# What `str.strip` takes away; polars by itself leaves the four separators of ASCII.
WHITE_SPACE = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def row_of(frame: pl.DataFrame, number: int) -> Row:
    """Return a row of a frame as the strict reader would."""
    *cells, line = frame.row(number)
    return Row(line, list(cells))


def frames(path: Path, importer: Importer) -> Iterator[pl.DataFrame]:
    """Yield the good rows of a file, after its header was accepted; bad ones go to the report."""
    source = Source(reading.open_bytes(path, importer.fallback_encoding))
    row = 0 if reading.begins_as_errors(source.first_line()) else importer.place.header_row
    source.pass_over(row - 1)
    separator = reading.separator_of(source.first_line())
    table = reading.Table(source.lines(), separator, source.line)
    header = table.read_header(row)
    if table.is_errors:
        yield from _frames_of_rows(path, importer)
        return
    accept(header, importer)
    width = len(header)
    before, last_is_open = importer.lines_before, False
    source.block_size = BLOCK * 2 if width > WIDE else BLOCK

    def read_next() -> tuple[bytes, pl.DataFrame | None]:
        block, line = source.block(), source.line
        source.skip(block)
        return block, csv_blocks.read(block, separator, width, before + line, reading.LARGEST_CELL) if block else None

    with ThreadPoolExecutor(1) as beside:  # reads blocks while the one before them is worked on
        ahead = deque([beside.submit(read_next)])
        while ahead:
            block, frame = ahead.popleft().result()
            if not block:
                break
            if frame is None:
                for read in (*reversed([each.result()[0] for each in ahead]), block):
                    source.give_back(read)
                ahead.clear()
                frame = _row_by_row(source, len(block), separator, width, importer)
            else:
                importer.report.total += frame.height
                last_is_open = not block.endswith(b"\n")  # which is no line yet to the source
            importer.bytes_done = source.position
            ahead.extend(beside.submit(read_next) for _ in range(BLOCKS_AHEAD - len(ahead)))
            yield frame
    importer.lines_read = source.line - 1 + last_is_open


def _frames_of_rows(path: Path, importer: Importer) -> Iterator[pl.DataFrame]:
    """Yield the good rows of a file of any kind, read one by one."""
    return (frame_of(rows, len(rows[0].cells)) for rows in tables.batches(path, importer))


_HAS_NUL = pl.col(pl.String).str.contains("\0", literal=True)
_LENGTHS = pl.col(pl.String).str.len_bytes().cast(pl.Int64)  # of all cells, which is quicker than of each


def parquet_frames(path: Path, importer: Importer) -> Iterator[pl.DataFrame]:
    """Yield the good rows of a Parquet file, as `frames` does of a CSV file."""
    table = ParquetTable(path)
    accept(table.header, importer)
    importer.lines_read = table.lines
    for frame in table.frames():
        if importer.lines_before:
            frame = frame.with_columns(pl.col(LINE) + importer.lines_before)
        importer.report.total += frame.height
        importer.bytes_done = table.bytes_done
        strange = frame.select(pl.any_horizontal(_HAS_NUL) | (pl.sum_horizontal(_LENGTHS) > reading.LARGEST_CELL))
        places = strange.to_series().arg_true().to_list()
        bad = [at for at in places if reading.is_unusable(row_of(frame, at), len(table.header), importer.report)]
        yield frame.filter(~pl.int_range(pl.len()).is_in(bad)) if bad else frame


def _row_by_row(source: Source, length: int, separator: str, width: int, importer: Importer) -> pl.DataFrame:
    """Read the next so many bytes, and on to the end of the record that begins in them."""
    end = source.position + length
    table = reading.Table(source.lines(), separator, source.line)

    def records() -> Iterator[Row]:
        for row in table.records():
            yield row
            if source.position >= end:
                return

    rows = counted_on(records(), importer.lines_before)
    return frame_of(list(reading.good_rows(table, rows, width, importer.report)), width)


def frame_of(rows: Sequence[Row], width: int) -> pl.DataFrame:
    """Return rows as a frame."""
    columns = zip(*(row.cells for row in rows), strict=True) if rows else [()] * width
    texts = {str(position): pl.Series(cells, dtype=pl.String) for position, cells in enumerate(columns)}
    return pl.DataFrame({**texts, LINE: pl.Series([row.line for row in rows], dtype=pl.Int64)})


class Source:
    """A file in UTF-8, to be taken line by line or block by block; knows where it stands."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._check = Utf8Check()
        self._held, self._at = b"", 0
        self.block_size = BLOCK
        self.position = 0  # bytes taken
        self.line = 1  # the number of the next line

    def first_line(self) -> str:
        """Return the beginning of the next line, without taking it."""
        self._fill(BLOCK // 4)
        line = self._held[self._at : _ONE_LINE.match(self._held, self._at).end()]  # type: ignore[union-attr]
        return line.decode(errors="ignore")  # of a very long one the last character may be cut

    def pass_over(self, lines: int) -> None:
        """Take so many lines, whatever they are; fewer where they are too much for what stands above a table."""
        for _line in islice(self.lines(), max(lines, 0)):
            if self.position > reading.LARGEST_RECORD:
                return

    def lines(self) -> Iterator[str]:
        """Take line after line, with the line breaks: LF, CR LF and CR alone."""
        while True:
            found = _ONE_LINE.match(self._held, self._at)
            end = found.end() if found else self._at
            is_whole = end > self._at and self._held.endswith(b"\n")
            # What stands at the end may go on in what was not read yet: "\r" as well.
            if end == len(self._held) and not is_whole and self._fill(end - self._at + BLOCK):
                continue
            if end == self._at:
                return
            line = self._held[self._at : end]
            self._take(len(line), 1)
            yield line.decode()

    def block(self) -> bytes:
        """Return the next block (b"" at the end), not taken yet: whole records, if quotes are where they should be.

        The first is small, so that the work on it begins soon. Where lines end with CR alone it ends with one of them:
        such a block is read row by row, which goes on to the end of the record.
        """
        wanted = self.block_size if self.position > BLOCK // 4 else BLOCK // 4
        while True:
            is_more = self._fill(wanted)
            block = self._held[self._at : self._at + wanted]
            end = csv_blocks.end_of_records(block) or block.rfind(b"\n") + 1
            if not is_more and len(block) == len(self._held) - self._at:
                return block
            end = end or block.rfind(b"\r", 0, -1) + 1  # what follows the last byte may be its LF
            if end:
                return block[:end]
            if len(block) > CHUNK and b"\r" not in block:
                raise FileRefusedError(Reason(LONG_LINE, line=self.line))
            wanted += self.block_size

    def skip(self, block: bytes) -> None:
        """Take a block."""
        self._take(len(block), line_breaks(block))

    def give_back(self, block: bytes) -> None:
        """Take back that a block was taken, the last that was."""
        self._held, self._at = block + self._held[self._at :], 0
        self.position -= len(block)
        self.line -= line_breaks(block)

    def _take(self, length: int, lines: int) -> None:
        self._at += length
        self.position += length
        self.line += lines

    def _fill(self, wanted: int) -> bool:
        """Hold so many bytes that were not taken; tell whether the file may have more than is held now."""
        missing = wanted - (len(self._held) - self._at)
        if missing <= 0:
            return True
        more = self._file.read(missing)
        self._check.take(more)
        self._held, self._at = self._held[self._at :] + more, 0
        return bool(more)
