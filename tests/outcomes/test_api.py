"""Outcomes and readings over HTTP: the contract's names, permissions and refusals."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.outcomes.factories import make_flow, make_outcome, read

pytestmark = pytest.mark.django_db

NEW = {
    "metric": "Minutes per claim",
    "unit": "minutes",
    "direction": "decrease",
    "kind": "level",
    "agreed_on": "2025-01-01",
    "baseline": "14.0",
    "baseline_on": "2025-01-01",
    "target": 7,
    "target_on": "2025-12-31",
}


def send(method, path, user, body=None, **headers):
    data = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
    return getattr(Client(), method)(f"/api/v1{path}", headers={**bearer(user), **headers}, **data)


@pytest.fixture
def admin():
    return UserFactory(admin=True)


def test_outcome_is_agreed_read_and_shown_as_of_a_day(admin):
    initiative = InitiativeFactory()
    made = send("post", f"/initiatives/{initiative.key}/outcomes", admin, NEW)
    assert made.status_code == 201, made.content
    item = made.json()
    assert made["ETag"] == '"1"'
    assert (item["status"], item["attainment"], item["latest"], item["cadence_days"]) == (
        "not_measured",
        None,
        None,
        30,
    )
    assert (item["baseline"], item["target"], item["attribution"], item["initiative"]) == (
        "14.0",
        "7",
        1,
        initiative.key,
    )
    assert item["owner_email"] == admin.email
    path = f"/outcomes/{item['id']}"
    reading = send("post", f"{path}/measurements", admin, {"period_end": "2025-07-02", "value": "11.2"})
    assert reading.status_code == 201, reading.content
    assert (reading.json()["state"], reading.json()["value"]) == ("submitted", "11.2")
    shown = send("get", f"{path}?as_of=2025-07-02", admin).json()
    assert (shown["status"], shown["attainment"], shown["expected"]) == ("on_track", 0.4, 0.5)
    assert shown["latest"]["id"] == reading.json()["id"]
    assert send("get", f"{path}?as_of=2025-07-01", admin).json()["latest"] is None
    listed = send("get", f"/initiatives/{initiative.key}/outcomes", admin).json()
    assert (listed["count"], listed["next"], listed["items"][0]["id"]) == (1, None, item["id"])
    assert send("get", f"{path}/measurements", admin).json()["count"] == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"target": "14.0"}, "target"),
        ({"target_on": None}, "target_on"),
        ({"target_on": "2024-12-31"}, "target_on"),
        ({"baseline": "NaN"}, "baseline"),
        ({"baseline": "1e400"}, "baseline"),
        ({"metric": " "}, "metric"),
        ({"unit": None}, "unit"),
        ({"direction": "sideways"}, "direction"),
        ({"attribution": 1.5}, "attribution"),
        ({"baseline_on": "2025-02-30"}, "baseline_on"),
        ({"cadence_days": 0}, "cadence_days"),
        ({"cadence_days": True}, "cadence_days"),
        ({"unit_value": "1"}, "volume_per_month"),
        ({"agreed_on": "2999-01-01"}, "agreed_on"),
        ({"surprise": 1}, "surprise"),
        ({"metric": "x" * 201}, "metric"),
    ],
)
def test_invalid_fields_are_named(admin, changed, field):
    answer = send("post", f"/initiatives/{InitiativeFactory().key}/outcomes", admin, NEW | changed)
    assert answer.status_code == 422, answer.content
    assert field in [error["field"] for error in answer.json()["errors"]]


def test_what_is_refused_leaves_no_person_behind(admin):
    initiative = InitiativeFactory()
    people = User.objects.count()
    wrong = {**NEW, "owner_email": "new@example.org", "target": 15}
    assert send("post", f"/initiatives/{initiative.key}/outcomes", admin, wrong).status_code == 422
    outcome = make_outcome(initiative)
    changed = {"owner_email": "new@example.org", "target": 15}
    assert send("patch", f"/outcomes/{outcome.pk}", admin, changed, **{"If-Match": '"1"'}).status_code == 422
    assert User.objects.count() == people


def test_change_needs_the_version_and_takes_an_effective_day(admin):
    outcome = make_outcome()
    path = f"/outcomes/{outcome.pk}"
    assert send("patch", path, admin, {"target": "6"}).status_code == 428
    assert send("patch", path, admin, {"target": "6"}, **{"If-Match": '"9"'}).status_code == 412
    body = {"target": "6", "effective_on": "2025-03-01"}
    changed = send("patch", path, admin, body, **{"If-Match": '"1"'})
    assert (changed.status_code, changed["ETag"], changed.json()["target"]) == (200, '"2"', "6")
    assert send("get", f"{path}?as_of=2025-02-28", admin).json()["target"] == "7"
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    refused = send("patch", path, admin, {"target": "5", "effective_on": tomorrow}, **{"If-Match": '"2"'})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "effective_on")
    emptied = send("patch", path, admin, {"target": None, "target_on": None}, **{"If-Match": '"2"'})
    assert (emptied.status_code, emptied.json()["target"]) == (200, None)


def test_flow_reading_needs_its_period_and_must_not_overlap(admin):
    path = f"/outcomes/{make_flow().pk}/measurements"
    may = {"period_start": "2025-05-01", "period_end": "2025-05-31", "value": "-0"}
    assert send("post", path, admin, may).json()["value"] == "0"
    for body, field in [
        ({"period_end": "2025-06-30", "value": 1}, "period_start"),
        (may | {"period_end": "2025-04-30"}, "period_end"),
        (may, "period_start"),
        (may | {"period_end": "2999-01-01"}, "period_end"),
        (may | {"method": "guessed"}, "method"),
    ]:
        answer = send("post", path, admin, body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_only_finance_and_admin_validate():
    initiative = InitiativeFactory()
    reading = read(make_outcome(initiative), date(2025, 5, 31), 10)
    path = f"/measurements/{reading.pk}/validate"
    for user in (initiative.owner, UserFactory(portfolio=True), UserFactory(executive=True)):
        assert send("post", path, user, {}).status_code == 403
    for user in (UserFactory(finance=True), UserFactory(admin=True)):
        answer = send("post", path, user)
        assert (answer.status_code, answer.json()["state"]) == (200, "validated")
    assert send("post", path, UserFactory(finance=True), {"state": "x"}).status_code == 422


def test_contributor_edits_own_outcomes_only_and_does_not_see_confidential_ones():
    stranger = UserFactory()
    initiative = InitiativeFactory()
    outcome = make_outcome(initiative)
    assert send("post", f"/initiatives/{initiative.key}/outcomes", stranger, NEW).status_code == 403
    assert send("post", f"/initiatives/{initiative.key}/outcomes", initiative.owner, NEW).status_code == 201
    reading = {"period_end": "2025-05-31", "value": "10"}
    for user in (stranger, UserFactory(executive=True), UserFactory(finance=True)):
        assert send("post", f"/outcomes/{outcome.pk}/measurements", user, reading).status_code == 403
        assert send("get", f"/outcomes/{outcome.pk}", user).status_code == 200
    initiative.confidential = True
    initiative.save()
    assert send("get", f"/outcomes/{outcome.pk}", stranger).status_code == 404
    assert send("get", f"/initiatives/{initiative.key}/outcomes", stranger).status_code == 404
    assert send("get", "/outcomes/999999999999", stranger).status_code == 404
    assert send("get", "/outcomes/99999999999999999999999", stranger).status_code == 404


def test_money_keeps_every_digit(admin):
    body = NEW | {"unit_value": "0.123456789012345678", "unit_value_currency": "USD", "volume_per_month": 1}
    made = send("post", f"/initiatives/{InitiativeFactory().key}/outcomes", admin, body).json()
    assert (made["unit_value"], made["unit_value_currency"]) == ("0.123456789012345678", "USD")
    assert Decimal(made["unit_value"]) == Decimal("0.123456789012345678")


def test_a_direction_is_changed_from_a_day_on(admin):
    outcome = make_outcome()
    change = {"direction": "increase", "target": "20", "effective_on": "2025-06-01"}
    answer = send("patch", f"/outcomes/{outcome.pk}", admin, change, **{"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["direction"]) == (200, "increase")
    for day, direction in (("2025-05-31", "decrease"), ("2025-06-01", "increase")):
        assert send("get", f"/outcomes/{outcome.pk}?as_of={day}", admin).json()["direction"] == direction
