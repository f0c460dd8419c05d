"""A FOCUS bill in which every row is about a resource of its own: what many charge groups take of a worker's memory."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import beside, focus_files
from benchmarks.figure import Figure, peak_megabytes
from costs.models import ChargeGroup

GROUPS = 200_000


def figures() -> Iterator[Figure]:
    """Measure on the empty database of this run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "resources.csv")
        _write(path)
        beside.bring_in("focus", path, GROUPS)
    yield Figure("charge groups", ChargeGroup.objects.count(), unit="", at_least=GROUPS)
    yield Figure("many groups: memory of the process", peak_megabytes(), unit="MB", at_most=500)


def _write(path: Path) -> None:
    """Write the sample's rows again and again, each time about other resources."""
    with focus_files.SAMPLE.open(newline="") as sample, path.open("w", newline="") as out:
        rows = list(csv.DictReader(sample))
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        for number in range(GROUPS):
            row = rows[number % len(rows)]
            writer.writerow({**row, "ResourceId": f"{row['ResourceId']}-{number}"})
