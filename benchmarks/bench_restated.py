"""A bill that comes again with other amounts in six of ten rows: the time grows with its rows, not faster."""

from __future__ import annotations

import csv
import random
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from pathlib import Path

from benchmarks import beside
from benchmarks.figure import Figure, seconds
from imports import files, jobs, runner
from imports.models import Import
from projects.models import Initiative

ROWS, FEWER = 200_000, 50_000
CHANGED = 0.6
bills = import_module("benchmarks.import")


def figures() -> Iterator[Figure]:
    """Measure on the empty database of this run."""
    Initiative.objects.bulk_create(Initiative(number=number, title=f"Initiative {number}") for number in range(1, 101))
    bills.make_rules()
    with tempfile.TemporaryDirectory() as folder:
        few, many = (again(Path(folder), rows) for rows in (FEWER, ROWS))
    (first_few, again_few), (first_many, again_many) = few, many
    yield Figure("restated bill: time of four times the rows", again_many / again_few, at_most=6)
    yield Figure("restated bill: time against its first import", again_many / first_many, at_most=4)
    print(f"  first {first_few:.2f} and {first_many:.2f} s, again {again_few:.2f} and {again_many:.2f} s")


def again(folder: Path, rows: int) -> tuple[float, float]:
    """Import a bill into empty tables, and once more with other amounts; return how long each takes."""
    bill, restated = bills.written(folder / "bill.csv", rows), folder / "restated.csv"
    changed = restate(bill, restated)
    beside.empty(bills.WRITTEN)
    first = seconds(lambda: beside.bring_in("focus", bill, rows))
    return first, seconds(lambda: bring_again(restated, changed))


def restate(bill: Path, restated: Path) -> int:
    """Write the bill with other amounts; return in how many rows."""
    chance, changed = random.Random(2026), 0
    with bill.open(newline="") as given, restated.open("w", newline="") as file:
        reader = csv.DictReader(given)
        writer = csv.DictWriter(file, reader.fieldnames or ())
        writer.writeheader()
        for row in reader:
            if chance.random() < CHANGED:
                row["BilledCost"] = f"{Decimal(row['BilledCost']) + 1:f}"
                changed += 1
            writer.writerow(row)
    return changed


def bring_again(path: Path, changed: int) -> None:
    """Import the bill that says otherwise."""
    job = jobs.submit(None, format_name="focus", chunks=files.chunks_of(path), file_name=path.name)
    runner.run(job.pk)
    restated = Import.objects.get(pk=job.pk).rows_restated
    if abs(restated - changed) > changed / 100:  # equal rows of one period are numbered by amount
        raise RuntimeError(f"{restated} of {changed} rows were restated")
