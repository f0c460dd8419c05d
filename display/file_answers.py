"""Answers that are files to keep: CSV as its lines come, and a workbook."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

from django.http import FileResponse, StreamingHttpResponse

from display.spreadsheets import XLSX

CSV = "text/csv; charset=utf-8"


def csv_answer(lines: Iterable[str], name: str) -> StreamingHttpResponse:
    """Send a CSV file under a name, each line as it comes."""
    return StreamingHttpResponse(
        lines, content_type=CSV, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def xlsx_answer(file: IO[bytes], name: str) -> FileResponse:
    """Send a workbook under a name."""
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
