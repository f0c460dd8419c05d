"""Imports of one format go in as they were handed in: what corrects a file comes after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from django.db import connection

from imports import jobs, runner, tasks
from imports.models import Import, State
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.run_import, "delay", lambda import_id: None)


@pytest.fixture
def taken_up(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[int]]:
    """Let the clock look once, and return which imports it sends."""
    sent: list[int] = []
    monkeypatch.setattr(tasks.run_import, "apply_async", lambda args, expires: sent.extend(args))
    monkeypatch.setattr(tasks, "GRACE", timedelta(0))

    def look() -> list[int]:
        sent.clear()
        tasks.take_up_abandoned()
        return list(sent)

    return look


def queued(format_name: str = "initiatives_csv", *, dry_run: bool = False) -> Import:
    text = {"initiatives_csv": b"title\nOne\n", "costs_csv": b"incurred_on,category,amount,currency\n"}[format_name]
    return jobs.submit(None, format_name=format_name, chunks=[text], file_name="x.csv", dry_run=dry_run)


def states() -> list[str]:
    return list(Import.objects.order_by("pk").values_list("state", flat=True))


@contextmanager
def held(*lock: int | str) -> Iterator[None]:
    """Be another worker that holds the turn of a format, or an import."""
    key = "hashtext(%s)" if isinstance(lock[1], str) else "%s"
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock(%s, {key})", lock)
        yield
        cursor.execute(f"SELECT pg_advisory_unlock(%s, {key})", lock)


def test_those_that_wait_are_taken_up_from_the_oldest_on_one_of_a_format(taken_up: Callable[[], list[int]]) -> None:
    first, second, other = queued(), queued(), queued("costs_csv")
    with held(runner.FORMAT_LOCKS, first.format):
        tasks.run_import(second.pk)
        tasks.run_import(first.pk)
    assert states() == ["queued"] * 3
    assert taken_up() == [first.pk, other.pk]
    tasks.run_import(first.pk)
    assert taken_up() == [second.pk, other.pk]


def test_what_died_is_taken_up_besides_in_the_order_of_all(taken_up: Callable[[], list[int]]) -> None:
    first, died, third, also_died = queued(), queued(), queued(), queued()
    Import.objects.filter(pk__in=[died.pk, also_died.pk]).update(state=State.RUNNING)
    assert taken_up() == [first.pk, died.pk, also_died.pk]
    with held(runner.LOCKS, died.pk):
        assert taken_up() == [first.pk, also_died.pk]
    for _ in range(4):
        for pk in taken_up():
            tasks.run_import(pk)
    assert states() == ["done"] * 4
    ends = Import.objects.order_by("finished_at").values_list("pk", flat=True)
    assert list(ends) == [first.pk, died.pk, third.pk, also_died.pk]


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
@pytest.mark.parametrize("dry_run", [False, True])
def test_one_waits_while_an_older_one_of_its_format_is_to_come(state: State, dry_run: bool) -> None:
    first, second = queued(dry_run=dry_run), queued()
    Import.objects.filter(pk=first.pk).update(state=state)
    tasks.run_import(second.pk)
    assert states() == [state, "queued"]
    tasks.run_import(first.pk)
    tasks.run_import(second.pk)
    assert states() == ["done", "done"]
    assert Import.objects.get(pk=second.pk).rows_created == dry_run


def test_one_waits_neither_for_another_format_nor_for_what_is_cancelled() -> None:
    cancelled, second = queued(), queued()
    _of_another, last = queued("costs_csv"), queued()
    with held(runner.LOCKS, cancelled.pk):  # a worker is on it, and sees it in a moment
        jobs.cancel(cancelled, UserFactory(portfolio=True))
        tasks.run_import(second.pk)
    tasks.run_import(last.pk)
    assert states() == ["queued", "done", "queued", "done"]


def test_the_command_waits_for_none_that_needs_a_worker() -> None:
    queued()
    runner.run(queued().pk)
    assert states() == ["queued", "done"]


def test_one_that_waits_is_not_written_again_at_each_look() -> None:
    first, second = queued(), queued()

    def version() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT xmin::text FROM imports_import WHERE id = %s", [second.pk])
            return cursor.fetchone()[0]

    written = version()
    tasks.run_import(second.pk)
    assert version() == written
    assert first.pk < second.pk
