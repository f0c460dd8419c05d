"""`costs_csv` of 200,000 lines, end to end, beside a bare COPY of the same file and beside django-import-export."""

from __future__ import annotations

import csv
import random
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import tablib
from django.db import connection
from import_export import fields, resources, widgets

from benchmarks.figure import Figure, peak_megabytes, seconds
from costs.models import BudgetLine, Category
from imports import files, jobs, runner
from imports.models import Import
from projects.models import Initiative

LINES, SLOW_LINES = 200_000, 5_000
HEADER = ("initiative", "incurred_on", "category", "amount", "currency", "vendor", "description")
CATEGORIES = ("tokens", "cloud", "hardware", "people", "licences", "services", "data", "other")


def figures() -> Iterator[Figure]:
    """Measure on the empty database of this run."""
    Initiative.objects.bulk_create(Initiative(number=number, title=f"Initiative {number}") for number in range(1, 101))
    with tempfile.TemporaryDirectory() as folder:
        path, short = Path(folder, "costs.csv"), Path(folder, "short.csv")
        write(path, LINES)
        write(short, SLOW_LINES)
        bare = min(seconds(lambda: bare_copy(path)) for _ in range(3))
        ours = seconds(lambda: bring_in(path))
        yield Figure("costs_csv: rows/s against a bare COPY", bare / ours, at_least=0.15)
        yield Figure("costs_csv: rows per second", LINES / ours, unit="")
        yield Figure("costs_csv: memory of the process", peak_megabytes(), unit="MB", at_most=300)
        theirs = seconds(lambda: by_import_export(short)) / SLOW_LINES
        yield Figure("costs_csv: times as fast as django-import-export", theirs / (ours / LINES), at_least=10)


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


def bare_copy(path: Path) -> None:
    """Copy the file into a table of texts without an index."""
    columns = ", ".join(f"{name} text" for name in HEADER)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS bare; CREATE TABLE bare ({columns})")
        with cursor.copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy, path.open("rb") as file:
            while chunk := file.read(1024 * 1024):
                copy.write(chunk)


def bring_in(path: Path) -> None:
    """Import the file as the command does: keep it, read, check, stage, merge, sum up."""
    job = jobs.submit(None, format_name="costs_csv", chunks=files.chunks_of(path), file_name=path.name)
    runner.run(job.pk)
    created = Import.objects.get(pk=job.pk).rows_created
    if created != LINES:
        raise RuntimeError(f"{created} lines were created")


class BudgetResource(resources.ModelResource):
    """Rows of the same width into a table with a surrogate key, at the best settings of its documentation."""

    initiative = fields.Field("initiative_id", "initiative", widgets.IntegerWidget())
    category = fields.Field("category_id", "category", widgets.IntegerWidget())
    month = fields.Field("month", "incurred_on", widgets.DateWidget("%Y-%m-%d"))
    approved_on = fields.Field("approved_on", "incurred_on", widgets.DateWidget("%Y-%m-%d"))

    class Meta:
        model = BudgetLine
        fields = ("initiative", "category", "month", "amount", "currency", "approved_on")
        use_bulk, batch_size, skip_diff, force_init_instance = True, 1_000, True, True
        import_id_fields = ()
        report_skipped = skip_unchanged = False
        use_transactions = True


def by_import_export(path: Path) -> None:
    """Import a shorter file with django-import-export, without any of our sums, checks and look-ups."""
    data = tablib.Dataset().load(path.read_text(), format="csv")
    initiatives = {each.key: each.pk for each in Initiative.objects.all()}
    categories = dict(Category.objects.values_list("name", "pk"))
    rows = [(initiatives[row[0]], f"{row[1][:8]}01", categories[row[2]], *row[3:5]) for row in data]
    narrow = tablib.Dataset(*rows, headers=["initiative", "incurred_on", "category", "amount", "currency"])
    result = BudgetResource().import_data(narrow, raise_errors=True)
    if result.totals["new"] != SLOW_LINES:
        raise RuntimeError(f"{dict(result.totals)}")
