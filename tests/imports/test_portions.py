"""Files of rows that an import or a list has: fetched in portions, without a cursor that is kept open meanwhile."""

import csv
from collections.abc import Iterable, Iterator

import pytest
from django.db import connection
from django.urls import reverse

from imports import errors_csv, restated_csv
from imports.models import Import, RejectedRow, RestatedRow
from projects import exports
from tests.factories import InitiativeFactory, UserFactory

pytestmark = pytest.mark.django_db


def without_cursor(lines: Iterable[str | bytes]) -> Iterator[str]:
    """Yield the lines of a file, and see after each that the database holds nothing for it."""
    for line in lines:
        yield line.decode() if isinstance(line, bytes) else line
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM pg_cursors")
            assert cursor.fetchall() == []


@pytest.fixture
def job(monkeypatch) -> Import:
    for file in (errors_csv, restated_csv):
        monkeypatch.setattr(file, "AT_ONCE", 3)
    job = Import.objects.create(format="costs_csv", file_name="a.csv", file_size=1, header=["amount"])
    for line in (5, 2, 2, 3, 2, 2, 9, 1):
        RejectedRow.objects.create(job=job, line=line, reason="r", cells=[str(line)])
        RestatedRow.objects.create(job=job, line=line, now_amount=line, now_currency="USD")
    return job


@pytest.mark.parametrize("file", [errors_csv, restated_csv])
def test_rows_of_an_import_come_in_order_and_in_portions(job, file):
    rows = filter(None, csv.reader(without_cursor(file.response(job).streaming_content)))
    assert [int(row[0]) for row in list(rows)[1:]] == [1, 2, 2, 2, 2, 3, 5, 9]


def test_rows_of_a_list_come_in_its_order_and_in_portions(monkeypatch, client):
    monkeypatch.setattr(exports, "CHUNK", 2)
    for title in ("b", "a", "c", "b", "d"):
        InitiativeFactory(title=title)
    client.force_login(UserFactory(finance=True))
    answer = client.get(reverse("projects:initiative-export", args=["csv"]), {"sort": "-title"})
    rows = list(csv.reader(without_cursor(answer.streaming_content)))
    assert [row[1] for row in rows[1:]] == ["d", "c", "b", "b", "a"]
