"""The portfolio, an initiative's economics and the calculators over HTTP (shared contract, API.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema

from accounts.models import Organisation
from api.fields import ToldDay, told
from api.pages import Listing, PageQuery, listing_rows
from api.problems import invalid
from portfolio.benchmarks import api as benchmark_api
from portfolio.calculators import calculations
from portfolio.calculators.bodies import FinanceBody, TokensBody
from portfolio.facts.gathering import Facts, gather
from portfolio.figure import counted
from portfolio.guidance import Guidance
from portfolio.metrics.economics import economics
from portfolio.metrics.rates import funnel
from portfolio.metrics.summary import summary
from portfolio.output import schemas
from portfolio.output.bodies import amount, economics_body, summary_body
from portfolio.output.initiative_rows import OF_OUTCOMES, SORTS, initiative_items, rows_with_budgets, with_outcomes
from portfolio.selection.filters import HIGHEST_RATE, LOWEST_RATE, FilterError, Filters, read_filters
from projects.access import get_initiative
from projects.models import Hosting
from projects.stages import Stage

router = Router()
router.add_router("", benchmark_api.router)
_RATE = {"type": "number", "minimum": float(LOWEST_RATE), "maximum": float(HIGHEST_RATE)}
_SORTED = [sign + name for name in SORTS for sign in ("", "-")]


class FilterQuery(Schema):
    """What every portfolio call takes; read by `portfolio.selection.filters`, so that pages and API agree."""

    as_of: ToldDay | None = Field(None, description="YYYY-MM-DD; today by default.")
    business_unit: str | None = Field(None, description='With the units below it: "Claims" or "Claims / Motor".')
    tag: str | None = None
    hosting: Annotated[str, told(enum=Hosting.values)] | None = None
    guidance: Annotated[str, told(enum=Guidance.values)] | None = None
    stage: Annotated[str, told(enum=Stage.values)] | None = None
    started_from: ToldDay | None = Field(None, description="Prototypes that started on this day or later.")
    started_to: ToldDay | None = None
    rate: Annotated[str, told(**_RATE)] | None = Field(None, description="Discount rate as a share; 0.1 by default.")


class TrendQuery(FilterQuery):
    """A trend by month."""

    by: Annotated[str, told(enum=["month"])] = "month"


class InitiativesQuery(FilterQuery, PageQuery):
    """The list of initiatives with their figures."""

    sort: Annotated[str, told(enum=_SORTED)] = Field("key", description='A column, with "-" in front for descending.')


@router.get("/portfolio/summary", response=schemas.Summary, summary="Every figure of the portfolio")
def get_summary(request: HttpRequest, query: Query[FilterQuery]) -> dict[str, Any]:
    """Every figure of the set."""
    return _answered(request, lambda filters: summary_body(summary(filters, request.user)))


@router.get("/portfolio/funnel", response=schemas.Funnel, summary="How many reached each stage")
def get_funnel(request: HttpRequest, query: Query[FilterQuery]) -> dict[str, Any]:
    """How many entered each stage of the line, and how many went on."""
    return _answered(request, lambda filters: _funnel(filters, request))


@router.get("/portfolio/trend", response=schemas.Trend, summary="Figures month by month")
def get_trend(request: HttpRequest, query: Query[TrendQuery]) -> dict[str, Any]:
    """Benefit and cost by month."""
    if query.by != "month":
        raise invalid([("by", _("Only by month."))])
    return _answered(request, lambda filters: _trend(gather(filters, request.user)))


@router.get(
    "/portfolio/initiatives", response=Listing[schemas.InitiativeFigures], summary="One row for each initiative"
)
def get_initiatives(request: HttpRequest, query: Query[InitiativesQuery]) -> dict[str, Any]:
    """One row each, worked out anew for each page: what has moved since the last one may come twice, or not."""
    if query.sort.removeprefix("-") not in SORTS:
        raise invalid([("sort", _("Choose one of: %(choices)s.") % {"choices": ", ".join(SORTS)})])

    def page(filters: Filters) -> dict[str, Any]:
        facts = gather(filters, request.user)
        rows = rows_with_budgets(facts)
        if query.sort.removeprefix("-") in OF_OUTCOMES:
            with_outcomes(rows, filters.as_of)
        listed = listing_rows(request, SORTS.sorted(rows, query.sort), query, lambda row: str(row.number))
        return listed | {"items": initiative_items(listed["items"], facts)}

    return _answered(request, page)


@router.get("/initiatives/{key}/economics", response=schemas.Economics, summary="What an initiative cost and brought")
def get_economics(request: HttpRequest, key: str, query: Query[FilterQuery]) -> dict[str, Any]:
    """The same figures for one initiative, with its flows."""
    initiative = get_initiative(request.user, key)
    return _answered(request, lambda filters: economics_body(economics(initiative, filters.as_of, filters.rate)))


@router.post("/calculators/self-hosted-tokens", response=schemas.TokenCost, summary="Cost of self-hosted tokens")
def post_tokens(request: HttpRequest, body: TokensBody) -> dict[str, float]:
    """What a self-hosted token costs."""
    return asdict(calculations.token_cost(body.cost_per_hour, body.tokens_per_second, body.utilisation))


@router.post("/calculators/finance", response=schemas.Return, summary="What flows are worth")
def post_finance(request: HttpRequest, body: FinanceBody) -> dict[str, Any]:
    """What flows are worth: dated ones, or benefits and costs by year."""
    yearly = body.benefits is not None or body.costs is not None
    if yearly == (body.flows is not None):
        raise invalid([("flows", _("Either flows, or benefits and costs."))])
    if body.flows is not None:
        flows = [(flow.on, flow.amount) for flow in body.flows]
        return asdict(calculations.finance_of_flows(body.rate, flows))
    missing = [(name, _("Needed.")) for name in ("benefits", "costs") if getattr(body, name) is None]
    if missing:
        raise invalid(missing)
    return asdict(calculations.finance_of_years(body.rate, body.benefits or [], body.costs or []))


def _answered(request: HttpRequest, answer: Callable[[Filters], dict[str, Any]]) -> dict[str, Any]:
    try:
        return answer(read_filters(request.GET))
    except FilterError as error:
        raise invalid(list(error.errors.items())) from error


def _funnel(filters: Filters, request: HttpRequest) -> dict[str, Any]:
    facts = gather(filters, request.user)
    steps = [
        {
            "stage": step.stage.value,
            "entered": step.entered,
            "share": step.share,
            "median_days": step.median_days,
            "n_days": step.n_days,
            "left_out": step.left_out,
        }
        for step in funnel(facts.tallies, facts.without_start)
    ]
    return {"steps": steps, "left_out": facts.cohort.left_out()}


def _trend(facts: Facts) -> dict[str, Any]:
    pending, lacks = facts.pending, facts.cohort.left_out()
    left_out = {
        "benefit": pending.left_out_readings,
        "gross_cost": pending.left_out_lines,
        "recovered": pending.left_out_lines,
        "net_cost": pending.left_out_lines,
        "net_benefit": pending.left_out,
    }
    return {
        "currency": Organisation.current().base_currency,
        "months": _months(facts),
        "left_out": {
            name: counted([*lacks.items(), *reasons.items()]) for name, reasons in left_out.items() if lacks or reasons
        },
    }


def _months(facts: Facts) -> list[dict[str, Any]]:
    return [
        {
            "month": f"{flow.month:%Y-%m}",
            "benefit": amount(flow.benefit),
            "gross_cost": amount(flow.gross),
            "recovered": amount(flow.recovered),
            "net_cost": amount(flow.net_cost),
            "net_benefit": amount(flow.net),
        }
        for flow in facts.months
    ]
