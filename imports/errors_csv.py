"""The rows that were not imported, as a CSV file to mend and send again."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from display.spreadsheets import Echo, neutral
from imports.models import Import, RejectedRow

CUT = gettext_noop("A cell that ends in “…” goes on after these 1,000 characters: mend this row in your own file.")


def response(job: Import) -> StreamingHttpResponse:
    """Return errors.csv of an import: line, column, reason, then the cells of the row, very long ones cut."""
    answer = StreamingHttpResponse(_lines(job), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="errors-{job.pk}.csv"'
    return answer


def _lines(job: Import) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow(["line", "column", "reason", "row"])
    for refusal in job.reasons.filter(is_refusal=True):
        yield writer.writerow(["", "", neutral(refusal.translated)])
    for row in job.rejected.iterator():
        yield writer.writerow([row.line, neutral(row.column), neutral(_reason(row)), *map(neutral, row.cells)])


def _reason(row: RejectedRow) -> str:
    return f"{row.translated} {_(CUT)}" if row.is_cut else row.translated
