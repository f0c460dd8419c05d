"""What the database stops: taken up again where that passes, over at once with the server's own words where not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from accounts.models import User
from costs import tasks as cost_tasks
from costs.importers.costs_csv import CostsCsv
from costs.models import AllocationRun
from costs.prices import repricing
from costs.runs import queue
from imports import jobs, reverting, runner, tasks
from imports.models import Import
from projects.importers.initiatives_csv import InitiativesCsv
from projects.models import Initiative
from tests.factories import UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db(transaction=True)

FAIL = """CREATE FUNCTION pg_temp.fail() RETURNS int LANGUAGE plpgsql AS $$
BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = '{}', DETAIL = 'not told'; END $$"""
SAID = "could not extend file: No space left on device"

# connection_failure, admin_shutdown, cannot_connect_now, deadlock_detected, serialization_failure
PASSES = ["08006", "57P01", "57P03", "40P01", "40001"]
# disk_full, program_limit_exceeded, lock_not_available, query_canceled
STAYS = ["53100", "54000", "55P03", "57014"]


def in_a_statement() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_temp.fail()")


def in_copy() -> None:
    with connection.cursor() as cursor, cursor.copy("COPY (SELECT pg_temp.fail()) TO STDOUT") as rows:
        list(rows)


WAYS = {in_a_statement: OperationalError, in_copy: psycopg.OperationalError}  # an error of COPY is the driver's own


def stopped(state: str, way: Callable[[], None] = in_a_statement) -> Callable[..., None]:
    def work(*_given: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(FAIL.format(state))
        way()

    return work


def imported(monkeypatch: pytest.MonkeyPatch, state: str, way: Callable[[], None]) -> Import:
    monkeypatch.setattr(InitiativesCsv, "finish", stopped(state, way))
    job = jobs.submit(None, format_name="initiatives_csv", chunks=[b"title\nx\n"], file_name="x.csv")
    with pytest.raises(WAYS[way]):
        runner.run(job.pk)
    job.refresh_from_db()
    return job


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("state", STAYS)
def test_an_import_says_at_once_what_the_server_says(
    state: str, way: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = imported(monkeypatch, state, way)
    said = f"The database stopped the import: “{SAID}”. Nothing was imported."
    assert (job.state, [str(reason) for reason in job.reasons.all()], job.attempts) == ("failed", [said], 1)
    assert not Initiative.objects.exists()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("state", PASSES)
def test_an_import_is_taken_up_again_where_that_passes(
    state: str, way: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        job = imported(patch, state, way)
    assert (job.state, job.reasons.count()) == ("running", 0)
    runner.run(job.pk)
    assert (Import.objects.get().state, Initiative.objects.count()) == ("done", 1)


@pytest.fixture
def finance() -> User:
    return UserFactory(finance=True)


@pytest.mark.parametrize(("state", "waits"), [("53100", False), ("57P01", True)])
def test_so_is_the_taking_back_of_one(state: str, waits: bool, finance: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CostsCsv, "reverts_at_once", 0)
    monkeypatch.setattr(tasks.revert_import, "delay", lambda pk: None)
    job = bring_in("costs_csv", "incurred_on,category,amount,currency\n2026-03-05,cloud,7,USD\n")
    assert jobs.ask_to_revert(job, finance) is None
    monkeypatch.setattr(CostsCsv, "revert", stopped(state))
    with pytest.raises(OperationalError):
        reverting.run(job.pk)
    job.refresh_from_db()
    said = f"The database stopped the taking back: “{SAID}”. Nothing was taken back."
    reasons = [str(reason) for reason in job.reasons.all()]
    assert (job.state, job.revert_asked_at is not None, reasons) == ("done", waits, [] if waits else [said])


@pytest.mark.parametrize(("state", "ends"), [("53100", "failed"), ("40P01", "queued")])
def test_so_is_what_was_decided(state: str, ends: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_tasks.run_waiting, "delay", lambda: None)
    monkeypatch.setitem(cost_tasks.WAITING, queue.About.RULES, stopped(state))
    queue.ask(None, queue.About.RULES)
    with pytest.raises(OperationalError):
        cost_tasks.run_waiting()
    assert AllocationRun.objects.get().state == ends


@pytest.mark.parametrize(("state", "ends"), [("53100", "failed"), ("40P01", "queued")])
def test_so_is_a_period_priced_anew(state: str, ends: str, finance: User, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = repricing.plan(finance, date(2026, 11, 1), date(2026, 12, 1))
    monkeypatch.setattr(repricing, "_work_out", stopped(state))
    with pytest.raises(OperationalError):
        repricing.run_next()
    planned.refresh_from_db()
    assert planned.state == ends
