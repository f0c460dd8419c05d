"""The cost explorer, and its answers as files."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts.errors import RuleError
from accounts.permissions import require
from costs import unpriced
from costs.explorer import answer, files
from costs.explorer.chart import chart
from costs.explorer.forms import ExploreForm
from costs.explorer.pivot import pivot
from costs.explorer.question import EVERY, Question, pending_lines
from costs.explorer.sums import has_hidden
from costs.explorer.table import ShownTable
from costs.ledger.filter_form import said_on
from money.months import next_month

PERIODS = (12, 24, 60)


def explore(request: HttpRequest) -> HttpResponse:
    """Answer what is asked by rows, columns and filters. A filter that cannot be read is said; the rest holds."""
    user = require(request.user, "portfolio.see")
    form = _form(request)
    question, currency = form.question(), request.organisation.base_currency
    found = pivot(question, user)
    whole = Question(question.everything.filters, "category", "none", EVERY)
    everything = found.total if whole.filters == question.filters else pivot(whole, user).total
    pending = pending_lines(question, user)
    waiting = found.opened().words() | {"pending": "on"}
    context = {
        "form": form,
        "question": question,
        "found": found,
        "answer": answer.answer(found, everything, form, currency),
        "chips": answer.chips(question, form),
        "periods": [(months, *_last(question, months)) for months in PERIODS],
        "chart": chart(found, currency, is_said=not answer.subject_of(question, form)),
        "table": ShownTable(found, currency),
        "currency": currency,
        "has_hidden": has_hidden(question, user),
        "pending": pending,
        "pending_url": f"{reverse('costs:ledger')}?{urlencode(waiting)}",
        "without_price": unpriced.of_filters(question.filters, user),
    }
    return render(request, "costs/explore.html", context, status=422 if form.errors else 200)


def export(request: HttpRequest, extension: str) -> HttpResponse | StreamingHttpResponse:
    """Give the whole table as a file."""
    user = require(request.user, "portfolio.see")
    form = _form(request)
    if not form.is_valid():
        return said_on("costs:explore", request)
    try:
        return files.table(form.question(), user, request.organisation.base_currency, extension)
    except RuleError as error:
        messages.error(request, error.message)
        return said_on("costs:explore", request)


def export_focus(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Give what the filters keep in columns of FOCUS."""
    user = require(request.user, "portfolio.see")
    form = _form(request)
    if not form.is_valid():
        return said_on("costs:explore", request)
    return files.charges(form.question(), user, request.organisation.base_currency)


def _form(request: HttpRequest) -> ExploreForm:
    return ExploreForm(request.GET, request.organisation.fiscal_year_start)


def _last(question: Question, months: int) -> tuple[str, bool]:
    """Return the query string of the last so many months, and whether they are shown."""
    until = timezone.localdate().replace(day=1)
    since = next_month(until, 1 - months)
    return question.query(since=since, until=until), (question.since, question.filters.until) == (since, until)
