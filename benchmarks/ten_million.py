"""A FOCUS bill of ten million rows: brought in, brought in again, taken back; what a worker needs of memory and time.

Not among those that `make bench` runs: it takes a quarter of an hour and 40 GB of disk.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from django.db.models import Sum

from benchmarks import focus_files
from benchmarks.figure import Figure, peak_megabytes, seconds
from costs.models import CostLine, PortfolioMonth
from imports import files, jobs, runner
from imports.models import Import

ROWS = int(os.environ.get("ROWS", 10_000_000))


def figures() -> Iterator[Figure]:
    """Measure on the empty database of this run; what is wrong with the lines or their sums ends it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bill.csv")
        focus_files.write(path, ROWS)
        print(f"  {path.stat().st_size / 1e9:.1f} GB")
        job, taken = _brought_in(path)
        yield Figure("ten million rows: rows per second", ROWS / taken, unit="")
        yield Figure("ten million rows: memory of the process", peak_megabytes(), unit="MB", at_most=500)
        yield Figure("lines created", job.rows_created, unit="", at_least=ROWS, at_most=ROWS)
        yield Figure("what the sums lack of the file's cost", abs(_in_the_file() - _in_the_sums()), unit="", at_most=0)
        again, taken = _brought_in(path)
        yield Figure("the same file again: rows per second", ROWS / taken, unit="")
        yield Figure("the same file again: lines created", again.rows_created, unit="", at_most=0)
        yield Figure("what the sums lack afterwards", abs(_in_the_file() - _in_the_sums()), unit="", at_most=0)
    yield Figure("taken back: seconds", seconds(lambda: jobs.revert(job, None)), unit="s")
    left = CostLine.objects.filter(withdrawn_at=None).count()
    yield Figure("lines and cost that are left", left + abs(_in_the_sums()), unit="", at_most=0)
    yield Figure("all of it: memory of the process", peak_megabytes(), unit="MB", at_most=500)


def _brought_in(path: Path) -> tuple[Import, float]:
    """Import the file as the command does; return the import and its seconds."""
    job = jobs.submit(None, format_name="focus", chunks=files.chunks_of(path), file_name=path.name)
    taken = seconds(lambda: runner.run(job.pk))
    job.refresh_from_db()
    return job, taken


def _in_the_file() -> Decimal:
    """Add up the sample's cost as often as the file repeats its rows."""
    with focus_files.SAMPLE.open(newline="") as file:
        costs = [Decimal(row["BilledCost"]) for row in csv.DictReader(file)]
    whole, rest = divmod(ROWS, len(costs))
    return sum(costs, Decimal()) * whole + sum(costs[:rest], Decimal())


def _in_the_sums() -> Decimal:
    return PortfolioMonth.objects.aggregate(sum=Sum("gross"))["sum"] or Decimal()
