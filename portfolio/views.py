"""The portfolio page, the pages that explain a figure, and an initiative's overview."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from display import currency
from portfolio.benchmarks import beside_figure
from portfolio.definitions import DEFINITIONS
from portfolio.economics import economics
from portfolio.explanation import explain, explain_one
from portfolio.filters import FilterError, Filters, read_filters
from portfolio.forms import chips
from portfolio.overview import overview_page
from portfolio.page import filter_bar, portfolio_page
from portfolio.rates import HORIZONS
from portfolio.watch import every_decision
from projects.access import get_initiative
from projects.header import initiative_header

ROWS_PER_PAGE = 50
FIGURES = {*DEFINITIONS, *(f"production_within_{months}" for months in HORIZONS)} - {"production_within"}


@login_required
@require_GET
def portfolio(request: HttpRequest) -> HttpResponse:
    """Show what the portfolio adds up to. A filter that cannot be read is said; the rest holds."""
    filters, errors = _filters(request)
    try:
        page = portfolio_page(filters, request.user)
    except FilterError as error:  # a name that nobody knows
        errors, filters = error.errors, filters.without(error.errors)
        page = portfolio_page(filters, request.user)
    bar = filter_bar(filters, page.names, errors) if errors else page.filter_bar
    context = {"figures": page.figures, "filter_bar": bar}
    return render(request, "portfolio/portfolio.html", context, status=422 if errors else 200)


@login_required
@require_GET
def figure(request: HttpRequest, name: str) -> HttpResponse:
    """Show a figure's definition, its formula with the numbers in it, what was left out, and the rows behind it."""
    if name not in FIGURES:
        raise Http404
    filters, errors = _filters(request)
    try:
        explained = explain(name, filters, request.user)
    except FilterError as error:  # a name that nobody knows
        raise Http404 from error
    horizon = name.removeprefix("production_within_") if name not in DEFINITIONS else ""
    page = Paginator(explained.rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"name": name, "explained": explained, "page_obj": page, "horizon": horizon, "errors": errors}
    template = "portfolio/_figure.html" if request.htmx else "portfolio/figure.html"
    context["published"] = beside_figure(name)
    return render(request, template, context | _of_filters(filters))


@login_required
@require_GET
def decisions(request: HttpRequest) -> HttpResponse:
    """Show every initiative that needs a decision, with every reason; the portfolio page shows the first few."""
    filters, errors = _filters(request)
    try:
        found = every_decision(filters, request.user, currency.active())
    except FilterError as error:  # a name that nobody knows
        raise Http404 from error
    page = Paginator(found.cases, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"found": found, "page_obj": page, "errors": errors}
    return render(request, "portfolio/decisions.html", context | _of_filters(filters))


@login_required
@require_GET
def overview(request: HttpRequest, key: str) -> HttpResponse:
    """Show what an initiative cost and brought."""
    initiative = get_initiative(request.user, key)
    page = overview_page(initiative)
    found = page["economics"]
    guidance = found.row.guidance.value if found.row.guidance else None
    header = initiative_header(initiative, request.user, "overview", known=(found.standing, guidance))
    return render(request, "portfolio/overview.html", header | page)


@login_required
@require_GET
def initiative_figure(request: HttpRequest, key: str, name: str) -> HttpResponse:
    """Show an initiative's figure as it is computed: definition, formula with its numbers, and the months behind it."""
    initiative = get_initiative(request.user, key)
    found = economics(initiative, timezone.localdate())
    if name not in found.figures:
        raise Http404
    explained = explain_one(name, found, currency.active())
    template = "portfolio/_initiative_figure.html" if request.htmx else "portfolio/initiative_figure.html"
    return render(request, template, {"initiative": initiative, "explained": explained, "as_of": found.as_of})


def _filters(request: HttpRequest) -> tuple[Filters, dict[str, str]]:
    """Return the filters of the address; those that cannot be read are left out and said."""
    try:
        return read_filters(request.GET), {}
    except FilterError as error:
        readable = {name: value for name, value in request.GET.items() if name not in error.errors}
        return read_filters(readable), error.errors


def _of_filters(filters: Filters) -> dict[str, Any]:
    return {"filters": filters, "query": filters.query(), "chips": chips(filters)}
