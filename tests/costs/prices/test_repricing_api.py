"""Pricing a period anew by API: worked out, looked at, applied; who may; what is refused."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client, TestCase

from costs import tasks
from costs.models import CostLine, Repricing
from costs.prices import repricing
from tests.costs.prices.test_book import add as add_price
from tests.costs.test_removal_api import caller
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
URL = "/usage/repricings"
MARCH = {"since": "2026-03", "until": "2026-03"}
MONTH = (date(2026, 3, 1), date(2026, 4, 1))


@pytest.fixture
def api(client: Client):
    return caller(client, finance=True)


def gross() -> Decimal:
    return CostLine.objects.live().aggregate(sum=Sum("base_amount"))["sum"]


def test_a_period_is_worked_out_looked_at_and_applied(api):
    add_price("gpt-9", "2", provider="openai", since="2026-01-01")
    sent = {"occurred_on": "2026-03-05", "provider": "openai", "model": "gpt-9", "output_tokens": 0}
    api("post", "/usage", [sent | {"input_tokens": 3_000_000}, sent | {"model": "gpt-0", "input_tokens": 1_000_000}])
    add_price("gpt-9", "4", provider="openai", since="2026-02-01")
    add_price("gpt-0", "1", provider="openai", since="2026-02-01")
    answer = api("post", URL, MARCH | {"provider": "OpenAI"})
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    one = f"{URL}/{answer.json()['id']}"
    assert api("post", f"{one}/apply").status_code == 409
    repricing.run_next()
    body = api("get", one).json()
    assert {name: body[name] for name in ("state", "since", "until", "provider", "lines", "lines_changed")} == {
        "state": "ready", "since": "2026-03", "until": "2026-03", "provider": "openai", "lines": 2, "lines_changed": 2,
    }  # fmt: skip
    assert body["differences"] == [
        {
            "provider": "openai", "model": "gpt-9", "lines": 1,
            "before": "6", "currency_before": "USD", "after": "12", "currency_after": "USD",
        },
        {
            "provider": "openai", "model": "gpt-0", "lines": 1,
            "before": None, "currency_before": None, "after": "1", "currency_after": "USD",
        },
    ]  # fmt: skip
    assert gross() == 6
    applied = api("post", f"{one}/apply")
    assert (applied.status_code, applied.json()["state"]) == (202, "applying")
    repricing.run_next()
    assert (api("get", one).json()["state"], gross()) == ("done", 13)
    assert api("post", f"{one}/apply").status_code == 409


@pytest.mark.django_db(transaction=True)
def test_what_nobody_has_seen_yet_is_not_waited_for_and_not_applied(api):
    planned, worker = repricing.plan(UserFactory(finance=True), *MONTH, "openai"), connection.copy()
    with worker.cursor() as cursor:
        worker.set_autocommit(False)
        cursor.execute("SELECT 1 FROM costs_repricing WHERE id = %s FOR UPDATE", [planned.pk])
        cursor.execute("UPDATE costs_repricing SET state = 'ready' WHERE id = %s", [planned.pk])
        with connection.cursor() as own:
            own.execute("SET lock_timeout = '2s'")
        try:
            answer = api("post", f"{URL}/{planned.pk}/apply")
        finally:
            worker.rollback()
            worker.close()
            with connection.cursor() as own:
                own.execute("RESET lock_timeout")
    assert (answer.status_code, Repricing.objects.get().state) == (409, "queued")


def test_a_worker_is_sent_for_and_does_what_waits_the_oldest_first(monkeypatch):
    finance, sent = UserFactory(finance=True), []
    monkeypatch.setattr(tasks.run_waiting, "delay", lambda: sent.append(True))
    with TestCase.captureOnCommitCallbacks(execute=True):
        planned = [repricing.plan(finance, *MONTH) for _each in range(2)]
    assert (len(sent), tasks.run_waiting(), tasks.run_waiting()) == (2, 2, 0)
    with TestCase.captureOnCommitCallbacks(execute=True):
        repricing.apply(finance, Repricing.objects.get(pk=planned[0].pk))
    assert (len(sent), repricing.run_next(), repricing.run_next()) == (3, planned[0], None)
    assert list(Repricing.objects.order_by("pk").values_list("state", flat=True)) == ["done", "ready"]


def test_what_is_refused(api, client):
    assert api("post", URL, MARCH | {"until": "2026-02"}).status_code == 422
    assert api("post", URL, MARCH | {"colour": "red"}).status_code == 422
    assert api("post", URL, {}).status_code == 422
    assert api("get", f"{URL}/1").status_code == 404
    stranger = caller(client, portfolio=True)
    for method, path, body in (
        ("get", URL, None),
        ("post", URL, MARCH),
        ("get", f"{URL}/1", None),
        ("post", f"{URL}/1/apply", None),
    ):
        assert stranger(method, path, body).status_code == 403
    assert not Repricing.objects.exists()


def test_the_list_takes_as_many_queries_for_many(api, django_assert_num_queries):
    finance = UserFactory(finance=True)
    for month in range(1, 8):
        repricing.plan(finance, *(f"2026-{month + later:02d}-01" for later in (0, 1)))
    api("get", URL)  # the first call of a token notes that it was used
    with django_assert_num_queries(3):
        assert [each["since"] for each in api("get", f"{URL}?limit=2").json()["items"]] == ["2026-07", "2026-06"]
    with django_assert_num_queries(3):
        assert api("get", URL).json()["count"] == 7
