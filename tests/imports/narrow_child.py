"""Who reads a file, with less time and room: `python -m tests.imports.narrow_child FILE …`, instead of `…_child`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator

from imports import child, parquet_child, xlsx_child

HANGS = "CHILD_HANGS"
child.MOST_SECONDS, child.MOST_MEMORY = 1 if HANGS in os.environ else 5, 256 * 1024 * 1024


def pieces(name: str, *step: str) -> Iterator[bytes]:
    if HANGS in os.environ:
        time.sleep(60)
    is_parquet = step[0].isdigit()  # else a sheet is named, or none
    yield from parquet_child.pieces(name, int(step[0])) if is_parquet else xlsx_child.pieces(name, *step)


if __name__ == "__main__":
    child.write(pieces(*sys.argv[1:]))
