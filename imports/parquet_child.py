"""Reads a Parquet file for `parquet.py`: polars may hang or abort on one that is damaged, or unpack one without end.

    python -m imports.parquet_child FILE ROWS

writes a JSON object with the number of rows, then frames of `ROWS` rows as Arrow streams; the first one of no rows, for
the names.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator

import polars as pl

from imports import child


def pieces(name: str, step: int) -> Iterator[bytes]:
    """Yield the whole file."""
    scan = pl.scan_parquet(name, glob=False, hive_partitioning=False, cache=False)
    nothing = pl.DataFrame(schema=scan.collect_schema())
    total = scan.select(pl.len()).collect().item()
    yield json.dumps({"rows": total}).encode()
    yield _stream(nothing)
    for start in range(0, total, step):
        yield _stream(scan.slice(start, step).collect())


def _stream(frame: pl.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.write_ipc_stream(stream)
    return stream.getvalue()


if __name__ == "__main__":
    child.write(pieces(sys.argv[1], int(sys.argv[2])))
