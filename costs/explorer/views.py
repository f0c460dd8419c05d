"""The cost explorer, and its answers as files."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import require
from costs.explorer import answer, exports, focus
from costs.explorer.chart import chart
from costs.explorer.forms import ExploreForm
from costs.explorer.pending import pending_lines
from costs.explorer.pivot import pivot
from costs.explorer.question import EVERY, Question
from costs.explorer.sums import has_hidden
from costs.explorer.table import ShownTable
from money.months import next_month

PERIODS = (12, 24, 60)


def explore(request: HttpRequest) -> HttpResponse:
    """Answer what is asked by rows, columns and filters. A filter that cannot be read is said; the rest holds."""
    require(request.user, "portfolio.see")
    form = _form(request)
    question, user, currency = form.question(), request.user, request.organisation.base_currency
    found = pivot(question, user)  # type: ignore[arg-type]
    whole = Question(question.everything.filters, "category", "none", EVERY)
    everything = found.total if whole.filters == question.filters else pivot(whole, user).total  # type: ignore[arg-type]
    pending = pending_lines(question, user)  # type: ignore[arg-type]
    waiting = found.opened().words() | {"pending": "on"}
    context = {
        "form": form,
        "question": question,
        "found": found,
        "answer": answer.answer(found, everything, form, currency),
        "chips": answer.chips(question, form),
        "periods": [(months, *_last(question, months)) for months in PERIODS],
        "chart": chart(found, currency),
        "table": ShownTable(found, currency),
        "currency": currency,
        "has_hidden": has_hidden(question, user),  # type: ignore[arg-type]
        "pending": pending,
        "pending_url": f"{reverse('costs:ledger')}?{urlencode(waiting)}",
    }
    return render(request, "costs/explore.html", context, status=422 if form.errors else 200)


def export(request: HttpRequest, extension: str) -> HttpResponse | StreamingHttpResponse:
    """Give the whole table as a file, nothing of it put together."""
    require(request.user, "portfolio.see")
    asked = _form(request).question()
    found = pivot(replace(asked, top=EVERY), request.user)  # type: ignore[arg-type]
    if extension == "csv":
        response = HttpResponse(exports.as_csv(found), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="cost-explorer.csv"'
        return response
    file = exports.as_xlsx(found, request.organisation.base_currency)
    return FileResponse(file, as_attachment=True, filename="cost-explorer.xlsx")


def export_focus(request: HttpRequest) -> StreamingHttpResponse:
    """Give what the filters keep in columns of FOCUS: a row a charge, month and initiative."""
    require(request.user, "portfolio.see")
    asked = _form(request).question()
    rows = focus.as_csv(asked, request.user, request.organisation.base_currency)  # type: ignore[arg-type]
    response = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="focus.csv"'
    return response


def _form(request: HttpRequest) -> ExploreForm:
    return ExploreForm(request.GET, request.organisation.fiscal_year_start)


def _last(question: Question, months: int) -> tuple[str, bool]:
    """Return the query string of the last so many months, and whether they are shown."""
    until = timezone.localdate().replace(day=1)
    since = next_month(until, 1 - months)
    return question.query(since=since, until=until), (question.since, question.filters.until) == (since, until)
