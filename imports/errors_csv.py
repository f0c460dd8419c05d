"""The rows that were not imported, as a CSV file to mend and send again."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain

from django.http import StreamingHttpResponse

from display.file_answers import csv_answer
from display.spreadsheets import Echo, neutral
from imports.errors_format import HEADINGS, harmless
from imports.models import Import
from imports.portions import in_portions

AT_ONCE = 50  # rows: each may have millions of characters


def response(job: Import, mark: str = "") -> StreamingHttpResponse:
    """Return errors.csv of an import: line, column, reason, then the row under the headings that its file has.

    `mark`: what stands before all of it, where a spreadsheet opens it (`display.spreadsheets.MARK`).
    """
    return csv_answer(chain([mark], _lines(job)), f"errors-{job.pk}.csv")


def _lines(job: Import) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow([*HEADINGS, *map(harmless, job.header)])
    for refusal in job.reasons.filter(is_refusal=True):
        yield writer.writerow(["", "", neutral(refusal.translated)])
    for row in in_portions(job.rejected.all(), AT_ONCE):
        ours = map(neutral, (row.place, row.column, row.translated))
        yield writer.writerow([*ours, *map(harmless, row.cells)])
