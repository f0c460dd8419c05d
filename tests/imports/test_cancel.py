"""An import is cancelled: at once while it waits, in a moment while it runs; nothing of it stays."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry
from costs.bulk import spool
from costs.models import CostLine
from imports import files, jobs, runner, store
from imports.models import Import
from projects.importers.initiatives_csv import InitiativesCsv
from projects.models import Initiative
from tests.factories import UserFactory, bearer
from tests.imports.files import bring_in
from tests.imports.test_killed import INVENTORY

pytestmark = pytest.mark.django_db(transaction=True)


def queued(text: str = "title\nOne\nTwo\n") -> Import:
    return jobs.submit(None, format_name="initiatives_csv", chunks=[text.encode()], file_name="x.csv")


def said(job: Import) -> tuple[str, str]:
    job.refresh_from_db()
    return job.state, str(job.reasons.get())


def test_one_that_waits_is_over_at_once(client: Client) -> None:
    job, office = queued(), UserFactory(portfolio=True)
    client.force_login(office)
    assert "Cancel the import" in client.get(f"/imports/{job.pk}/").content.decode()
    assert "Cancelled." in client.post(f"/imports/{job.pk}/cancel/", follow=True).content.decode()
    assert said(job) == ("failed", f"Cancelled by {office}. Nothing was imported.")
    runner.run(job.pk)
    assert (said(job)[0], Initiative.objects.count()) == ("failed", 0)
    assert AuditEntry.objects.filter(action="cancel", actor=office, object_id=job.pk).exists()


@pytest.mark.parametrize("moment", ["load", "finish"])
def test_one_that_runs_stops_at_its_next_batch_or_before_its_end(
    client: Client, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imports.heartbeat.EVERY_SECONDS", 0)
    monkeypatch.setattr(InitiativesCsv, "batch_rows", 1)
    job, office = queued(), UserFactory(portfolio=True)
    way, answers = getattr(InitiativesCsv, moment), []

    def cancelled_meanwhile(self: InitiativesCsv, *given: object) -> None:
        way(self, *given)
        if answers:
            return
        other = connection.copy()  # as another process would
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [runner.LOCKS, job.pk])
            answers.append(cursor.fetchone()[0])
            cursor.execute("UPDATE imports_import SET cancelled_at = now(), cancelled_by_id = %s", [office.pk])
        other.close()

    monkeypatch.setattr(InitiativesCsv, moment, cancelled_meanwhile)
    runner.run(job.pk)
    assert answers == [False]
    assert said(job) == ("failed", f"Cancelled by {office}. Nothing was imported.")
    assert not Initiative.objects.exists()


def in_a_statement(_self: InitiativesCsv) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SLEEP)


def in_copy(_self: InitiativesCsv) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY ({SLEEP}) TO STDOUT") as rows:
        list(rows)


SLEEP = "SELECT pg_sleep(60)"


@pytest.mark.parametrize("finish", [in_a_statement, in_copy])  # an error of COPY comes as the driver has it
def test_one_that_runs_is_ended_in_the_middle_of_a_statement(
    finish: Callable[[InitiativesCsv], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(InitiativesCsv, "finish", finish)
    job, office = queued(), UserFactory(portfolio=True)
    started = monotonic()
    with ThreadPoolExecutor(1) as worker:
        running = worker.submit(run_and_disconnect, job.pk)
        while not is_asleep():
            sleep(0.05)
        jobs.cancel(job, office)
        running.result()
    assert monotonic() - started < 30
    assert said(job) == ("failed", f"Cancelled by {office}. Nothing was imported.")
    assert not Initiative.objects.exists()


def run_and_disconnect(import_id: int) -> None:
    runner.run(import_id)
    connection.close()


def is_asleep() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND state = 'active' AND query LIKE '%pg\\_sleep(60)%' AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0] == 1


def test_by_api_one_whose_worker_died_is_over_and_one_that_is_over_answers_409(client: Client) -> None:
    job, office = queued(), bearer(UserFactory(portfolio=True))
    Import.objects.update(state="running", attempts=1)
    body = client.post(f"/api/v1/imports/{job.pk}/cancel", headers=office).json()
    assert (body["state"], body["cancelled_at"] is not None) == ("failed", True)
    assert client.post(f"/api/v1/imports/{job.pk}/cancel", headers=office).status_code == 409
    done = bring_in("initiatives_csv", "title\nOne\n")
    assert client.post(f"/api/v1/imports/{done.pk}/cancel", headers=office).status_code == 409
    assert (Import.objects.get(pk=done.pk).state, Initiative.objects.count()) == ("done", 1)


def test_asking_a_running_one_twice_is_harmless(client: Client) -> None:
    job, office = queued(), UserFactory(portfolio=True)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [runner.LOCKS, job.pk])  # a worker is on it
        for _ in range(2):
            assert jobs.cancel(job, office).state == "queued"
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [runner.LOCKS, job.pk])
    other.close()
    client.force_login(office)
    assert "It is being cancelled" in client.get(f"/imports/{job.pk}/").content.decode()
    runner.run(job.pk)
    assert said(job)[0] == "failed"


@pytest.mark.parametrize(("role", "status"), [("contributor", 403), ("executive", 403), ("finance", 302)])
def test_who_may_cancel(client: Client, role: str, status: int) -> None:
    job = queued()
    client.force_login(UserFactory(role=role))
    assert client.post(f"/imports/{job.pk}/cancel/").status_code == status


def test_progress_has_speed_and_time_left(client: Client) -> None:
    job = queued()
    half = job.file_size // 2
    Import.objects.update(
        state="running", started_at=timezone.now() - timedelta(seconds=10), rows_done=500, bytes_done=half
    )
    body = client.get(f"/api/v1/imports/{job.pk}", headers=bearer(UserFactory(portfolio=True))).json()
    assert body["rows_per_second"] == pytest.approx(50, rel=0.1)
    assert body["seconds_left"] == pytest.approx(10 * (job.file_size - half) / half, rel=0.1)
    store.cancelled(job.pk)
    body = client.get(f"/api/v1/imports/{job.pk}", headers=bearer(UserFactory(portfolio=True))).json()
    assert (body["rows_per_second"], body["seconds_left"]) == (None, None)


# A line of each of 40 months: on the shelf they lie in several parts.
MONTHS = "incurred_on,category,amount,currency\n" + "".join(
    f"{2020 + month // 12}-{month % 12 + 1:02d}-05,cloud,1,USD\n" for month in range(40)
)


def test_one_whose_rows_are_all_read_says_so_and_stops_while_they_are_written(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 10)
    monkeypatch.setattr(spool, "TOGETHER", 10)
    finance, other, seen = UserFactory(finance=True), connection.copy(), []
    job = jobs.submit(finance, format_name="costs_csv", chunks=[MONTHS.encode()], file_name="x.csv")

    def watch(_importer: object) -> None:
        with other.cursor() as cursor:  # as a page would
            cursor.execute("SELECT rows_done, bytes_done FROM imports_import WHERE id = %s", [job.pk])
            seen.append(cursor.fetchone())
            if len(seen) == 4:  # two of the parts are written
                cursor.execute("UPDATE imports_import SET cancelled_at = now(), cancelled_by_id = %s", [finance.pk])
                monkeypatch.setattr("imports.heartbeat.EVERY_SECONDS", 0)

    runner.run(job.pk, watch)
    other.close()
    assert seen[1:] == [(40, job.file_size)] * 3
    assert said(job) == ("failed", f"Cancelled by {finance}. Nothing was imported.")
    assert not CostLine.objects.exists()


def test_the_time_of_an_import_counts_from_its_turn_on() -> None:
    job, other, begun = queued(), connection.copy(), []
    turn = [runner.FORMAT_LOCKS, job.format]
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", turn)

        def watch(_importer: object) -> None:
            begun.append(Import.objects.get(pk=job.pk).started_at)
            if len(begun) == 1:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s)), clock_timestamp()", turn)
                begun.append(cursor.fetchone()[1])

        runner.run(job.pk, watch)
    other.close()
    job.refresh_from_db()
    taken, let_go, running, *_ = begun
    assert taken < let_go < running == job.started_at
    assert job.started_at < job.finished_at


def test_the_federal_inventory_stops_in_its_midst(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.heartbeat.EVERY_SECONDS", 0)
    source, office = shared_data / INVENTORY, UserFactory(portfolio=True)
    chunks = files.chunks_of(source)
    job = jobs.submit(None, format_name="federal_ai_inventory", chunks=chunks, file_name=source.name)
    other, seen = connection.copy(), []

    def watch(_importer: object) -> None:
        with other.cursor() as cursor:  # as the page would: while the import's own transaction is open
            cursor.execute("SELECT state, rows_done, bytes_done > 0 FROM imports_import WHERE id = %s", [job.pk])
            seen.append(cursor.fetchone())
            cursor.execute("UPDATE imports_import SET cancelled_at = now(), cancelled_by_id = %s", [office.pk])

    runner.run(job.pk, watch)
    other.close()
    assert seen == [("running", 500, True)]
    assert said(job) == ("failed", f"Cancelled by {office}. Nothing was imported.")
    assert not Initiative.objects.exists()
