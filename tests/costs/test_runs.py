"""What moves too much for a request is done by a worker: what the ledger takes, and the labels of AI categories."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from multiprocessing.context import ForkServerProcess
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from accounts.models import AuditEntry, DataVersion, User
from costs import rollups, tasks, totals
from costs.ai import categories as ai_categories
from costs.allocation import places
from costs.allocation.placements import EVER
from costs.models import AiCategoryRule, AllocationRun, ChargeGroup, LedgerSource, Placement
from costs.reconciliation import sources as ledger_sources
from costs.runs import queue
from imports.workers import MOST_IN_VAIN
from tests import own_process
from tests.costs.reconciliation.test_months import record
from tests.costs.test_removal_api import caller
from tests.factories import UserFactory, bearer
from tests.imports.test_killed import wait

pytestmark = pytest.mark.django_db
SOURCES, RULES, RUNS = "/ledger-sources", "/ai-category-rules", "/cost-runs"
TAKE = {"provider": "openai", "since": "2026-04", "kind": "usage"}
RULE = {"priority": 5, "match": {"provider": "openai"}, "ai_category": "data"}
PAGE = "/costs/reconciliation/openai/2026-04/"


@pytest.fixture
def finance() -> User:
    return UserFactory(finance=True, name="Fumi Finance")


@pytest.fixture
def api(client: Client, finance: User) -> Callable[..., Any]:
    headers = bearer(finance)

    def call(method: str, path: str, body: Any = None, **more: str) -> Any:
        options = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(client, method)(f"/api/v1{path}", headers=headers | more, **options)

    return call


@pytest.fixture
def office(finance: User) -> Client:
    client = Client()
    client.force_login(finance)
    return client


@pytest.fixture
def records() -> None:
    """OpenAI bills 100 in March and 10 in April, by our prices it is 108 and 11; the bill counts."""
    LedgerSource.objects.create(provider="openai", since=EVER, kind="bill", is_automatic=True)
    for on, billed, priced in (("2026-03-03", "100", "108"), ("2026-04-03", "10", "11")):
        record("bill", on, billed)
        record("usage", on, priced)
    places.synchronise()
    ai_categories.apply(None)


@pytest.fixture
def much(records: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let four groups of a line be more than a request moves, and no worker be there."""
    monkeypatch.setattr(queue, "MOST_LINES", 3)
    monkeypatch.setattr(ai_categories, "MOST_GROUPS", 3)
    monkeypatch.setattr(tasks.run_waiting, "delay", lambda: None)


def counted() -> Decimal:
    return totals.unallocated(date(2026, 12, 31)).gross


def labels() -> set[str]:
    return set(ChargeGroup.objects.values_list("ai_category", flat=True))


def decided() -> list[tuple[date, str]]:
    return list(LedgerSource.objects.values_list("since", "kind"))


def test_much_that_the_ledger_takes_waits_and_until_then_all_is_as_it_was(api, much, finance):
    answer = api("post", SOURCES, TAKE)
    assert answer.status_code == 202
    (run,) = AllocationRun.objects.all()
    told = answer.json()
    assert told.pop("asked_at")
    moved = {"lines": None, "amount": None, "allocated": None, "currency": "USD"}
    is_open = {"state": "queued", "finished_at": None, "put_right": False}
    assert told == TAKE | moved | is_open | {"id": run.pk, "about": "ledger"}
    assert (counted(), decided()) == (110, [(EVER, "bill")])
    # What comes meanwhile is counted as all the rest: 7 more on the bill, none of the usage.
    record("usage", "2026-04-04", "5", sku="another")
    record("bill", "2026-04-04", "7", sku="another")
    places.synchronise()
    assert counted() == 117
    assert tasks.run_waiting() == 1
    assert (counted(), decided()) == (116, [(EVER, "bill"), (date(2026, 4, 1), "usage")])
    assert api("get", f"{RUNS}/{run.pk}").json()["state"] == "done"
    assert [each["id"] for each in api("get", f"{RUNS}?about=ledger").json()["items"]] == [run.pk]
    assert api("get", f"{RUNS}?about=labels").json()["count"] == 0
    entry = AuditEntry.objects.get(object_type="costs.ledgersource")
    assert (entry.actor, entry.changes["kind"]) == (finance, ["bill", "usage"])
    assert tasks.run_waiting() == 0


def test_what_is_asked_for_meanwhile_is_done_after_it(api, much, monkeypatch):
    api("post", SOURCES, TAKE)
    monkeypatch.undo()  # little by now, and yet not before what was asked for first
    monkeypatch.setattr(tasks.run_waiting, "delay", lambda: None)
    assert api("post", SOURCES, TAKE | {"since": "2026-03", "kind": "bill"}).status_code == 202
    assert tasks.run_waiting() == 2
    assert (counted(), decided()) == (110, [(EVER, "bill"), (date(2026, 3, 1), "bill")])
    assert api("post", SOURCES, TAKE).status_code == 201
    assert counted() == 111


def test_the_pages_say_what_the_ledger_is_brought_to(office, much):
    answer = office.post(PAGE, {"take": "1", "kind": "usage"}, follow=True)
    asked = "The ledger is to take of openai, from April\u00a02026 on: usage, priced by us."
    run = AllocationRun.objects.get()
    for shown in (answer, office.get("/costs/"), office.get("/costs/explore/"), office.get("/costs/reconciliation/")):
        text = shown.content.decode()
        assert asked in text
        assert "It is being brought up to date; until that is done all figures are those from before." in text
        assert "Fumi Finance" in text
    assert "The ledger takes another record from this month on." not in answer.content.decode()
    assert "2026年4月から" in office.get(PAGE, headers={"Accept-Language": "ja"}).content.decode()
    poll = f"/costs/waiting/?runs={run.pk}"
    assert f'hx-get="{poll}"' in answer.content.decode()
    assert office.get(poll).status_code == 204
    tasks.run_waiting()
    assert asked not in office.get(PAGE).content.decode()


def test_many_groups_are_labelled_by_a_worker_and_the_rule_is_kept_at_once(api, much, finance):
    before = labels()
    made = api("post", RULES, RULE)
    rule = AiCategoryRule.objects.get(priority=5)
    run = AllocationRun.objects.get()
    assert (made.status_code, made.json()["id"], made["ETag"]) == (202, rule.pk, '"1"')
    assert (made.json()["run"]["id"], made.json()["run"]["about"], made.json()["run"]["state"]) == (
        run.pk, "labels", "queued",
    )  # fmt: skip
    assert labels() == before == {"inference"}
    assert AuditEntry.objects.get(object_type="costs.aicategoryrule", action="create").actor == finance
    changed = api("patch", f"{RULES}/{rule.pk}", {"ai_category": "gpu"}, **{"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["run"]["id"]) == (202, run.pk)  # one run does both
    assert tasks.run_waiting() == 1
    assert labels() == {"gpu"}
    gone = api("delete", f"{RULES}/{rule.pk}", **{"If-Match": '"2"'})
    assert (gone.status_code, gone.json()["state"]) == (202, "queued")
    assert tasks.run_waiting() == 1
    assert labels() == {"inference"}


def test_a_rule_that_moves_many_lines_of_few_groups_waits_too(records, monkeypatch):
    monkeypatch.setattr(queue, "MOST_LINES", 3)
    rule = AiCategoryRule(priority=5, match={"provider": "openai"}, ai_category="data")
    run = ai_categories.save(None, rule)  # no longer for tokens: both records count
    assert isinstance(run, AllocationRun)
    assert (labels(), counted()) == ({"inference"}, 110)
    tasks.run_waiting()
    assert labels() == {"data"}


def test_the_pages_say_that_labels_are_brought_up(office, much):
    form = {"ai_category": "data", "priority": "5", "provider": "openai", "is_active": "on"}
    shown = office.post("/costs/ai-categories/new/", form, follow=True).content.decode()
    assert "The AI categories of what is there are being brought to the rules." in shown
    assert "The rules are applied" not in shown
    AllocationRun.objects.update(failed=True, finished_at=AllocationRun.objects.get().asked_at)
    assert "were to be brought to the rules." in office.get("/costs/ai-categories/").content.decode()
    office.post("/costs/ai-categories/")  # applied again
    tasks.run_waiting()
    text = office.get("/costs/ai-categories/").content.decode()
    assert "were to be" not in text
    assert "are being brought" not in text


def test_one_that_fails_says_so_and_leaves_all_as_it_was(api, office, much, monkeypatch):
    api("post", SOURCES, TAKE)
    version = DataVersion.objects.get().number
    with monkeypatch.context() as patch:
        patch.setattr(rollups, "move", lambda _moves: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tasks.run_waiting()
    assert (counted(), decided()) == (110, [(EVER, "bill")])
    assert api("get", RUNS).json()["items"][0]["state"] == "failed"
    assert DataVersion.objects.get().number > version  # pages that were kept do not go on saying that it waits
    text = office.get(PAGE).content.decode()
    assert "Nothing of it was done" in text
    assert "hx-get" not in text[text.index("<h1>") :]
    assert tasks.run_waiting() == 0
    assert api("post", SOURCES, TAKE).status_code == 202
    assert "Nothing of it was done" not in office.get(PAGE).content.decode()
    tasks.run_waiting()
    assert counted() == 111


def test_one_during_which_the_database_goes_away_waits_on(api, much, monkeypatch):
    api("post", SOURCES, TAKE)
    with monkeypatch.context() as patch:
        patch.setattr(rollups, "move", gone)
        with pytest.raises(OperationalError):
            tasks.run_waiting()
    assert AllocationRun.objects.get().state == "queued"


def gone(_moves: Any) -> int:
    raise OperationalError


def test_one_that_kills_its_worker_every_time_is_given_up_and_those_behind_it_go_on(api, much):
    api("post", SOURCES, TAKE)
    AllocationRun.objects.update(attempts=MOST_IN_VAIN)
    api("post", RULES, RULE)
    tasks.run_waiting()
    tasks.run_waiting()
    assert [run.state for run in AllocationRun.objects.order_by("pk")] == ["failed", "done"]
    assert (decided(), labels()) == ([(EVER, "bill")], {"data"})


@pytest.mark.parametrize("role", ["contributor", "portfolio", "executive"])
def test_others_do_not_see_the_runs(client, role):
    call = caller(client, role=role)
    assert call("get", RUNS).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_leaves_all_and_another_does_it(api, much):
    api("post", SOURCES, TAKE)
    placed, other = set(Placement.objects.values_list("group", "initiative_id", "since")), connection.copy()
    for _time in range(2):
        with other.cursor() as cursor:
            other.set_autocommit(False)
            cursor.execute("LOCK TABLE costs_initiativemonth IN SHARE MODE")  # the sums: after sources and placements
            process = worker_in_the_middle()
            assert queue.run_next(tasks.WAITING) is None  # another worker leaves it alone
            process.kill()
            process.join()
            other.rollback()
        wait(60, lambda: not is_waited_for())
        assert (counted(), decided()) == (110, [(EVER, "bill")])
        assert set(Placement.objects.values_list("group", "initiative_id", "since")) == placed
    other.close()
    end = time.monotonic() + 60  # until the database has noticed that the worker is gone
    while not tasks.run_waiting() and time.monotonic() < end:
        time.sleep(0.1)
    assert (counted(), decided()) == (111, [(EVER, "bill"), (date(2026, 4, 1), "usage")])
    assert AllocationRun.objects.get().attempts == 3


def worker_in_the_middle() -> ForkServerProcess:
    process = own_process.start(queue.run_next, tasks.WAITING)
    wait(120, lambda: is_waited_for() or not process.is_alive())
    assert process.is_alive()
    return process


def is_waited_for() -> bool:
    """Tell whether a worker waits for the sums."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'costs_initiativemonth'::regclass"
        )
        return cursor.fetchone()[0] > 0


@pytest.mark.django_db(transaction=True)
def test_what_is_decided_while_a_worker_is_on_it_is_asked_for_anew(much):
    first, other = ai_categories.apply(None), connection.copy()
    with other.cursor() as cursor:
        other.set_autocommit(False)
        cursor.execute("SELECT 1 FROM costs_allocationrun WHERE id = %s FOR UPDATE", [first.pk])
        second = ai_categories.apply(None)
        other.rollback()
    other.close()
    assert second.pk > first.pk
    assert ai_categories.apply(None).pk in (first.pk, second.pk)
    assert tasks.run_waiting() == 2


def test_the_worker_is_sent_for(records, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(queue, "MOST_LINES", 3)
    sent: list[bool] = []
    monkeypatch.setattr(tasks.run_waiting, "delay", lambda: sent.append(True))
    with django_capture_on_commit_callbacks(execute=True):
        ledger_sources.take(UserFactory(finance=True), "openai", date(2026, 4, 1), "usage")
    assert sent == [True]
