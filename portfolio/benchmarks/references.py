"""Benchmarks beside our own figures: only those whose definition allows it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext

from display.numbers import percent_range
from portfolio.benchmarks.shipped import OF_COHORT
from portfolio.guidance import Guidance
from portfolio.models import Benchmark, BenchmarkQuerySet, ComparableWith, Unit


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


def _reference(benchmark: Benchmark) -> Reference:
    high = benchmark.low if benchmark.high is None else benchmark.high
    source = f"{benchmark.source_title}, {benchmark.publisher} {benchmark.year}"
    definition = gettext(benchmark.what_it_measures)
    return Reference(gettext(benchmark.label), float(benchmark.low), float(high), definition, source)
