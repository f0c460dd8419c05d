"""The rows that were not imported, as a CSV file to mend and send again."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse

from imports.models import Import

# A spreadsheet would run cells that begin so; a quotation mark in front keeps them text.
FORMULA = ("=", "+", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NEGATIVE = re.compile(r"-[\d.,]+", re.ASCII)


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def response(job: Import) -> StreamingHttpResponse:
    """Return errors.csv of an import: line, column, reason, then the cells of the row as they were."""
    answer = StreamingHttpResponse(_lines(job), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="errors-{job.pk}.csv"'
    return answer


def _lines(job: Import) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(["line", "column", "reason", "row"])
    for refusal in job.reasons.filter(is_refusal=True):
        yield writer.writerow(["", "", _safe(refusal.translated)])
    for row in job.rejected.iterator():
        yield writer.writerow([row.line, _safe(row.column), _safe(row.translated), *map(_safe, row.cells)])


def _safe(cell: Any) -> str:
    text = str(cell)
    is_formula = text.startswith(FORMULA) or (text.startswith("-") and not _NEGATIVE.fullmatch(text))
    return f"'{text}" if is_formula else text
