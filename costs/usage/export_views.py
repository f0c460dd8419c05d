"""Usage as a file."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from accounts.permissions import require
from costs.ledger import exports as ledger_exports
from costs.ledger.filter_form import said_on
from costs.ledger.views import TOO_MANY
from costs.usage import exports
from costs.usage.forms import UsageFiltersForm
from costs.usage.listing import UsageList
from display.file_answers import csv_answer, xlsx_answer
from display.numbers import number


def export(request: HttpRequest, extension: str) -> HttpResponse | StreamingHttpResponse:
    """Give the usage that the filters keep as a file."""
    user = require(request.user, "portfolio.see")
    form = UsageFiltersForm(request.GET)
    if not form.is_valid():
        return said_on("costs:usage", request)
    wanted = form.wanted()
    if extension == "csv":
        return csv_answer(exports.as_csv(wanted, user), "usage.csv")
    found = UsageList(wanted, user)
    if found.lines > ledger_exports.MOST_IN_XLSX:
        given = {"most": number(ledger_exports.MOST_IN_XLSX), "lines": number(found.count())}
        messages.error(request, TOO_MANY % given)
        return said_on("costs:usage", request)
    return xlsx_answer(exports.as_xlsx(wanted, user), "usage.xlsx")
