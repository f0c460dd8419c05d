"""The months of providers as a file."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponseRedirect, StreamingHttpResponse

from accounts.models import Organisation
from accounts.permissions import require
from costs.ledger.filter_form import said_on
from costs.reconciliation import exports
from costs.reconciliation.filters import MonthFilters
from costs.reconciliation.months import provider_months
from display.file_answers import csv_answer, xlsx_answer


def export(request: HttpRequest, extension: str) -> StreamingHttpResponse | FileResponse | HttpResponseRedirect:
    """Give every month that the filters of the list keep as a file."""
    require(request.user, "reconcile")
    found = provider_months()
    filters = MonthFilters(request.GET, found)
    if not filters.is_valid():
        return said_on("costs:reconciliations", request)
    months, base, name = filters.keep(found), Organisation.current().base_currency, f"reconciliation.{extension}"
    if extension == "xlsx":
        return xlsx_answer(exports.as_xlsx(months, base), name)
    return csv_answer(exports.as_csv(months, base), name)
