"""Data frames into tables by COPY."""

from __future__ import annotations

import io
from collections.abc import Mapping

import polars as pl
from django.db import connection

ROWS_AT_ONCE = 50_000


def copy(table: str, rows: pl.DataFrame, constants: Mapping[str, object] | None = None) -> None:
    """Copy rows into a table whose columns have their names; `constants` are the same in every row."""
    texts = pl.selectors.string()
    written = (
        rows.select(
            pl.selectors.binary().bin.encode("hex"),
            texts.str.replace_many(["\\", "\t", "\n", "\r"], [r"\\", r"\t", r"\n", r"\r"]),
            pl.selectors.exclude(pl.selectors.binary(), texts),
        )
        if _has_specials(rows)
        else rows.with_columns(pl.selectors.binary().bin.encode("hex"))
    )
    made = [pl.lit(str(value)).alias(name) for name, value in (constants or {}).items()]
    columns = ", ".join((*written.columns, *(constants or {})))
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as out:
        for start in range(0, rows.height, ROWS_AT_ONCE):
            block = io.BytesIO()
            written.slice(start, ROWS_AT_ONCE).with_columns(made).write_csv(
                block, separator="\t", include_header=False, quote_style="never", null_value=r"\N"
            )
            out.write(block.getbuffer())


def _has_specials(rows: pl.DataFrame) -> bool:
    texts = rows.select(pl.selectors.string())
    return any(column.str.contains(r"[\\\t\n\r]").any() for column in texts)
