"""`costs_csv` of 200,000 lines, end to end, beside a bare COPY of the same file and beside django-import-export."""

from __future__ import annotations

import csv
import os
import random
import statistics
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from django.db import models
from import_export import resources

from benchmarks import beside
from benchmarks.figure import Figure, peak_megabytes, seconds
from costs.models import CostLine, GroupMonth, InitiativeCumulated, InitiativeDays, InitiativeMonth, PortfolioMonth
from projects.models import Initiative

LINES, SHORT_LINES, ROUNDS = 200_000, 20_000, 5
SUMS = (GroupMonth, InitiativeMonth, InitiativeCumulated, InitiativeDays, PortfolioMonth)
HEADER = ("initiative", "incurred_on", "category", "amount", "currency", "vendor", "description")
CATEGORIES = ("tokens", "cloud", "hardware", "people", "licences", "services", "data", "other")


def figures() -> Iterator[Figure]:
    """Measure on the empty database of this run."""
    Initiative.objects.bulk_create(Initiative(number=number, title=f"Initiative {number}") for number in range(1, 101))
    with tempfile.TemporaryDirectory() as folder:
        path, short = Path(folder, "costs.csv"), Path(folder, "short.csv")
        write(path, LINES)
        write(short, SHORT_LINES)
        rounds = [
            (seconds(lambda: beside.bare_copy(path, HEADER)), ours(path, LINES), ours(short, SHORT_LINES))
            for _ in range(ROUNDS)
        ]
        copied, long, quick = (statistics.median(times) for times in zip(*rounds, strict=True))
        print(f"  load {os.getloadavg()[0]:.1f}; of each round:", *(f"{floor / full:.3f}" for floor, full, _ in rounds))
        yield Figure("costs_csv: rows/s against a bare COPY", copied / long, at_least=0.15)
        yield Figure("costs_csv: rows per second", LINES / long, unit="")
        yield Figure("costs_csv: time of 200,000 lines against 20,000", long / quick, at_most=12)
        yield Figure("costs_csv: memory of the process", peak_megabytes(), unit="MB", at_most=300)
        theirs = seconds(lambda: beside.by_import_export(PlainResource, path, LINES))
        yield Figure("costs_csv: times as fast as django-import-export", theirs / long, at_least=10)


def ours(path: Path, lines: int) -> float:
    """Import a file into empty tables; return how long it takes."""
    beside.empty((CostLine, *SUMS))
    return seconds(lambda: beside.bring_in("costs_csv", path, lines))


def write(path: Path, lines: int) -> None:
    """Write a file of costs: a hundred initiatives over three years."""
    chance = random.Random(2026)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for _ in range(lines):
            on = date(2023, 1, 1) + timedelta(days=chance.randrange(1_000))
            key = f"AI-{chance.randrange(1, 101):04d}"
            amount = f"{chance.randrange(1, 10**7) / 100:.2f}"
            writer.writerow([key, on, chance.choice(CATEGORIES), amount, "USD", "Contoso", ""])


class PlainCost(models.Model):
    """A row of the file as it stands, typed: no key but its number, nothing looked up, no sums."""

    initiative = models.CharField(max_length=20)
    incurred_on = models.DateField()
    category = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=38, decimal_places=18)
    currency = models.CharField(max_length=3)
    vendor = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)

    class Meta:
        app_label = "costs"

    def __str__(self) -> str:
        return f"{self.incurred_on} {self.amount}"


class PlainResource(resources.ModelResource):
    """The file as fast as it can."""

    class Meta(beside.AtItsBest):
        model = PlainCost
        fields = HEADER
