"""The pages that explain a figure: the portfolio's with the initiatives behind it, an initiative's with its months."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from display import currency
from portfolio.benchmarks.references import beside_figure
from portfolio.explanations.all_figures import all_of_one, all_of_set
from portfolio.explanations.drill_down import Behind
from portfolio.explanations.explain import Explanation, explain
from portfolio.explanations.explain_initiative import explain_one
from portfolio.explanations.left_out import code_of
from portfolio.explanations.texts.comparisons import CHANGES
from portfolio.explanations.texts.portfolio import names
from portfolio.facts.look_back_days import ONE_DAY, quarter_ends
from portfolio.selection.filters import Filters
from portfolio.selection.requests import ROWS_PER_PAGE, filter_context, filtered, read_request
from projects.access import allowed_moves, get_initiative

FIGURES = frozenset(names()) | CHANGES.keys()
LEDGER_HAS = ("business_unit", "hosting")


@require_GET
def all_figures(request: HttpRequest) -> HttpResponse:
    """Show every figure of the portfolio, or of the part that the filters keep."""
    filters, errors, sections = filtered(request, lambda filters: all_of_set(filters, request.user, currency.active()))
    context = {"sections": sections, "errors": errors} | filter_context(filters)
    return render(request, "portfolio/all_figures.html", context, status=422 if errors else 200)


@require_GET
def figure(request: HttpRequest, name: str) -> HttpResponse:
    """Show a figure's definition, its formula with numbers, the rows behind it, and apart what it left out."""
    if name not in FIGURES:
        raise Http404
    filters, errors, explained = filtered(
        request, lambda filters: explain(name, filters, request.user, currency.active())
    )
    apart = {code_of(why): each for why, each in explained.behind.left_out.items()}
    context = {"name": name, "explained": explained, "errors": errors, "apart": apart} | filter_context(filters)
    if request.htmx:  # the dialog leads to the rows
        return render(request, "portfolio/_figure.html", context, status=422 if errors else 200)
    context |= {"published": beside_figure(name), "waiting_url": _waiting_url(filters)}
    if name == "run_cost":
        context["quarter"] = _quarter(filters)
    context |= _rows(request, explained, apart)
    return render(request, "portfolio/figure.html", context, status=422 if errors else 200)


@require_GET
def all_initiative_figures(request: HttpRequest, key: str) -> HttpResponse:
    """Show every figure of an initiative."""
    initiative = get_initiative(request.user, key)
    filters, errors = read_request(request)
    sections = all_of_one(initiative, filters, currency.active())
    context = {"initiative": initiative, "sections": sections, "filters": filters, "query": filters.query_of_one}
    return render(
        request, "portfolio/all_initiative_figures.html", context | {"errors": errors}, status=422 if errors else 200
    )


@require_GET
def initiative_figure(request: HttpRequest, key: str, name: str) -> HttpResponse:
    """Show an initiative's figure as it is computed: definition, formula with its numbers, and the months behind it."""
    initiative = get_initiative(request.user, key)
    filters, errors = read_request(request)
    explained = explain_one(name, initiative, filters, currency.active())
    if explained is None:
        raise Http404
    context = {"initiative": initiative, "explained": explained, "filters": filters, "query": filters.query_of_one}
    if name == "past_planned_production":  # it is put right by another day, or by a stage
        context["moves"] = allowed_moves(request.user, initiative)
    template = "portfolio/_initiative_figure.html" if request.htmx else "portfolio/initiative_figure.html"
    return render(request, template, context | {"errors": errors}, status=422 if errors else 200)


def _waiting_url(filters: Filters) -> str:
    """Return where every line that waits is listed; "" under filters that the ledger does not have."""
    if filters.without(LEDGER_HAS).narrows:
        return ""
    given = {"pending": "on", "as_of": filters.as_of.isoformat()}
    given |= {name: value for name in LEDGER_HAS if (value := getattr(filters, name))}
    return f"{reverse('costs:ledger')}?{urlencode(given)}"


def _quarter(filters: Filters) -> str:
    """Return the months of the run cost as the ledger is asked for them."""
    before, until = quarter_ends(filters.as_of)
    return urlencode({"since": f"{before + ONE_DAY:%Y-%m}", "until": f"{until:%Y-%m}"})


def _rows(request: HttpRequest, explained: Explanation, apart: dict[str, Behind]) -> dict[str, Any]:
    """Return the initiatives that the figure is computed over, or those that it left out for a reason, in pages."""
    code = request.GET.get("left_out", "")
    shown = apart.get(code, explained.behind)
    page = Paginator(shown.in_order(), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = explained.rows_of(page.object_list)
    return {"shown": shown, "page_obj": page, "chosen": code if code in apart else ""}
