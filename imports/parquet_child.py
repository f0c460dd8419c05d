"""Reads a Parquet file in a process of its own, for polars may hang or abort on one that is damaged: `parquet.py`.

    python -P parquet_child.py FILE ROWS

writes pieces to stdout, each after its length in eight bytes: a JSON object with the number of rows, then frames of
`ROWS` rows as Arrow streams; the first one of no rows, for the names. What takes too long ends the process.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys

import polars as pl

MOST_SECONDS = 30  # for one piece


def main(name: str, step: int) -> None:
    """Write the whole file."""
    _in_time()
    scan = pl.scan_parquet(name, glob=False, hive_partitioning=False, cache=False)
    nothing = pl.DataFrame(schema=scan.collect_schema())
    total = scan.select(pl.len()).collect().item()
    _write(json.dumps({"rows": total}).encode())
    _write_frame(nothing)
    for start in range(0, total, step):
        _in_time()
        _write_frame(scan.slice(start, step).collect())


def _in_time() -> None:
    """Let the system end this process when the next piece takes too long: a hanging library would not notice."""
    signal.alarm(MOST_SECONDS)


def _write_frame(frame: pl.DataFrame) -> None:
    piece = io.BytesIO()
    frame.write_ipc_stream(piece)
    _write(piece.getvalue())


def _write(piece: bytes) -> None:
    """Write a piece, however long the reader takes for the one before."""
    signal.alarm(0)
    sys.stdout.buffer.write(len(piece).to_bytes(8, "big") + piece)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]))
    except BrokenPipeError:  # who asked has seen enough
        os._exit(0)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        os._exit(1)  # at once: what a panic leaves behind may hang on the way out
    os._exit(0)
