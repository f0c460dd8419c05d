"""Benchmarks beside our own figures: only those whose definition allows it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.apps import apps as global_apps
from django.apps.registry import Apps
from django.utils.translation import gettext

from display.numbers import percent_range
from portfolio.guidance import Guidance
from portfolio.models import Benchmark, BenchmarkQuerySet, ComparableWith, Unit

# Its texts are translated like any other (display.messages); one that somebody has changed is shown as it stands.
SHIPPED = Path(__file__).parents[1] / "data" / "benchmarks.csv"
# The rates that Bob Venero gave for each of our cohorts (METRICS.md 2), as they are shipped.
OF_COHORT = {
    Guidance.GUIDED: "venero-guided",
    Guidance.PARTLY_GUIDED: "venero-unguided",
    Guidance.AIMLESS: "venero-aimless",
}

UNTOUCHED = 1  # the version of a row as it was shipped


@dataclass(frozen=True)
class Reference:
    """A benchmark as charts and tables show it, with its definition."""

    label: str
    low: float
    high: float
    definition: str
    source: str

    @property
    def share(self) -> str:
        """Return the rate as it is read: "15 %", "45–50 %"."""
        return percent_range(self.low, self.high)

    @property
    def words(self) -> str:
        """Return what a mark in a table says to a reader who cannot see it."""
        return gettext("%(label)s: %(share)s") % {"label": self.label, "share": self.share}


def production_rate_references() -> dict[Guidance, Reference]:
    """Return the reference beside each cohort's production rate, as far as the benchmarks hold one."""
    rates = Benchmark.objects.beside(ComparableWith.PRODUCTION_RATE).filter(cohort__in=list(OF_COHORT)).order_by()
    found = {each.cohort: _reference(each) for each in rates}
    return {cohort: found[cohort] for cohort in OF_COHORT if cohort in found}


def beside_figure(name: str) -> BenchmarkQuerySet:
    """Return the benchmarks that may stand beside a figure of ours: what they measure is what it measures."""
    if name == "production_rate":
        return Benchmark.objects.beside(ComparableWith.PRODUCTION_RATE)
    if name == "median_days_to_production":
        return Benchmark.objects.beside(ComparableWith.TIME).filter(unit=Unit.DAYS)
    return Benchmark.objects.none()


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


def bring_up(apps: Apps = global_apps, **_: Any) -> None:
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


def _reference(benchmark: Benchmark) -> Reference:
    high = benchmark.low if benchmark.high is None else benchmark.high
    source = f"{benchmark.source_title}, {benchmark.publisher} {benchmark.year}"
    definition = gettext(benchmark.what_it_measures)
    return Reference(gettext(benchmark.label), float(benchmark.low), float(high), definition, source)
