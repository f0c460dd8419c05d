"""The rows that were not imported, as a CSV file to mend and send again."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from django.http import StreamingHttpResponse

from display.spreadsheets import Echo, neutral
from imports.models import Import


def response(job: Import) -> StreamingHttpResponse:
    """Return errors.csv of an import: line, column, reason, then the cells of the row as they were."""
    answer = StreamingHttpResponse(_lines(job), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="errors-{job.pk}.csv"'
    return answer


def _lines(job: Import) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow(["line", "column", "reason", "row"])
    for refusal in job.reasons.filter(is_refusal=True):
        yield writer.writerow(["", "", neutral(refusal.translated)])
    for row in job.rejected.iterator():
        yield writer.writerow([row.line, neutral(row.column), neutral(row.translated), *map(neutral, row.cells)])
