"""A FOCUS bill of 1,000,000 rows, end to end, beside a bare COPY of the same file and beside django-import-export."""

from __future__ import annotations

import csv
import os
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from django.db import connection, models
from import_export import resources

from benchmarks import beside, focus_files
from benchmarks.figure import Figure, peak_megabytes, seconds
from costs.models import (
    AllocationPart,
    AllocationRule,
    ChargeGroup,
    CostLine,
    GroupMonth,
    InitiativeCumulated,
    InitiativeDays,
    InitiativeMonth,
    PortfolioMonth,
)
from projects.models import Initiative

ROWS, FEWER, SHORT = 1_000_000, 100_000, 20_000
ROUNDS, RULES = 3, 50
WRITTEN = (CostLine, GroupMonth, InitiativeCumulated, InitiativeDays, InitiativeMonth, PortfolioMonth, ChargeGroup)


def figures() -> Iterator[Figure]:
    """Measure on the empty database of this run."""
    Initiative.objects.bulk_create(Initiative(number=number, title=f"Initiative {number}") for number in range(1, 101))
    make_rules()
    with tempfile.TemporaryDirectory() as folder:
        long, fewer, short = (written(Path(folder, f"{rows}.csv"), rows) for rows in (ROWS, FEWER, SHORT))
        header = focus_files.header()
        rounds = [
            (seconds(lambda: beside.bare_copy(long, header)), ours(long, ROWS), ours(fewer, FEWER))
            for _ in range(ROUNDS)
        ]
        print(f"  load {os.getloadavg()[0]:.1f}; seconds of each round (COPY, ours, ours of a tenth):")
        print(*(f"    {copied:.2f} {full:.2f} {tenth:.2f}" for copied, full, tenth in rounds), sep="\n")
        ratio = statistics.median(copied / full for copied, full, _ in rounds)
        yield Figure("FOCUS: rows/s against a bare COPY", ratio, at_least=0.6)
        yield Figure("FOCUS: rows per second", ROWS / statistics.median(full for _, full, _ in rounds), unit="")
        linear = statistics.median(full / tenth for _, full, tenth in rounds)
        yield Figure("FOCUS: time of 1,000,000 rows against 100,000", linear, at_least=8, at_most=12)
        yield Figure("FOCUS: memory of the process", peak_megabytes(), unit="MB", at_most=500)
        yield Figure("lines that rules have placed, of all", allocated_share(), at_least=0.5)
        for resource, name, floor, times in ((AsDocumented, "as documented", 50, 1), (AtItsBest, "at its best", 10, 5)):
            pairs = [(theirs(resource, short), ours(short, SHORT)) for _ in range(times)]
            print(f"  seconds of each round, {SHORT:,} rows:", *(f"{them:.2f}/{us:.2f}" for them, us in pairs))
            ratio = statistics.median(them / us for them, us in pairs)
            yield Figure(f"times as fast as django-import-export {name}", ratio, at_least=floor)


def written(path: Path, rows: int) -> Path:
    """Write a bill."""
    focus_files.write(path, rows)
    return path


def make_rules() -> None:
    """Add rules by service, account, SKU and resource, by value and by glob, whole and split, for what is in a bill."""
    with focus_files.SAMPLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    initiatives = list(Initiative.objects.all())
    matches = [
        {field: pattern.format(value)}
        for field, column, pattern, most in (
            ("service", "ServiceName", "{}", 10),
            ("account", "SubAccountId", "{}", 10),
            ("sku", "SkuId", "{}", 20),
            ("resource", "ResourceId", "{}*", RULES),
        )
        for value, _ in Counter(row[column] for row in rows if row[column] != "NULL").most_common(most)
    ][:RULES]
    for number, match in enumerate(reversed(matches)):  # the narrow ones first
        rule = AllocationRule.objects.create(name=f"Rule {number}", priority=number, match=match)
        few = initiatives[number : number + 1 + 2 * (number % 5 == 0)]
        AllocationPart.objects.bulk_create(AllocationPart(rule=rule, initiative=each) for each in few)


def allocated_share() -> float:
    """Return which part of the lines stands at initiatives."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(lines) FILTER (WHERE EXISTS (SELECT FROM costs_placement AS place"
            " WHERE place.group_id = sums.group_id)), 0)::float8 / sum(lines) FROM costs_groupmonth AS sums"
        )
        return float(cursor.fetchone()[0])


def ours(path: Path, rows: int) -> float:
    """Import a file into empty tables; return how long it takes."""
    beside.empty(WRITTEN)
    return seconds(lambda: beside.bring_in("focus", path, rows))


def theirs(resource: type[resources.ModelResource], path: Path) -> float:
    """Import the short file with django-import-export; return how long it takes."""
    return seconds(lambda: beside.by_import_export(resource, path, SHORT))


class PlainCharge(models.Model):
    """What we read of a row of the bill: no groups, no rules, no sums."""

    BilledCost = models.DecimalField(max_digits=38, decimal_places=18)
    ChargePeriodStart = models.DateTimeField()
    ChargePeriodEnd = models.DateTimeField()
    ProviderName = models.CharField(max_length=200)
    SubAccountId = models.CharField(max_length=200)
    BillingAccountId = models.CharField(max_length=200)
    ServiceName = models.CharField(max_length=200)
    ServiceCategory = models.CharField(max_length=200)
    SkuId = models.CharField(max_length=200)
    RegionId = models.CharField(max_length=200)
    ResourceId = models.CharField(max_length=500)
    BillingCurrency = models.CharField(max_length=3)
    Tags = models.TextField()
    ChargeCategory = models.CharField(max_length=200)
    ChargeClass = models.CharField(max_length=200)
    ChargeDescription = models.TextField()
    SkuPriceId = models.CharField(max_length=200)
    CommitmentDiscountId = models.CharField(max_length=200)
    PricingCategory = models.CharField(max_length=200)
    ConsumedUnit = models.CharField(max_length=200)
    PublisherName = models.CharField(max_length=200)
    InvoiceIssuerName = models.CharField(max_length=200)

    class Meta:
        app_label = "costs"

    def __str__(self) -> str:
        return f"{self.ChargePeriodStart} {self.BilledCost}"


FIELDS = tuple(field.name for field in PlainCharge._meta.fields if field.name != "id")
NUMBERED = ("id", *FIELDS)


class AsDocumented(resources.ModelResource):
    """As the documentation's first example has it: a model, its fields, each row told by its `id`."""

    class Meta:
        model = PlainCharge
        fields = NUMBERED


class AtItsBest(resources.ModelResource):
    """The same rows, as fast as it can."""

    class Meta(beside.AtItsBest):
        model = PlainCharge
        fields = FIELDS
