"""What the audit trail calls a thing, and that it is found by that name."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.changes import changing
from accounts.models import AuditEntry, Organisation
from costs import lines
from costs.models import AiCategoryRule
from money.models import ExchangeRate
from tests.costs.factories import add_line
from tests.factories import InitiativeFactory, UserFactory, bearer

pytestmark = pytest.mark.django_db
URL = "/api/v1/audit"


def asked(client: Client, name: str) -> list[dict[str, object]]:
    found = client.get(URL, {"object": name}, headers=bearer(UserFactory(admin=True)))
    assert found.status_code == 200
    return [{key: each[key] for key in ("action", "object")} for each in found.json()["items"]]


def test_a_cost_line_is_named_by_its_id_and_found_by_it(client):
    finance, initiative = UserFactory(finance=True), InitiativeFactory()
    one, other = (add_line(initiative, "2026-01-02", amount) for amount in ("1", "2"))
    for line in (one, other):
        lines.remove(finance, line)
    taken_out = {"action": AuditEntry.objects.latest("pk").action, "object": f"costs.costline/{one.key}"}
    assert taken_out in asked(client, f"costs.costline/{one.key}")
    assert {each["object"] for each in asked(client, f"costs.costline/{one.key}")} == {f"costs.costline/{one.key}"}
    assert f"costs.costline/{other.key}" in {each["object"] for each in asked(client, "costs.costline")}
    assert asked(client, "costs.costline/nothing") == []


def test_who_it_was_is_told_by_the_address_not_by_a_name_that_one_chooses(client):
    impostor = UserFactory(name="Fiona Finance", email="mallory@example.org")
    with changing(impostor) as change:
        change.record(AiCategoryRule(), "value")
    with changing(None) as change:
        change.record(AiCategoryRule(), "value")
    found = client.get(URL, {"object": "costs.aicategoryrule"}, headers=bearer(UserFactory(admin=True))).json()
    assert [(each["actor"], each["actor_email"]) for each in found["items"]] == [
        ("", None), ("Fiona Finance", "mallory@example.org"),
    ]  # fmt: skip


def test_what_stands_for_its_kind_alone_has_no_name(client):
    with changing(None) as change:
        for each in (ExchangeRate(), AiCategoryRule()):
            change.record(each, "value")
    assert asked(client, "money.exchangerate") == [{"action": "value", "object": "money.exchangerate"}]
    assert asked(client, "costs.aicategoryrule") == [{"action": "value", "object": "costs.aicategoryrule"}]


def test_a_first_day_begins_in_the_time_zone_of_the_organisation_and_is_found_by_index(client):
    Organisation.objects.create(name="Sample Mutual", time_zone="Asia/Tokyo")
    for at in ("2026-03-31T14:59:59+00:00", "2026-03-31T15:00:00+00:00"):
        with changing(None) as change:
            change.at = datetime.fromisoformat(at)
            change.record(AiCategoryRule(), "value")
    headers = bearer(UserFactory(admin=True))
    with CaptureQueriesContext(connection) as asked_for:
        found = client.get(URL, {"object": "costs.aicategoryrule", "since": "2026-04-01"}, headers=headers).json()
    assert [each["at"] for each in found["items"]] == ["2026-03-31T15:00:00Z"]
    assert not [
        query for query in asked_for if "AT TIME ZONE" in query["sql"] and "accounts_auditentry" in query["sql"]
    ]
