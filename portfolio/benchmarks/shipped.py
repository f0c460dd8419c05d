"""The benchmarks that come with the product: read from its file, and brought into the database."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.apps import apps as global_apps
from django.apps.registry import Apps

from portfolio.guidance import Guidance
from portfolio.models import Benchmark

# Its texts are translated like any other (display.messages); one that somebody has changed is shown as it stands.
SHIPPED = Path(__file__).parents[1] / "data" / "benchmarks.csv"
# The rates that Bob Venero gave for each of our cohorts (METRICS.md 2), as they are shipped.
OF_COHORT = {
    Guidance.GUIDED: "venero-guided",
    Guidance.PARTLY_GUIDED: "venero-unguided",
    Guidance.AIMLESS: "venero-aimless",
}

UNTOUCHED = 1  # the version of a row as it was shipped


def shipped() -> Iterator[dict[str, Any]]:
    """Yield the benchmarks that come with the product, as fields of the model."""
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            values: dict[str, Any] = dict(row)
            values["low"] = Decimal(row["low"])
            values["high"] = Decimal(row["high"]) if row["high"] else None
            values["year"] = int(row["year"])
            values["verified"] = row["verified"] == "yes"
            yield values


def synchronise(apps: Apps = global_apps, **_: Any) -> None:
    """Bring what the product ships into the database after each `migrate` that leaves the table as it is now.

    So it is after `flush`, which names no apps.
    What is new is added; a row that somebody has changed or withdrawn stays as they left it.
    """
    try:
        stored = apps.get_model("portfolio", "Benchmark")
    except LookupError:
        return
    if {field.column for field in stored._meta.fields} != {field.column for field in Benchmark._meta.fields}:
        return
    cohorts = {slug: cohort.value for cohort, slug in OF_COHORT.items()}
    known = {each.slug: each for each in Benchmark.objects.exclude(slug=None)}
    for values in shipped():
        values["cohort"] = cohorts.get(values["slug"], "")
        there = known.get(values["slug"])
        if there is None:
            Benchmark.objects.create(**values)
        elif there.version == UNTOUCHED:
            Benchmark.objects.filter(pk=there.pk).update(**values)
