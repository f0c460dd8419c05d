"""The months of providers as a file."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, StreamingHttpResponse

from accounts.models import Organisation
from accounts.permissions import require
from costs.reconciliation import exports
from costs.reconciliation.months import provider_months
from display.spreadsheets import XLSX


def export(request: HttpRequest, extension: str) -> StreamingHttpResponse | FileResponse:
    """Give every month of the list as a file."""
    require(request.user, "reconcile")
    months, base, name = provider_months(), Organisation.current().base_currency, f"reconciliation.{extension}"
    if extension == "xlsx":
        return FileResponse(exports.as_xlsx(months, base), as_attachment=True, filename=name, content_type=XLSX)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(exports.as_csv(months, base), content_type="text/csv; charset=utf-8", headers=headers)
