"""Who waits too long for another write, as for an import at its end, is told so, and keeps what was typed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.models import User
from config.supervisor import ROOT
from costs import rollups
from costs.ledger import views
from costs.models import CostLine
from projects.models import Initiative
from tests.accounts.test_unsent import hidden
from tests.factories import InitiativeFactory, UserFactory, bearer

LINE = {"incurred_on": "2026-03-05", "category": "cloud", "amount": "10", "currency": "USD"}


@pytest.fixture
def initiative(db) -> Initiative:
    return InitiativeFactory()


@pytest.fixture
def finance(initiative) -> User:
    return UserFactory(finance=True)


@pytest.fixture
def imported(finance) -> Iterator[psycopg.Connection]:
    """An import that holds the sums; this request waits for it no longer than the test has time."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '200ms'")
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute(rollups.LOCK)
        yield other


def test_the_api_answers_503_and_when_to_come_again(client, finance, imported):
    send = {"content_type": "application/json", "headers": {**bearer(finance), "Idempotency-Key": "once"}}
    answer = client.post("/api/v1/costs", LINE, **send)
    assert (answer.status_code, answer["Retry-After"], answer["Content-Type"]) == (503, "5", "application/problem+json")
    assert answer.json()["detail"] == (
        "Other writes are in the way, perhaps those of an import. Nothing was saved. Try again in a moment."
    )
    assert CostLine.objects.count() == 0
    imported.rollback()
    assert client.post("/api/v1/costs", LINE, **send).status_code == 201


def test_a_page_gives_back_what_was_typed_to_be_sent_once_more(client: Client, finance, initiative, imported):
    client.force_login(finance)
    page = f"/initiatives/{initiative.key}/costs/"
    answer = client.post(page, hidden(client.get(page)) | LINE | {"vendor": "Acme <b>"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Other writes were in the way, perhaps those of an import" in answer.content.decode()
    assert f'action="{page}"' in answer.content.decode()
    imported.rollback()
    assert client.post(page, hidden(answer)).status_code == 302
    assert CostLine.objects.get().group.vendor == "Acme <b>"


def test_what_is_no_form_is_told_on_a_page(client: Client, finance, monkeypatch, imported):
    client.force_login(finance)
    monkeypatch.setattr(views.rest, "told", transaction.atomic(lambda *_: rollups.lock()))
    answer = client.get("/costs/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Other writes are in the way at the moment." in answer.content.decode()


@pytest.mark.once
def test_a_web_process_waits_for_no_lock_for_long_unless_its_environment_says_otherwise():
    shown = "import config.wsgi, os; print(os.environ['PGOPTIONS'])"
    command = [sys.executable, "-c", shown]
    for given, kept in (({}, "-c lock_timeout=5s"), ({"PGOPTIONS": "-c lock_timeout=9s"}, "-c lock_timeout=9s")):
        inherited = {name: value for name, value in os.environ.items() if name != "PGOPTIONS"}
        around = {**inherited, "DJANGO_SETTINGS_MODULE": "config.settings", **given}
        done = subprocess.run(command, cwd=ROOT, env=around, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == kept
