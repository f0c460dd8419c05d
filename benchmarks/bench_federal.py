"""The federal inventory, end to end, beside `csv.reader` and COPY of the same rows into one text table."""

from __future__ import annotations

import csv
import os
import statistics
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figure import Figure, peak_megabytes, seconds

SHARED_DATA = Path(os.environ.get("SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
SOURCE = SHARED_DATA / "federal-ai-inventory" / "2024_consolidated_ai_inventory_raw_v2.csv"
ROWS = 2_133


def figures() -> Iterator[Figure]:
    """Yield time, queries and memory of the import."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    whole = statistics.median(_fresh_import() for _ in range(3))
    yield Figure("federal file beside csv.reader + COPY", whole / seconds(_bare_copy, times=5), at_most=25)
    _empty()
    with CaptureQueriesContext(connection) as queries:
        _import()
    yield Figure("federal file, queries per 1,000 rows", len(queries) * 1_000 / ROWS, unit="", at_most=60)
    yield Figure("federal file, memory", peak_megabytes(), unit="MB", at_most=400)


def _fresh_import() -> float:
    _empty()
    return seconds(_import)


def _bare_copy() -> None:
    from django.db import connection

    with SOURCE.open(encoding="cp1252", newline="") as file, connection.cursor() as cursor:
        reader = csv.reader(file)
        columns = ", ".join(f"c{number} text" for number, _ in enumerate(next(reader)))
        cursor.execute(f"CREATE TEMPORARY TABLE bare ({columns})")
        with cursor.copy("COPY bare FROM STDIN") as copy:
            for row in reader:
                copy.write_row(row)
        cursor.execute("DROP TABLE bare")


def _import() -> None:
    from imports import files, jobs, runner

    job = jobs.submit(None, format_name="federal_ai_inventory", chunks=files.chunks_of(SOURCE), file_name=SOURCE.name)
    runner.run(job.pk)
    job.refresh_from_db()
    assert job.rows_created == ROWS, job.state


def _empty() -> None:
    from benchmarks import beside
    from projects.models import BusinessUnit, Initiative, Tag

    beside.empty((Initiative, BusinessUnit, Tag))
