"""The portfolio page, what needs a decision, and an initiative's overview; figures: `portfolio.explanations.views`."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from display import currency
from portfolio.dashboard.initiative_overview import overview_page
from portfolio.dashboard.page import filter_bar, portfolio_page
from portfolio.decisions.listing import every_decision
from portfolio.selection.requests import ROWS_PER_PAGE, filter_context, filtered
from projects.access import get_initiative_with_edit
from projects.header import initiative_header


@require_GET
def portfolio(request: HttpRequest) -> HttpResponse:
    """Show what the portfolio adds up to. A filter that cannot be read is said; the rest holds."""
    filters, errors, page = filtered(request, lambda filters: portfolio_page(filters, request.user))
    bar = filter_bar(filters, page.names, errors) if errors else page.filter_bar
    context = {"figures": page.figures, "is_new": page.is_new, "filter_bar": bar, "query": filters.query()}
    return render(request, "portfolio/portfolio.html", context, status=422 if errors else 200)


@require_GET
def decisions(request: HttpRequest) -> HttpResponse:
    """Show every initiative that needs a decision, with every reason; the portfolio page shows the first few."""
    filters, errors, found = filtered(request, lambda filters: every_decision(filters, request.user, currency.active()))
    page = Paginator(found.cases, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"found": found, "page_obj": page, "errors": errors}
    context |= filter_context(filters)
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
