"""Parquet, some thousand rows at a time: every column as the text that a CSV file of the same bill would have."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from django.utils.translation import gettext_noop

from imports import files
from imports.child import Child
from imports.csv_blocks import LINE
from imports.refusals import FileRefusedError
from imports.report import Reason
from imports.rows import Row
from imports.values import text_of, written_out

STEP = 20_000
CHILD = "imports.parquet_child"
# 2024-09-01 03:00:00 (UTC), with a fraction of a second only where there is one.
MOMENT = "%Y-%m-%d %H:%M:%S%.f"
DAY = "%Y-%m-%d"
# Days since 1970 of the years 1 to 9999, and what counts them in a file.
FIRST, LAST = ((end - date(1970, 1, 1)).days for end in (date.min, date.max))
PER_DAY = {"d": 1, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
AS_COUNTED = {pl.Datetime: pl.Int64, pl.Time: pl.Int64, pl.Date: pl.Int32}
AS_NUMBERS = {pl.Binary: pl.List(pl.UInt8)}
MAP = {"key", "value"}

DAMAGED = gettext_noop("The Parquet file is damaged, cut off, encrypted or too large when unpacked.")


class ParquetTable:
    """A Parquet file: its column names as the header, its rows as texts, counted from 1."""

    may_be_unusable = True
    is_errors = False

    def __init__(self, path: Path) -> None:
        self._file = files.unpacked(path)  # goes with this object, as does the process that reads it
        self._size = self._file.seek(0, 2)
        self.bytes_done = 0
        self._child = Child(CHILD, self._file.name, str(STEP))
        self.lines = json.loads(self._piece())["rows"]
        self.header = self._frame().columns

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield all rows: a text column per cell ("0", "1", …) and `LINE`."""
        for start in range(0, self.lines, STEP):
            part = self._frame()
            texts = [_texts(part[name]).alias(str(place)) for place, name in enumerate(self.header)]
            self.bytes_done = self._size * min(start + STEP, self.lines) // self.lines
            yield pl.DataFrame([*texts, pl.int_range(start + 1, start + part.height + 1, eager=True).alias(LINE)])

    def records(self) -> Iterator[Row]:
        """Yield all rows one by one."""
        for frame in self.frames():
            for *cells, line in frame.iter_rows():
                yield Row(line, cells)

    def _frame(self) -> pl.DataFrame:
        return pl.read_ipc_stream(io.BytesIO(self._piece()))

    def _piece(self) -> bytes:
        """Return the next piece; where none comes, the file could not be read."""
        piece = self._child.piece()
        if not piece:
            raise FileRefusedError(Reason(DAMAGED))
        return piece


def _texts(column: pl.Series) -> pl.Series:
    kind = column.dtype
    if kind.is_nested():
        column = _json(column)
    elif kind.is_float():
        column = _rewritten(column.cast(pl.String), r"e|\.0$|\.\d{19}", written_out)
    elif kind.is_decimal() and kind.scale:  # type: ignore[attr-defined]
        column = column.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
    elif isinstance(kind, pl.Datetime):
        column = _days(column.dt.convert_time_zone("UTC") if kind.time_zone else column, MOMENT, kind.time_unit)
    elif kind == pl.Date:
        column = _days(column, DAY, "d")
    elif kind == pl.Binary:  # texts, as some tools write them; what is none is no reason to refuse a file
        texts = [None if cell is None else cell.decode(errors="replace") for cell in column.to_list()]
        column = pl.Series(column.name, texts, pl.String)
    return column.cast(pl.String).fill_null("")


def _days(column: pl.Series, pattern: str, unit: str) -> pl.Series:
    """Return days or moments as texts; one of no year that we have, on which polars may abort, as the file counts it.

    That is no day to any format: where one is read, its row is rejected with what stands there.
    """
    count = column.to_physical()
    days = count // PER_DAY[unit]
    is_ours = days.is_between(FIRST, LAST)
    if is_ours.all():
        return column.dt.to_string(pattern)
    ours = pl.select(pl.when(is_ours).then(column)).to_series().dt.to_string(pattern)
    strange = count.cast(pl.String) + f" {unit} since 1970-01-01"
    return pl.select(pl.when(is_ours).then(ours).otherwise(strange)).to_series()


def _json(column: pl.Series) -> pl.Series:
    """Return lists and records as JSON, a map (of FOCUS: Tags) as a JSON object."""
    kind = column.dtype
    column = column.cast(_with(kind, AS_NUMBERS))  # polars writes no bytes as JSON
    has_bytes = column.dtype != kind
    try:
        texts = _encoded(column)
    except pl.exceptions.PanicException:  # a moment of no year that there is
        texts = _encoded(column.cast(_with(column.dtype, AS_COUNTED)))
    inner = getattr(kind, "inner", None)
    is_map = isinstance(inner, pl.Struct) and {field.name for field in inner.fields} == MAP

    def of(text: str) -> str:
        value = json.loads(text)["v"]
        if has_bytes:
            value = _decoded(value, kind)
        return text_of({_name(each["key"]): each["value"] for each in value} if is_map else value)

    return _rewritten(texts, ".", of)


def _decoded(value: Any, kind: Any) -> Any:
    """Return a value with the bytes in it, which stand there as numbers, as texts."""
    if value is None:
        return None
    if isinstance(kind, pl.Struct):
        return {field.name: _decoded(value[field.name], field.dtype) for field in kind.fields}
    if isinstance(kind, pl.List | pl.Array):
        return [_decoded(each, kind.inner) for each in value]
    return bytes(value).decode(errors="replace") if kind == pl.Binary else value


def _name(key: Any) -> Any:
    """Return the key of a map as it can be one of a JSON object."""
    return text_of(key) if isinstance(key, list | dict) else key


def _encoded(column: pl.Series) -> pl.Series:
    return pl.select(pl.when(column.is_not_null()).then(pl.struct(column.alias("v")).struct.json_encode())).to_series()


def _with(kind: pl.DataType, other: Mapping[Any, Any]) -> Any:
    """Return the type with other types in it instead of some."""
    if isinstance(kind, pl.Struct):
        return pl.Struct({field.name: _with(field.dtype, other) for field in kind.fields})  # type: ignore[arg-type]
    if isinstance(kind, pl.Array):
        return pl.Array(_with(kind.inner, other), kind.size)  # type: ignore[arg-type]
    if isinstance(kind, pl.List):
        return pl.List(_with(kind.inner, other))  # type: ignore[arg-type]
    return other.get(kind.base_type(), kind)


def _rewritten(texts: pl.Series, pattern: str, rewrite: Callable[[str], str]) -> pl.Series:
    """Return the texts with those that match written anew; equal ones are looked at once."""
    odd = texts.filter(texts.str.contains(pattern).fill_null(False)).unique().to_list()
    if not odd:
        return texts
    return texts.replace({text: rewrite(text) for text in odd})
