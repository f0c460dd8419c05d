"""An import that made much is taken back by a worker: asked for, seen, killed at any moment, failed, refused twice."""

from __future__ import annotations

import time
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, User
from costs import rollups
from costs.importers.costs_csv import CostsCsv
from costs.models import CostLine, GroupMonth
from imports import jobs, reverting, runner, tasks, workers
from imports.models import Import
from tests.factories import UserFactory, bearer
from tests.imports.files import bring_in
from tests.killing import a_revert, kill_twice

pytestmark = pytest.mark.django_db(transaction=True)
HEADER = "incurred_on,category,amount,currency,vendor\n"
THREE = HEADER + "2026-03-05,cloud,7,USD,a\n2026-03-06,cloud,8,USD,a\n2026-03-07,cloud,9,USD,b\n"


@pytest.fixture
def finance() -> User:
    return UserFactory(finance=True)


@pytest.fixture
def much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let three rows be more than a request takes back, and no worker be there."""
    monkeypatch.setattr(CostsCsv, "reverts_at_once", 2)
    monkeypatch.setattr(tasks.revert_import, "delay", lambda pk: None)


def gross() -> Decimal | None:
    return GroupMonth.objects.aggregate(sum=Sum("gross"))["sum"]


def asked(job: Import, finance: User) -> Import:
    assert jobs.ask_to_revert(job, finance) is None
    job.refresh_from_db()
    return job


def test_by_api_little_is_taken_back_at_once_and_much_by_a_worker(client: Client, finance: User, much: None) -> None:
    little, big, headers = (
        bring_in("costs_csv", HEADER + "2026-03-05,cloud,1,USD,c\n"),
        bring_in("costs_csv", THREE),
        bearer(finance),
    )
    answer = client.post(f"/api/v1/imports/{little.pk}/revert", headers=headers)
    assert (answer.status_code, answer.json()["state"], answer.json()["revert_asked_at"]) == (200, "reverted", None)
    answer = client.post(f"/api/v1/imports/{big.pk}/revert", headers=headers)
    assert (answer.status_code, answer.json()["state"]) == (202, "done")
    assert answer.json()["revert_asked_at"] is not None
    assert gross() == 24
    again = client.post(f"/api/v1/imports/{big.pk}/revert", headers=headers)
    assert (again.status_code, again.json()["detail"]) == (409, "The import is being taken back already.")
    reverting.run(big.pk)
    body = client.get(f"/api/v1/imports/{big.pk}", headers=headers).json()
    assert (body["state"], body["breakdown"]["reverted"]) == ("reverted", {"removed": 3, "kept": 0})
    assert (gross(), CostLine.objects.count()) == (0, 0)
    entry = AuditEntry.objects.get(action="revert", object_type="imports.import", object_id=big.pk)
    assert (entry.actor, entry.changes["rows_created"]) == (finance, [3, 0])
    reverting.run(big.pk)  # handed out twice
    assert AuditEntry.objects.filter(action="revert", object_id=big.pk).count() == 1
    assert client.post(f"/api/v1/imports/{big.pk}/revert", headers=headers).status_code == 409


def test_little_is_left_to_a_worker_while_an_import_writes(
    client: Client, finance: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.revert_import, "delay", lambda pk: None)
    job, other = bring_in("costs_csv", THREE), connection.copy()
    with other.cursor() as cursor:
        cursor.execute(f"BEGIN; {rollups.LOCK}")  # as an import does from its finish to its end
        began = time.monotonic()
        answer = client.post(f"/api/v1/imports/{job.pk}/revert", headers=bearer(finance))
        assert time.monotonic() - began < 10
        assert (answer.status_code, answer.json()["state"], gross()) == (202, "done", 24)
        assert not AuditEntry.objects.filter(action="revert").exists()
        cursor.execute("COMMIT")
    other.close()
    reverting.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.reverted_by, gross()) == ("reverted", finance, 0)


@pytest.mark.parametrize("most_at_once", [2, 50_000])
def test_one_that_another_request_is_taking_back_is_not_waited_for(
    client: Client, finance: User, monkeypatch: pytest.MonkeyPatch, most_at_once: int
) -> None:
    monkeypatch.setattr(CostsCsv, "reverts_at_once", most_at_once)
    job = bring_in("costs_csv", THREE)
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute("BEGIN; SELECT FROM imports_import WHERE id = %s FOR UPDATE", [job.pk])
        with connection.cursor() as mine:
            mine.execute("SET lock_timeout = '12s'")  # so that this test ends
        began = time.monotonic()
        answer = client.post(f"/api/v1/imports/{job.pk}/revert", headers=bearer(finance))
        assert time.monotonic() - began < 10
        assert (answer.status_code, answer.json()["detail"]) == (409, "The import is being taken back already.")
    with connection.cursor() as mine:
        mine.execute("RESET lock_timeout")
    job.refresh_from_db()
    assert (job.state, job.revert_asked_at, gross()) == ("done", None, 24)


def test_the_worker_is_sent_for(
    client: Client, finance: User, monkeypatch: pytest.MonkeyPatch, eager_tasks: None
) -> None:
    monkeypatch.setattr(CostsCsv, "reverts_at_once", 2)
    job = bring_in("costs_csv", THREE)
    body = client.post(f"/api/v1/imports/{job.pk}/revert", headers=bearer(finance)).json()
    assert (body["state"], gross()) == ("reverted", 0)


def test_the_page_says_that_it_is_being_taken_back(client: Client, finance: User, much: None) -> None:
    job = bring_in("costs_csv", THREE)
    client.force_login(finance)
    page = client.post(f"/imports/{job.pk}/revert/", follow=True).content.decode()
    assert "test.csv is being taken back." in page
    assert 'hx-trigger="every 1s"' in page
    assert "Take it back …" not in page
    assert "Unallocated" not in page[page.index("<h1>") :]  # nothing leads on from what goes
    assert "being taken back" in client.get("/imports/").content.decode()
    part = client.get(f"/imports/{job.pk}/", headers={"HX-Request": "true"})
    assert "test.csv is being taken back." in part.content.decode()
    assert (
        "「test.csv」の取り込みを取り消しています。"
        in client.get(f"/imports/{job.pk}/", headers={"Accept-Language": "ja"}).content.decode()
    )
    twice = client.post(f"/imports/{job.pk}/revert/", follow=True).content.decode()
    assert "The import is being taken back already." in twice
    reverting.run(job.pk)
    assert client.get(f"/imports/{job.pk}/", headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert "Taken back: 3 of this import." in client.get(f"/imports/{job.pk}/").content.decode()


def test_one_that_runs_cannot_be_taken_back(client: Client, finance: User) -> None:
    job = jobs.submit(None, format_name="costs_csv", chunks=[THREE.encode()], file_name="x.csv")
    Import.objects.update(state="running")
    answer = client.post(f"/api/v1/imports/{job.pk}/revert", headers=bearer(finance))
    assert answer.status_code == 409
    assert answer.json()["detail"] == "Only an import that is done, and was no dry run, can be reverted."


def test_one_that_fails_says_why_and_leaves_all_as_it_was(
    client: Client, finance: User, much: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, way = asked(bring_in("costs_csv", THREE), finance), CostsCsv.revert

    def fails(*given: Any) -> None:
        way(*given)
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(CostsCsv, "revert", fails)
        with pytest.raises(ZeroDivisionError):
            reverting.run(job.pk)
    body = client.get(f"/api/v1/imports/{job.pk}", headers=bearer(finance)).json()
    assert (body["state"], body["revert_asked_at"], body["reasons"]) == ("done", None, {reverting.INTERNAL: 1})
    assert (gross(), CostLine.objects.count()) == (24, 3)
    client.force_login(finance)
    page = client.get(f"/imports/{job.pk}/").content.decode()
    assert "Nothing was taken back." in page
    assert "Take it back …" in page
    asked(job, finance)
    assert job.reasons.count() == 0
    reverting.run(job.pk)
    assert (Import.objects.get(pk=job.pk).state, gross()) == ("reverted", 0)


def test_one_that_kills_its_worker_every_time_is_given_up(finance: User, much: None) -> None:
    job = asked(bring_in("costs_csv", THREE), finance)
    assert job.attempts == 0  # those of the import do not count
    Import.objects.update(attempts=workers.MOST_IN_VAIN)
    reverting.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.revert_asked_at, str(job.reasons.get())) == ("done", None, reverting.GIVEN_UP)
    assert gross() == 24


def test_one_that_another_worker_is_on_is_left_alone(finance: User, much: None) -> None:
    job, other = asked(bring_in("costs_csv", THREE), finance), connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [runner.LOCKS, job.pk])
        reverting.run(job.pk)
        assert (gross(), tasks.take_up_abandoned()) == (24, 0)
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [runner.LOCKS, job.pk])
    other.close()


def test_one_just_asked_for_is_not_taken_up_yet(finance: User, much: None) -> None:
    asked(bring_in("costs_csv", THREE), finance)
    assert tasks.take_up_abandoned() == 0


def test_a_worker_killed_in_the_middle_leaves_all_and_it_is_taken_up_again(
    finance: User, much: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"2026-03-{1 + n % 28:02d},cloud,{n}.00000000503,USD,vendor {n % 50}\n" for n in range(20_000))
    clean = a_revert(asked(bring_in("costs_csv", HEADER + rows), finance)).taken()
    job, total = asked(bring_in("costs_csv", HEADER + rows), finance), 199_990_000 + 20_000 * Decimal("0.00000000503")
    assert gross() == total

    def look() -> None:
        assert (job.state, gross(), CostLine.objects.count()) in [("done", total, 20_000), ("reverted", 0, 0)]

    kill_twice(job, clean, look, a_revert, ("done", "reverted"))
    monkeypatch.setattr(tasks.revert_import, "apply_async", lambda args, expires: tasks.revert_import(*args))
    Import.objects.update(revert_asked_at=timezone.now() - tasks.GRACE)
    tasks.take_up_abandoned()
    job.refresh_from_db()
    assert (job.state, gross(), CostLine.objects.count()) == ("reverted", 0, 0)
    assert job.breakdown["reverted"] == {"removed": 20_000, "kept": 0}
    assert tasks.take_up_abandoned() == 0
