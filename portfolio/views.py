"""The portfolio page, what needs a decision, and an initiative's overview; figures: `portfolio.explanations.views`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from display import currency
from portfolio.dashboard.initiative_overview import overview_page
from portfolio.dashboard.page import filter_bar, portfolio_page, unallocated_url
from portfolio.decisions.listing import every_decision
from portfolio.selection.fields import PERCENT, chips, said
from portfolio.selection.filters import FilterError, Filters, read_filters, share_of
from projects.access import get_initiative_with_edit
from projects.header import initiative_header

ROWS_PER_PAGE = 50
Found = TypeVar("Found")


@require_GET
def portfolio(request: HttpRequest) -> HttpResponse:
    """Show what the portfolio adds up to. A filter that cannot be read is said; the rest holds."""
    filters, errors, page = filtered(request, lambda filters: portfolio_page(filters, request.user))
    bar = filter_bar(filters, page.names, errors) if errors else page.filter_bar
    context = {"figures": page.figures, "filter_bar": bar, "query": filters.query()}
    return render(request, "portfolio/portfolio.html", context, status=422 if errors else 200)


@require_GET
def decisions(request: HttpRequest) -> HttpResponse:
    """Show every initiative that needs a decision, with every reason; the portfolio page shows the first few."""
    filters, errors, found = filtered(request, lambda filters: every_decision(filters, request.user, currency.active()))
    page = Paginator(found.cases, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"found": found, "page_obj": page, "errors": errors}
    context |= of_filters(filters)
    return render(request, "portfolio/decisions.html", context, status=422 if errors else 200)


@require_GET
def overview(request: HttpRequest, key: str) -> HttpResponse:
    """Show what an initiative cost and brought."""
    initiative = get_initiative_with_edit(request.user, key)
    page = overview_page(initiative)
    found = page["economics"]
    guidance = found.row.guidance.value if found.row.guidance else None
    header = initiative_header(initiative, request.user, "overview", known=(found.standing, guidance))
    return render(request, "portfolio/overview.html", header | page)


def filtered(request: HttpRequest, find: Callable[[Filters], Found]) -> tuple[Filters, dict[str, str], Found]:
    """Return the filters of the address, what is wrong with them, and what is found by those that hold."""
    filters, errors = read(request)
    try:
        return filters, errors, find(filters)
    except FilterError as error:  # a name that nobody knows
        known = filters.without(error.errors)
        return known, errors | said(error.errors, request.GET), find(known)


def read(request: HttpRequest) -> tuple[Filters, dict[str, str]]:
    """Return the filters of the address, where the form writes the rate in per cent; those that cannot be read are left
    out and said.
    """
    query = request.GET.dict()
    if PERCENT in query:
        query["rate"] = share_of(query[PERCENT])
    try:
        return read_filters(query), {}
    except FilterError as error:
        readable = {name: value for name, value in query.items() if name not in error.errors}
        return read_filters(readable), said(error.errors, query)


def of_filters(filters: Filters) -> dict[str, Any]:
    """Return what every page of a filtered set shows of its filters."""
    return {
        "filters": filters,
        "query": filters.query(),
        "query_of_one": filters.query_of_one,
        "unallocated_url": unallocated_url(filters),
        "chips": chips(filters),
    }
