"""`/benchmarks`: figures that others have published, and beside which of ours each may stand."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema, Status
from pydantic import AfterValidator

from accounts.permissions import require
from api.conditional import require_match, set_etag
from api.fields import Body, Flag, LongText, Name, Rate, Reference, Whole
from api.pages import Listing, PageQuery, listing
from portfolio.benchmarks import rules
from portfolio.guidance import Guidance
from portfolio.models import Benchmark, BenchmarkKind, ComparableWith, Unit

router = Router()


def _no_cohort(cohort: Guidance | None) -> Guidance | None:
    if cohort == Guidance.NOT_RECORDED:
        raise ValueError(_("Nothing stands beside what is not recorded."))
    return cohort


Cohort = Annotated[Guidance | None, AfterValidator(_no_cohort)]
_LOW = "A share as a part of 1; money in US dollars."
_HIGH = "The same as `low` where it is one figure; null: at least `low`."
_COHORT = "Beside the production rate of which cohort it stands on the portfolio page."


class BenchmarkIn(Body):
    """A benchmark to add."""

    label: Name
    low: Rate = Field(description=_LOW)
    high: Rate | None = Field(None, description=_HIGH)
    unit: Unit
    comparable_with: ComparableWith
    cohort: Cohort = Field(None, description=_COHORT)
    kind: BenchmarkKind
    what_it_measures: LongText
    population: LongText = ""
    source_title: Name
    publisher: Name
    year: Whole = Field(ge=1950, le=2100)
    url: Reference = ""
    verified: Flag = Field(False, description="Whether somebody has read it at its source.")
    note: LongText = ""


class BenchmarkPatch(Body):
    """What changes of a benchmark."""

    label: Name = Field(None)
    low: Rate = Field(None, description=_LOW)
    high: Rate | None = Field(None, description=_HIGH)
    unit: Unit = Field(None)
    comparable_with: ComparableWith = Field(None)
    cohort: Cohort = Field(None, description=_COHORT)
    kind: BenchmarkKind = Field(None)
    what_it_measures: LongText = Field(None)
    population: LongText = Field(None)
    source_title: Name = Field(None)
    publisher: Name = Field(None)
    year: Whole = Field(None, ge=1950, le=2100)
    url: Reference = Field(None)
    verified: Flag = Field(None)
    note: LongText = Field(None)
    is_withdrawn: Flag = Field(None)


class BenchmarkOut(Schema):
    """A benchmark."""

    id: int
    label: str
    low: Rate
    high: Rate | None
    unit: Unit
    comparable_with: ComparableWith
    cohort: Guidance | None
    kind: BenchmarkKind
    what_it_measures: str
    population: str
    source_title: str
    publisher: str
    year: int
    url: str
    verified: bool
    note: str
    is_withdrawn: bool
    version: int

    @staticmethod
    def resolve_cohort(benchmark: Benchmark) -> str | None:
        """Return the cohort; null where it stands beside none."""
        return benchmark.cohort or None


class BenchmarkQuery(PageQuery):
    """Which benchmarks."""

    comparable_with: ComparableWith | None = None
    cohort: Guidance | None = None
    is_withdrawn: bool | None = None


@router.get("/benchmarks", response=Listing[BenchmarkOut], summary="What others have published")
def list_benchmarks(request: HttpRequest, query: Query[BenchmarkQuery]) -> dict[str, Any]:
    """Each says what it measures, and beside which figure of ours it may stand."""
    require(request.user, "portfolio.see")
    asked = query.model_dump(include={"comparable_with", "cohort", "is_withdrawn"}, exclude_none=True)
    found = Benchmark.objects.filter(**asked)
    return listing(request, found, query, lambda benchmark: benchmark)


@router.post("/benchmarks", response={201: BenchmarkOut}, summary="Add a benchmark")
def add_benchmark(request: HttpRequest, response: HttpResponse, body: BenchmarkIn) -> Status[Benchmark]:
    """A share of firms or a forecast is refused beside `production_rate`; so is a second one beside a cohort."""
    require(request.user, "benchmark.edit")
    benchmark = Benchmark(**_values(body, set(BenchmarkIn.model_fields)))
    rules.save(request.user, benchmark)  # type: ignore[arg-type]
    set_etag(response, benchmark)
    return Status(201, benchmark)


@router.get("/benchmarks/{int:pk}", response=BenchmarkOut, summary="A benchmark")
def get_benchmark(request: HttpRequest, response: HttpResponse, pk: int) -> Benchmark:
    """Its ETag is the version."""
    require(request.user, "portfolio.see")
    benchmark = get_object_or_404(Benchmark, pk=pk)
    set_etag(response, benchmark)
    return benchmark


@router.patch("/benchmarks/{int:pk}", response=BenchmarkOut, summary="Change a benchmark, withdraw it or put it back")
def change_benchmark(request: HttpRequest, response: HttpResponse, pk: int, body: BenchmarkPatch) -> Benchmark:
    """Needs `If-Match` with the version that was read."""
    require(request.user, "benchmark.edit")
    benchmark = get_object_or_404(Benchmark, pk=pk)
    require_match(request, benchmark)
    for name, value in _values(body, body.model_fields_set).items():
        setattr(benchmark, name, value)
    rules.save(request.user, benchmark)  # type: ignore[arg-type]
    set_etag(response, benchmark)
    return benchmark


def _values(body: BenchmarkIn | BenchmarkPatch, names: set[str]) -> dict[str, Any]:
    """Return what the body says, as fields of the model."""
    values = {name: getattr(body, name) for name in names}
    if "cohort" in values:
        values["cohort"] = values["cohort"] or ""
    return values
