"""`/initiatives/{key}/holds`: pauses by API, as the page records them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEntry
from projects import holds
from tests.factories import InitiativeFactory, UserFactory, bearer

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Any:
    return UserFactory()


@pytest.fixture
def made(owner: Any) -> Any:
    return InitiativeFactory(owner=owner)


@pytest.fixture
def ask(client: Client, owner: Any, made: Any) -> Any:
    """Return what calls the API below the holds of the initiative, as its owner or somebody else."""

    def call(method: str, path: str = "", body: Any = None, by: Any = None) -> Any:
        options = {} if body is None else {"data": body, "content_type": "application/json"}
        address = f"/api/v1/initiatives/{made.key}/holds{path}"
        return getattr(client, method)(address, headers=bearer(by or owner), **options)

    return call


def on_hold(client: Client, made: Any, owner: Any, as_of: str) -> bool:
    return client.get(f"/api/v1/initiatives/{made.key}?as_of={as_of}", headers=bearer(owner)).json()["on_hold"]


def test_a_pause_begins_ends_is_corrected_and_taken_back(ask: Any, client: Client, made: Any, owner: Any) -> None:
    begun = ask("post", body={"started_on": "2026-02-01", "reason": "No data"})
    assert begun.status_code == 201, begun.content
    item = begun.json()
    assert (item["started_on"], item["ended_on"], item["reason"]) == ("2026-02-01", None, "No data")
    assert item["recorded_by"] == owner.email
    assert on_hold(client, made, owner, "2026-02-01") and not on_hold(client, made, owner, "2026-01-31")
    assert ask("get").json()["items"] == [item]

    over = {"started_on": "2026-02-01", "reason": "No data", "ended_on": "2026-03-01"}
    ended = ask("post", f"/{item['id']}/correct", over).json()
    assert (ended["ended_on"], ended["reason"]) == ("2026-03-01", "No data")
    assert not on_hold(client, made, owner, "2026-03-01")
    right = {"started_on": "2026-02-10", "ended_on": "2026-02-20", "reason": ""}
    corrected = ask("post", f"/{ended['id']}/correct", right).json()
    assert right.items() <= corrected.items()
    assert ask("post", f"/{corrected['id']}/correct", right).json()["id"] == corrected["id"]  # nothing changed
    assert ask("delete", f"/{corrected['id']}").status_code == 204
    assert ask("get").json()["items"] == []
    told = list(AuditEntry.objects.filter(initiative_id=made.pk).order_by("pk").values_list("action", flat=True))
    assert told[-4:] == ["hold", "resume", "correct_hold", "take_back_hold"]


def test_an_id_names_a_pause_as_it_was_read(ask: Any, made: Any) -> None:
    old = holds.start(made, date(2026, 2, 1), None)
    over = {"started_on": "2026-02-01", "ended_on": "2026-03-01"}
    assert ask("post", f"/{old.pk}/correct", over).status_code == 200
    for method, path, body in (
        ("post", "correct", over),
        ("post", "correct", {"started_on": "2026-02-02"}),
        ("delete", "", None),
    ):
        assert ask(method, f"/{old.pk}/{path}".rstrip("/"), body).status_code == 409
    (now,) = ask("get").json()["items"]
    assert now["ended_on"] == "2026-03-01"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "started_on"),
        ({"started_on": "2100-01-01"}, 422, "started_on"),
        ({"started_on": "2026-02-01", "ended_on": "2026-02-01"}, 422, "ended_on"),
        ({"started_on": "2026-02-01", "colour": "red"}, 422, "colour"),
        ({"started_on": "2026-01-10"}, 409, "started_on"),  # on hold in these days already
    ],
)
def test_what_cannot_be_is_refused_at_its_field(ask: Any, made: Any, body: Any, status: int, field: str) -> None:
    holds.start(made, date(2026, 1, 1), None, ended_on=date(2026, 1, 15))
    answer = ask("post", body=body)
    assert answer.status_code == status
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert made.holds.count() == 1


def test_only_those_who_may_edit_put_it_on_hold(ask: Any, made: Any) -> None:
    hold = holds.start(made, date(2026, 1, 1), None)
    other = UserFactory()
    assert ask("get", by=other).json()["count"] == 1
    assert ask("post", body={"started_on": "2026-02-01"}, by=other).status_code == 403
    assert ask("post", f"/{hold.pk}/correct", {"started_on": "2026-02-01"}, by=other).status_code == 403
    assert ask("delete", f"/{hold.pk}", by=other).status_code == 403
    made.confidential = True
    made.save()
    assert ask("get", by=other).status_code == 404
    assert ask("delete", f"/{hold.pk}", by=other).status_code == 404
