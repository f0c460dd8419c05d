"""Data frames into tables by COPY: packed where they are numbers and days alone, as texts otherwise."""

from __future__ import annotations

import io
from collections.abc import Iterator

import polars as pl
import polars.selectors as cs
from django.db import connection

from costs.bulk import binary
from costs.bulk.ahead import one_ahead

ROWS_AT_ONCE = 20_000


def copy(table: str, rows: pl.DataFrame) -> None:
    """Copy rows into a table whose columns have their names. Binary columns are UUIDs.

    A column with nothing in it is not sent: those that may be null have no defaults.
    """
    if rows.is_empty():
        return
    rows = rows.select(column.name for column in rows if column.null_count() < rows.height)
    packed = binary.fits(rows)
    options = " (FORMAT binary)" if packed else ""
    statement = f"COPY {table} ({', '.join(rows.columns)}) FROM STDIN{options}"
    with connection.cursor() as cursor, cursor.copy(statement) as out:
        for block in one_ahead(binary.blocks(rows) if packed else _texts(rows)):
            out.write(block)


def _texts(rows: pl.DataFrame) -> Iterator[bytes]:
    escaped = cs.string().str.replace_many(["\\", "\t", "\n", "\r"], [r"\\", r"\t", r"\n", r"\r"])
    written = rows.with_columns(escaped, cs.binary().bin.encode("hex"))
    for start in range(0, rows.height, ROWS_AT_ONCE):
        block = io.BytesIO()
        written.slice(start, ROWS_AT_ONCE).write_csv(
            block, separator="\t", include_header=False, quote_style="never", null_value=r"\N"
        )
        yield block.getvalue()
