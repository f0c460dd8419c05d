"""The months of providers as a file."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, StreamingHttpResponse

from accounts.models import Organisation
from accounts.permissions import require
from costs.reconciliation import exports
from costs.reconciliation.months import provider_months
from display.file_answers import csv_answer, xlsx_answer


def export(request: HttpRequest, extension: str) -> StreamingHttpResponse | FileResponse:
    """Give every month of the list as a file."""
    require(request.user, "reconcile")
    months, base, name = provider_months(), Organisation.current().base_currency, f"reconciliation.{extension}"
    if extension == "xlsx":
        return xlsx_answer(exports.as_xlsx(months, base), name)
    return csv_answer(exports.as_csv(months, base), name)
