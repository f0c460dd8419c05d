"""What others write while an import copies its report, which may have a row for every row of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from django.db import connection

from accounts.changes import changing, data_version
from costs.models import CostLine
from imports import copying, jobs, runner, store
from imports.models import Import, RejectedRow
from tests.costs.test_beside_an_import import SECONDS, beside
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
FILE = b"incurred_on,category,amount,currency\n2026-03-05,cloud,7,USD\n2026-03-06,cloud,seven,USD\n"


def submitted(*, dry_run: bool = False) -> Import:
    return jobs.submit(None, format_name="costs_csv", chunks=[FILE], file_name="x.csv", dry_run=dry_run)


def while_the_report_is_copied(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> list[bool]:
    """Do something on a connection of its own once the first rejected row is there; note whether it came to an end."""
    ended: list[bool] = []

    def copy_rows(model: Any, fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        copying.copy_rows(model, fields, rows)
        other = beside(work)
        other.join(SECONDS)
        ended.append(not other.is_alive())

    monkeypatch.setattr(store, "copy_rows", copy_rows)
    return ended


def a_write_that_counts() -> None:
    with changing(None), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '1s'")  # where it waits, the test does not wait for it


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_write_of_another_room_does_not_wait_for_it(dry_run: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    job, before, seen = submitted(dry_run=dry_run), data_version().number, []

    def write() -> None:
        a_write_that_counts()
        seen.append(data_version().number)

    assert while_the_report_is_copied(monkeypatch, write) == []
    runner.run(job.pk)
    assert seen == [before + 1]
    assert data_version().number == before + (1 if dry_run else 2)
    job.refresh_from_db()
    assert (job.state, job.rows_created, job.rows_rejected, RejectedRow.objects.count()) == ("done", 1, 1, 1)


def test_one_that_is_cancelled_meanwhile_ends_so_and_waits_in_no_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    job, finance, before = submitted(), UserFactory(finance=True), data_version()
    ended = while_the_report_is_copied(monkeypatch, lambda: jobs.cancel(Import.objects.get(pk=job.pk), finance))
    runner.run(job.pk)
    assert ended == [True]
    job.refresh_from_db()
    assert (job.state, str(job.reasons.get())) == ("failed", f"Cancelled by {finance}. Nothing was imported.")
    assert not CostLine.objects.exists()
    assert not RejectedRow.objects.exists()
    assert data_version() == before  # pages that are kept stay
