"""The page "Budgets", budget against actual of all that one may see, and its files."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.permissions import require
from costs import unpriced
from costs.budgets import overview_exports, overview_words
from costs.budgets.overview import overview
from costs.budgets.overview_form import OverviewForm
from costs.budgets.overview_question import DEFAULT_SORT, PERIODS
from costs.explorer import answer
from costs.explorer.question import pending_lines
from costs.explorer.sums import has_hidden
from costs.ledger.filter_form import said_on
from display.file_answers import csv_answer, xlsx_answer

PER_PAGE = 50


def budgets(request: HttpRequest) -> HttpResponse:
    """Show budget against actual. A filter that cannot be read is said; the rest holds."""
    user = require(request.user, "portfolio.see")
    form = _form(request)
    asked, currency = form.asked(), request.organisation.base_currency
    found = overview(asked, user)
    page = Paginator(found.rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "asked": asked,
        "found": found,
        "answer": overview_words.answer(found, asked, currency),
        "period": overview_words.period_words(asked),
        "periods": [(name, asked.query(period=name), name == asked.period) for name in PERIODS],
        "chips": answer.chips(asked, form),
        "page": page,
        "rows": overview_words.shown(list(page), asked),
        "without": overview_words.without_words(found),
        "without_url": f"?{asked.query(without=not asked.without)}",
        "unallocated_url": overview_words.lines_of(asked, {"unallocated": True}),
        "everything_url": overview_words.lines_of(asked),
        "explorer_url": ""
        if asked.filters.since is None
        else f"{reverse('costs:explore')}?{asked.explored.query(top=12)}",
        "files": asked.query(),
        "default_sort": DEFAULT_SORT,
        "currency": currency,
        "pending": pending_lines(asked.explored, user),
        "pending_url": overview_words.lines_waiting(asked),
        "without_price": unpriced.of_filters(asked.filters, user),
        "has_hidden": has_hidden(asked.explored, user),
    }
    return render(request, "costs/budgets.html", context, status=422 if form.errors else 200)


def export(request: HttpRequest, extension: str) -> HttpResponse | StreamingHttpResponse:
    """Give all rows as a file."""
    user = require(request.user, "portfolio.see")
    form = _form(request)
    if not form.is_valid():
        return said_on("costs:budgets", request)
    asked, currency, name = form.asked(), request.organisation.base_currency, f"budgets.{extension}"
    found = overview(asked, user)
    if extension == "csv":
        return csv_answer(overview_exports.as_csv(found, asked, currency), name)
    return xlsx_answer(overview_exports.as_xlsx(found, asked, currency), name)


def _form(request: HttpRequest) -> OverviewForm:
    return OverviewForm(request.GET, request.organisation.fiscal_year_start)
