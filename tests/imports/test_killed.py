"""A worker killed at any moment: the import is taken up again and ends as if nothing had happened."""

from __future__ import annotations

import gzip
import io
import time
from collections.abc import Callable
from decimal import Decimal
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
import xlsxwriter
from django.db import connection, transaction
from django.db.models import Sum

from accounts.models import AuditEntry
from costs.models import CostLine, GroupMonth
from imports import files, heartbeat, jobs, runner, tasks, workers
from imports.models import Import
from imports.pipeline import Importer
from projects.importers.initiatives_csv import InitiativesCsv
from projects.models import BusinessUnit, Initiative, Tag, Transition
from tests import own_process
from tests.factories import UserFactory
from tests.killing import kill_twice, taken_by, wait

INVENTORY = "federal-ai-inventory/2024_consolidated_ai_inventory_raw_v2.csv"


def worker(job: Import) -> ForkServerProcess:
    """Start a process of its own that runs the import in the test's database."""
    return own_process.start(runner.run, job.pk)


def take_and_wait(import_id: int) -> None:
    """Be a worker in the middle of a long statement."""
    with transaction.atomic(), connection.cursor() as cursor:
        while not runner.try_to_lock(import_id):  # who asks whether it is running has the lock for a moment
            time.sleep(0.01)
        cursor.execute("SELECT pg_sleep(300)")


def totals() -> tuple[int, ...]:
    models = (Initiative, Transition, BusinessUnit, Tag, AuditEntry)
    return tuple(model.objects.count() for model in models)


@pytest.mark.django_db(transaction=True)
def test_the_database_lets_go_of_a_killed_worker_in_the_middle_of_a_statement() -> None:
    process = own_process.start(take_and_wait, 7)
    wait(120, lambda: runner.is_running(7))
    assert runner.is_running(7)
    process.kill()
    process.join()
    wait(20, lambda: not runner.is_running(7))
    assert not runner.is_running(7)


@pytest.mark.django_db(transaction=True)
def test_an_import_killed_twice_is_taken_up_and_ends_like_a_clean_one(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, source = "federal_ai_inventory", shared_data / INVENTORY
    clean = taken_by(name, files.chunks_of(source))
    job = jobs.submit(None, format_name=name, chunks=files.chunks_of(source), file_name=source.name)

    def look() -> None:
        assert (job.state, totals()) == ("running", (0, 0, 0, 0, 0)) or job.state == "done"

    kill_twice(job, clean, look)
    monkeypatch.setattr(tasks.run_import, "apply_async", lambda args, expires: tasks.run_import(*args))
    tasks.take_up_abandoned()
    job.refresh_from_db()
    assert (job.state, job.rows_created, job.rows_rejected) == ("done", 2133, 0)
    assert totals() == (2133, 5215, 378, 25, 2133 + 378 + 25 + 1)
    assert tasks.take_up_abandoned() == 0


ROWS = [(f"2026-03-{1 + n % 28:02d}", "cloud", f"{n}.00000000503", "USD", f"vendor {n % 50}") for n in range(20_000)]
COLUMNS = ("incurred_on", "category", "amount", "currency", "vendor")
SUM = Decimal(19_999 * 10_000) + 20_000 * Decimal("0.00000000503")


def as_gz() -> bytes:
    return gzip.compress("\n".join(map(",".join, [COLUMNS, *ROWS])).encode())


def as_sheet() -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    for number, row in enumerate([COLUMNS, *ROWS]):
        sheet.write_row(number, 0, row)
    book.close()
    return file.getvalue()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("content", [as_gz, as_sheet])
def test_a_worker_killed_twice_at_random_leaves_the_totals_of_a_clean_run(content: Callable[[], bytes]) -> None:
    chunks = [content()]
    clean = taken_by("costs_csv", chunks)
    job = jobs.submit(None, format_name="costs_csv", chunks=chunks, file_name="bill")

    def look() -> None:
        assert (job.state, CostLine.objects.count()) in [("running", 0), ("done", 20_000)]

    kill_twice(job, clean, look)
    runner.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.rows_created, job.amount_total) == ("done", 20_000, SUM)
    assert (CostLine.objects.count(), CostLine.objects.aggregate(sum=Sum("base_amount"))) == (20_000, {"sum": SUM})
    assert GroupMonth.objects.aggregate(sum=Sum("gross")) == {"sum": SUM}


@pytest.mark.django_db(transaction=True)
def test_an_import_that_kills_its_worker_every_time_is_given_up() -> None:
    job = jobs.submit(None, format_name="initiatives_csv", chunks=[b"title\nx\n"], file_name="x.csv")
    Import.objects.update(attempts=workers.MOST_IN_VAIN, state="running")
    runner.run(job.pk)
    job.refresh_from_db()
    assert (job.state, str(job.reasons.get())) == ("failed", runner.GIVEN_UP)


class Killed(BaseException):
    """What ends a worker at once."""


def die_at(job: Import, batch: int) -> None:
    """Run an import until so many batches are done; its worker dies then."""
    done = []

    def watch(_importer: Importer) -> None:
        done.append(1)
        if len(done) == batch:
            raise Killed

    with pytest.raises(Killed):
        runner.run(job.pk, watch)
    job.refresh_from_db()


@pytest.fixture
def long_job(monkeypatch: pytest.MonkeyPatch) -> Import:
    """Return an import of ten batches of one row, each larger than what is read of a file at a time."""
    monkeypatch.setattr(InitiativesCsv, "batch_rows", 1)
    monkeypatch.setattr(heartbeat, "EVERY_SECONDS", 0)
    rows = "".join(f"title {n},{'x' * 15_000}\n" for n in range(10))
    return jobs.submit(
        None, format_name="initiatives_csv", chunks=[f"title,problem\n{rows}".encode()], file_name="x.csv"
    )


@pytest.mark.django_db(transaction=True)
def test_an_import_is_not_given_up_while_it_gets_further_between_deaths(long_job: Import) -> None:
    for batch in (3, 1, 2, 1, 3, 5, 1, 4, 2, 5, 9):  # never five in a row that got no further
        die_at(long_job, batch)
    assert (long_job.state, long_job.attempts, Initiative.objects.count()) == ("running", 11, 0)
    runner.run(long_job.pk)
    long_job.refresh_from_db()
    assert (long_job.state, long_job.rows_created) == ("done", 10)


@pytest.mark.django_db(transaction=True)
def test_a_file_that_kills_its_worker_at_one_place_is_given_up(long_job: Import) -> None:
    for _ in range(1 + workers.MOST_IN_VAIN):  # the first gets as far as nothing before it
        die_at(long_job, 4)
    runner.run(long_job.pk)
    long_job.refresh_from_db()
    assert (long_job.state, str(long_job.reasons.get())) == ("failed", runner.GIVEN_UP)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_while_it_waits_for_its_turn_has_not_tried(long_job: Import) -> None:
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [runner.FORMAT_LOCKS, long_job.format])
        die_at(long_job, 1)
        cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [runner.FORMAT_LOCKS, long_job.format])
    other.close()
    assert (long_job.state, long_job.attempts) == ("running", 0)


@pytest.mark.django_db(transaction=True)
def test_an_import_that_waits_for_its_turn_holds_no_worker_and_comes_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks.run_import, "delay", sent.append)
    first, second, third, fourth = (
        jobs.submit(None, format_name="initiatives_csv", chunks=[b"title\n%d\n" % n], file_name="x.csv")
        for n in range(4)
    )
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [runner.FORMAT_LOCKS, first.format])
        Import.objects.filter(pk=first.pk).update(state="running")  # its worker died
        for job in (first, second):
            tasks.run_import(job.pk)
            job.refresh_from_db()
            assert (job.state, job.attempts, sent) == ("queued", 0, [])
        jobs.cancel(second, UserFactory(portfolio=True))  # at once: nobody is on it
        cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [runner.FORMAT_LOCKS, first.format])
    other.close()
    tasks.run_import(first.pk)
    tasks.run_import(sent[-1])
    assert sent == [third.pk, fourth.pk]
    states = Import.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["done", "failed", "done", "queued"]


@pytest.mark.django_db(transaction=True)
def test_an_import_that_somebody_is_on_is_left_alone() -> None:
    job = jobs.submit(None, format_name="initiatives_csv", chunks=[b"title\nx\n"], file_name="x.csv")
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [runner.LOCKS, job.pk])
        assert runner.is_running(job.pk)
        runner.run(job.pk)
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [runner.LOCKS, job.pk])
    other.close()
    job.refresh_from_db()
    assert (job.state, Initiative.objects.count()) == ("queued", 0)


@pytest.mark.django_db(transaction=True)
def test_an_error_of_ours_changes_nothing_and_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InitiativesCsv, "finish", lambda self: 1 / 0)
    job = jobs.submit(None, format_name="initiatives_csv", chunks=[b"title\nx\n"], file_name="x.csv")
    with pytest.raises(ZeroDivisionError):
        runner.run(job.pk)
    job.refresh_from_db()
    assert (job.state, str(job.reasons.get()), Initiative.objects.count()) == ("failed", runner.INTERNAL, 0)


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_format_at_once_make_everything_once(shared_data: Path) -> None:
    source = shared_data / INVENTORY
    both = [
        jobs.submit(None, format_name="federal_ai_inventory", chunks=files.chunks_of(source), file_name=source.name)
        for _ in range(2)
    ]
    for process in [worker(job) for job in both]:
        process.join(60)
        assert process.exitcode == 0
    assert sorted(Import.objects.values_list("state", "rows_created", "rows_unchanged")) == [
        ("done", 0, 2133),
        ("done", 2133, 0),
    ]
    assert Initiative.objects.count() == 2133
