"""The bills of the demonstration, as one file of cost lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils import timezone

from accounts.models import Organisation, User
from imports import jobs, runner
from imports.models import State
from portfolio.demo.cast import purse
from portfolio.demo.context import REF
from portfolio.demo.spending import cost_rows, shared_rows
from portfolio.demo.stories import Story
from projects.models import Initiative

BILLS = "demo-bills.csv"
COLUMNS = (
    "initiative",
    "incurred_on",
    "category",
    "amount",
    "currency",
    "vendor",
    "description",
    "capex",
    "recurring",
    "recoverable",
    "billed_on",
    "invoice_ref",
    "tags",
)


def load(finance: User, told: list[Story], language: str) -> int:
    """Import every bill the way finance would: as one file, which then stands among the imports."""
    job = jobs.submit(finance, format_name="costs_csv", chunks=_file(told, language), file_name=BILLS)
    runner.run(job.pk)
    job.refresh_from_db()
    if job.state != State.DONE or job.rows_rejected:
        raise RuntimeError(f"The demonstration's bills were not imported: {job.state}, {job.reasons}")
    return job.rows_created


def _file(told: list[Story], language: str) -> Iterator[bytes]:
    keys = {row.external_ref: row.key for row in Initiative.objects.filter(external_ref__startswith=REF)}
    money, today = purse(Organisation.current().base_currency), timezone.localdate()
    yield _csv([COLUMNS])
    for story in told:
        rows = cost_rows(story, money, today)
        yield _csv([keys[f"{REF}{story.number:03d}"], *_cells(row)] for row in rows)
    yield _csv(["", *_cells(row)] for row in shared_rows(money, today, language))


def _cells(row: dict[str, Any]) -> list[Any]:
    values = [row.get(name) for name in COLUMNS[1:]]
    return [_cell(value) for value in values]


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else value


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
