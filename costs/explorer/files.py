"""The explorer's answers as files: the whole table, or what the filters keep in columns of FOCUS."""

from __future__ import annotations

from dataclasses import replace

from django.http import FileResponse, HttpResponse, StreamingHttpResponse

from accounts.models import User
from costs.explorer import exports, focus
from costs.explorer.pivot import pivot
from costs.explorer.question import EVERY, Question
from display.spreadsheets import XLSX

CSV = "text/csv; charset=utf-8"


def table(question: Question, user: User, currency: str, extension: str) -> HttpResponse | FileResponse:
    """Give the whole table as csv or xlsx, nothing of it put together."""
    found, name = pivot(replace(question, top=EVERY), user), f"cost-explorer.{extension}"
    if extension == "csv":
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(exports.as_csv(found), content_type=CSV, headers=headers)
    return FileResponse(exports.as_xlsx(found, currency), as_attachment=True, filename=name, content_type=XLSX)


def charges(question: Question, user: User, currency: str) -> StreamingHttpResponse:
    """Give what the filters keep in columns of FOCUS: a row a charge, month and initiative."""
    headers = {"Content-Disposition": 'attachment; filename="focus.csv"'}
    return StreamingHttpResponse(focus.as_csv(question, user, currency), content_type=CSV, headers=headers)
