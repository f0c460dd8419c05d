"""`/measurements/{id}`: a reading is corrected and withdrawn by API, at the version that was read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEntry
from outcomes import measurements
from outcomes.models import Measurement
from outcomes.totals import benefit_by_initiative
from tests.factories import UserFactory, bearer
from tests.outcomes.factories import make_flow, read

pytestmark = pytest.mark.django_db
Ask = Callable[..., Any]


@pytest.fixture
def reading() -> Measurement:
    """Ten hours in May at 60."""
    return read(make_flow(), date(2025, 5, 31), 10, period_start=date(2025, 5, 1), note="May")


@pytest.fixture
def ask(client: Client, reading: Measurement) -> Ask:
    def call(method: str, pk: int, body: Any = None, version: int | None = 1, by: Any = None) -> Any:
        options = {} if body is None else {"data": body, "content_type": "application/json"}
        match = {} if version is None else {"If-Match": f'"{version}"'}
        user = by or reading.outcome.initiative.owner
        return getattr(client, method)(f"/api/v1/measurements/{pk}", headers=bearer(user) | match, **options)

    return call


def benefit(reading: Measurement) -> Any:
    of = reading.outcome.initiative_id
    return benefit_by_initiative([of], date(2025, 12, 31)).get(of)


def test_a_corrected_reading_takes_the_place_of_the_old_one(ask: Ask, reading: Measurement) -> None:
    item = ask("get", reading.pk)
    assert (item["ETag"], item.json()["version"], item.json()["value"]) == ('"1"', 1, "10")
    answer = ask("patch", reading.pk, {"value": "20"})
    assert answer.status_code == 200, answer.content
    new = answer.json()
    assert (new["value"], new["note"], new["period_start"], new["state"]) == ("20", "May", "2025-05-01", "submitted")
    assert new["id"] != reading.pk
    assert answer["ETag"] == '"1"'
    assert benefit(reading) == 1200
    assert AuditEntry.objects.filter(action="correct").get().changes == {"value": ["10", "20"]}
    assert ask("patch", reading.pk, {"value": "30"}).status_code == 412
    assert ask("get", reading.pk).status_code == ask("delete", reading.pk).status_code == 404
    assert ask("patch", new["id"], {"value": "20"}).json()["id"] == new["id"]  # nothing changed
    assert ask("patch", new["id"], {"note": "", "period_end": "2025-05-30"}).json()["period_end"] == "2025-05-30"


def test_a_withdrawn_reading_is_in_no_figure(ask: Ask, reading: Measurement) -> None:
    assert ask("delete", reading.pk).status_code == 204
    assert benefit(reading) is None
    assert Measurement.objects.get().withdrawn_at
    assert ask("delete", reading.pk).status_code == 404
    assert ask("patch", reading.pk, {"value": "1"}).status_code == 412


def test_what_finance_validated_meanwhile_is_not_changed_unseen(ask: Ask, reading: Measurement) -> None:
    finance = UserFactory(finance=True)
    measurements.validate(finance, [reading])
    assert ask("patch", reading.pk, {"value": "1"}).status_code == ask("delete", reading.pk).status_code == 412
    assert ask("patch", reading.pk, {"value": "1"}, version=None).status_code == 428
    assert ask("delete", reading.pk, version=None).status_code == 428
    assert ask("get", reading.pk).json()["version"] == 2
    new = ask("patch", reading.pk, {"value": "1"}, version=2).json()
    assert (new["state"], new["version"]) == ("submitted", 1)


def test_only_those_who_record_readings_change_them(ask: Ask, reading: Measurement) -> None:
    other = UserFactory()
    assert ask("get", reading.pk, by=other).status_code == 200
    assert ask("patch", reading.pk, {"value": "1"}, by=other).status_code == 403
    assert ask("delete", reading.pk, by=other).status_code == 403
    initiative = reading.outcome.initiative
    initiative.confidential = True
    initiative.save()
    for method, body in (("get", None), ("patch", {"value": "1"}), ("delete", None)):
        assert ask(method, reading.pk, body, by=other).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"value": None}, "value"),
        ({"value": "NaN"}, "value"),
        ({"period_end": "2100-01-01"}, "period_end"),
        ({"period_start": None}, "period_start"),  # a flow needs one
        ({"period_end": "2025-04-30"}, "period_end"),
        ({"evidence_url": "javascript:alert(1)"}, "evidence_url"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(ask: Ask, reading: Measurement, body: Any, field: str) -> None:
    answer = ask("patch", reading.pk, body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert benefit(reading) == 600
