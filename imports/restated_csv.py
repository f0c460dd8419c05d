"""The rows that an import restates, as a CSV file: what stood before, and what does now."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain

from django.http import StreamingHttpResponse

from api.decimals import shortest
from display.file_answers import csv_answer
from display.spreadsheets import Echo, neutral
from imports.models import Import
from imports.portions import in_portions
from imports.report import RESTATED_COLUMNS

AT_ONCE = 2_000  # rows


def response(job: Import, mark: str = "") -> StreamingHttpResponse:
    """Return restated.csv of an import: a row for each, every digit of its amounts.

    `mark`: what stands before all of it, where a spreadsheet opens it (`display.spreadsheets.MARK`).
    """
    return csv_answer(chain([mark], _lines(job)), f"restated-{job.pk}.csv")


def _lines(job: Import) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow(RESTATED_COLUMNS)
    for row in in_portions(job.restated.all(), AT_ONCE):
        values = [row.place, *(getattr(row, name) for name in RESTATED_COLUMNS[1:])]
        yield writer.writerow(map(_cell, values))


def _cell(value: object) -> object:
    if isinstance(value, Decimal):
        return shortest(value)
    return neutral(value) if isinstance(value, str) else value
