"""The HTTP contract of initiatives and transitions."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.changes import changing
from accounts.models import AuditEntry, User
from projects import bulk, hooks, initiatives, transitions, units
from projects.models import BusinessUnit, Initiative
from tests.factories import UserFactory, bearer

URL = "/api/v1/initiatives"


def send(client, method, url, user, body=None, **headers):
    call = getattr(client, method)
    options = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return call(url, headers={**bearer(user), **headers}, **options)


@pytest.fixture
def no_guidance(monkeypatch):
    monkeypatch.setattr(hooks, "guidance_of", None)


def test_post_makes_a_draft_with_all_fields(client, office):
    body = {
        "title": "Claims triage",
        "problem": "14 minutes",
        "business_unit": "Claims / Motor",
        "owner_email": "new@example.org",
        "hosting": "cloud_api",
        "risk_tier": "limited",
        "tags": ["b", "A", "a"],
        "members": ["Team@Example.org", "a@example.org", "team@example.org"],
        "planned_production_on": "2027-01-31",
        "plan_agreed_on": "2025-02-03",
        "external_ref": "X-1",
        "confidential": True,
    }
    answer = send(client, "post", URL, office, body)
    assert answer.status_code == 201, answer.content
    item = answer.json()
    initiative = Initiative.objects.get()
    assert answer["ETag"] == '"1"'
    assert item == {
        **body,
        "key": initiative.key,
        "tags": ["A", "b"],
        "members": ["a@example.org", "team@example.org"],
        "desired_outcome": "",
        "why_ai": "",
        "alternative_considered": "",
        "sponsor_email": None,
        "planned_prototype_on": None,
        "planned_pilot_on": None,
        "stage": "draft",
        "on_hold": False,
        "guidance": None,
        "version": 1,
    }
    assert send(client, "get", f"{URL}/{initiative.key}", office).json() == item


def test_members_see_what_is_confidential_and_are_changed_as_a_list(client, office):
    one, other = UserFactory(), UserFactory()
    body = {"title": "Claims triage", "confidential": True, "members": [one.email]}
    key = send(client, "post", URL, office, body).json()["key"]
    assert send(client, "get", f"{URL}/{key}", one).json()["members"] == [one.email]
    assert send(client, "get", f"{URL}/{key}", other).status_code == 404

    def change(members, by=one, version=1):
        return send(client, "patch", f"{URL}/{key}", by, {"members": members}, **{"If-Match": f'"{version}"'})

    both = sorted([one.email, other.email])
    assert change(both).json()["members"] == both
    assert send(client, "get", URL, other).json()["items"][0]["members"] == both
    assert AuditEntry.objects.filter(action="edit").latest("pk").changes == {
        "members": [str(one), ", ".join(sorted([str(one), str(other)]))]
    }
    assert change([]).status_code == 412
    answer = change([one.email, "stranger@example.org"], version=2)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "members.1")
    assert change(["no address"], by=office, version=2).json()["errors"][0]["field"] == "members.0"
    assert change([f"p{number}@example.org" for number in range(201)], by=office, version=2).status_code == 422
    assert change(None, version=2).json()["members"] == []
    assert send(client, "get", f"{URL}/{key}", one).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": "a\ud800"}, "title"),
        ({"title": "t", "problem": "x" * 20_001}, "problem"),
        ({"title": "t", "planned_pilot_on": "2026-02-30"}, "planned_pilot_on"),
        ({"title": "t", "planned_pilot_on": "2101-01-01"}, "planned_pilot_on"),
        ({"title": "t", "planned_pilot_on": "2100-12-31", "plan_agreed_on": "2100-12-31"}, "plan_agreed_on"),
        ({"title": "t", "hosting": "moon"}, "hosting"),
        ({"title": "t", "colour": "red"}, "colour"),
        ({"title": "t", "owner_email": "nobody"}, "owner_email"),
        ({"title": "t", "external_ref": "x" * 501}, "external_ref"),
        ({"title": "t", "business_unit": "x" * 201}, "business_unit"),
        ({"title": "t", "tags": ["x" * 201]}, "tags.0"),
    ],
)
def test_post_names_the_field_that_is_wrong(client, office, body, field):
    answer = send(client, "post", URL, office, body)
    assert answer.status_code == 422, answer.content
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Initiative.objects.exists()


def test_what_is_refused_leaves_no_unit_and_no_person_behind(client, office, triage):
    send(client, "post", URL, office, {"title": "First", "external_ref": "X-1"})
    people = User.objects.count()
    named = {"external_ref": "X-1", "business_unit": "Sales", "owner_email": "new@example.org"}
    assert send(client, "post", URL, office, {"title": "Second", **named}).status_code == 409
    changed = send(client, "patch", f"{URL}/{triage.key}", office, named, **{"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["errors"][0]["field"]) == (409, "external_ref")
    assert (BusinessUnit.objects.count(), User.objects.count()) == (0, people)


@pytest.mark.parametrize("value", ["yes", "true", 1, 0, None, []])
def test_true_and_false_are_not_guessed_at(client, office, triage, value):
    address = f"{URL}/{triage.key}"
    answer = send(client, "patch", address, office, {"confidential": value}, **{"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "confidential")


def test_contributors_name_what_is_there_and_executives_make_nothing(client, office, contributor):
    units.find_or_make("Claims", office)
    assert send(client, "post", URL, contributor, {"title": "t", "business_unit": "claims"}).status_code == 201
    refused = send(client, "post", URL, contributor, {"title": "t", "business_unit": "Sales"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "business_unit")
    assert send(client, "post", URL, contributor, {"title": "t", "owner_email": "x@example.org"}).status_code == 422
    assert send(client, "post", URL, UserFactory(executive=True), {"title": "t"}).status_code == 403
    assert send(client, "post", URL, UserFactory(finance=True), {"title": "t"}).status_code == 403


def test_a_unit_named_with_a_slash_is_sent_back_as_it_was_read(client, office, contributor, triage):
    with changing(office) as change:
        bulk.find_or_make_units({("GSA", "FAS / GSA IT (IC)")}, change)
    url, path = f"{URL}/{triage.key}", "GSA / FAS / GSA IT (IC)"
    for version, person in (("1", contributor), ("2", office)):
        body = {"business_unit": path, "problem": version}
        changed = send(client, "patch", url, person, body, **{"If-Match": f'"{version}"'})
        assert (changed.status_code, changed.json()["business_unit"]) == (200, path)
    assert BusinessUnit.objects.count() == 2


def test_patch_needs_the_version_that_was_read(client, contributor, triage):
    url = f"{URL}/{triage.key}"
    assert send(client, "patch", url, contributor, {"title": "New"}).status_code == 428
    fresh = send(client, "patch", url, contributor, {"title": "New"}, **{"If-Match": '"1"'})
    assert (fresh.status_code, fresh.json()["title"], fresh["ETag"]) == (200, "New", '"2"')
    assert send(client, "patch", url, contributor, {"title": "Newer"}, **{"If-Match": '"1"'}).status_code == 412
    assert Initiative.objects.get().title == "New"


def test_patch_leaves_alone_what_is_not_sent_and_empties_what_is_null(client, contributor, triage):
    url, match = f"{URL}/{triage.key}", {"If-Match": '"1"'}
    changed = send(client, "patch", url, contributor, {"problem": None, "tags": ["x"]}, **match).json()
    assert (changed["title"], changed["problem"], changed["tags"]) == ("Claims triage", "", ["x"])
    emptied = send(client, "patch", url, contributor, {"tags": None}, **{"If-Match": '"2"'}).json()
    assert emptied["tags"] == []
    ownerless = send(client, "patch", url, contributor, {"owner_email": None}, **{"If-Match": '"3"'}).json()
    assert ownerless["owner_email"] is None


def test_the_document_allows_null_exactly_where_a_patch_takes_it(client, contributor, triage):
    document = client.get("/api/v1/openapi.json").json()
    fields = document["components"]["schemas"]["InitiativeChange"]["properties"]
    allowed = {name for name, each in fields.items() if {"type": "null"} in each.get("anyOf", ())}
    assert set(fields) - allowed == {"title", "hosting", "risk_tier", "confidential"}
    taken = set()
    for name in fields:
        sent = send(client, "patch", f"{URL}/{triage.key}", contributor, {name: None}, **{"If-Match": "*"})
        taken |= {name} if sent.status_code == 200 else set()
        Initiative.objects.filter(pk=triage.pk).update(owner=contributor)  # who may change it still
    assert taken == allowed


def test_others_initiatives_may_be_read_not_changed_and_confidential_ones_are_not_there(client, office, contributor):
    open_one = initiatives.create(office, title="Open")
    secret = initiatives.create(office, title="Secret", confidential=True)
    match = {"If-Match": "*"}
    assert send(client, "get", f"{URL}/{open_one.key}", contributor).status_code == 200
    assert send(client, "patch", f"{URL}/{open_one.key}", contributor, {"title": "x"}, **match).status_code == 403
    for key in (secret.key, "AI-9999", "AI-1", "ai-0001", "AI-00001", "AI-99999999999", "x"):
        assert send(client, "get", f"{URL}/{key}", contributor).status_code == 404
    assert [item["title"] for item in send(client, "get", URL, contributor).json()["items"]] == ["Open"]


def test_list_filters(client, office, no_guidance):
    motor = units.find_or_make("Claims / Motor", office)
    first = initiatives.create(office, title="Claims triage", business_unit=motor, tags=["Language"])
    initiatives.create(office, title="Other", external_ref="X-2", owner=UserFactory(email="o@example.org"))
    transitions.move(first, "proposed", date(2025, 1, 1), office)
    transitions.move(first, "prototype", date(2025, 6, 1), office)

    def titles(query):
        answer = send(client, "get", f"{URL}?{query}", office)
        assert answer.status_code == 200, answer.content
        return [item["title"] for item in answer.json()["items"]]

    assert titles("") == ["Other", "Claims triage"]
    assert titles("stage=prototype") == ["Claims triage"]
    assert titles("stage=proposed&as_of=2025-03-01") == ["Claims triage"]
    assert titles("stage=draft&as_of=2024-12-31") == ["Other", "Claims triage"]
    assert titles("business_unit=claims") == titles("tag=LANGUAGE") == titles("q=TRIAGE+claims") == ["Claims triage"]
    assert titles(f"q={first.key.lower()}") == titles(f"q={first.number}") == ["Claims triage"]
    assert titles("owner_email=O@example.org") == titles("external_ref=X-2") == ["Other"]
    assert titles("business_unit=Nowhere") == titles("tag=none") == []
    assert send(client, "get", f"{URL}?stage=prototpye", office).status_code == 422
    assert send(client, "get", f"{URL}?as_of=2026-02-30", office).status_code == 422
    assert send(client, "get", f"{URL}?q=%00", office).status_code == 422
    many = send(client, "get", f"{URL}?q={'+'.join(['claims'] * 10 + ['nowhere'])}", office)
    assert (many.status_code, many.json()["errors"]) == (422, [{"field": "q", "message": "At most 10 words."}])
    assert titles(f"q={'+'.join(['claims'] * 10)}") == ["Claims triage"]


def test_an_item_as_of_a_day(client, office, triage):
    transitions.move(triage, "proposed", date(2025, 1, 1), office)
    read = send(client, "get", f"{URL}/{triage.key}?as_of=2024-12-31", office)
    assert read.json()["stage"] == "draft"
    assert send(client, "get", f"{URL}/{triage.key}", office).json()["stage"] == "proposed"


def test_list_costs_the_same_queries_for_any_number(client, office, no_guidance, django_assert_max_num_queries):
    for number in range(12):
        initiatives.create(office, title=f"Number {number}", tags=[f"t{number}"])
    headers = bearer(office)
    with django_assert_max_num_queries(6):  # token, its last use, count, rows, tags, standing
        client.get(URL, headers=headers)


def test_guidance_comes_from_the_room_that_works_it_out(client, office, triage, monkeypatch):
    monkeypatch.setattr(hooks, "guidance_of", lambda ids, as_of: dict.fromkeys(ids, "guided"))
    assert send(client, "get", f"{URL}/{triage.key}", office).json()["guidance"] == "guided"


def test_transitions_are_added_and_listed_in_order(client, office, triage):
    url = f"{URL}/{triage.key}/transitions"
    first = send(client, "post", url, office, {"to_stage": "proposed", "effective_on": "2025-01-09"})
    assert first.status_code == 201
    told = {"from_stage": "draft", "to_stage": "proposed", "effective_on": "2025-01-09", "override": False}
    assert told.items() <= first.json().items()
    send(client, "post", url, office, {"to_stage": "production", "effective_on": "2025-02-09", "override": True})
    listed = send(client, "get", url, office).json()
    assert ([item["to_stage"] for item in listed["items"]], listed["count"]) == (["proposed", "production"], 2)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"to_stage": "approved", "effective_on": "2025-01-01"}, 409),
        ({"to_stage": "draft", "effective_on": "2025-01-01"}, 409),
        ({"to_stage": "approved", "effective_on": "2025-01-01", "override": True, "rationale": "x"}, 409),
        ({"to_stage": "prototpye", "effective_on": "2025-01-01"}, 422),
        ({"to_stage": "proposed", "effective_on": "2025-02-30"}, 422),
        ({"to_stage": "proposed", "effective_on": str(timezone.localdate() + timedelta(2))}, 422),
        ({"to_stage": "proposed"}, 422),
        ({"to_stage": "proposed", "effective_on": "1949-12-31"}, 422),
    ],
)
def test_moves_that_are_refused(client, office, triage, body, status):
    assert send(client, "post", f"{URL}/{triage.key}/transitions", office, body).status_code == status
    assert not triage.transitions.exists()


def test_before_the_last_known_date_is_invalid(client, office, triage):
    url = f"{URL}/{triage.key}/transitions"
    send(client, "post", url, office, {"to_stage": "proposed", "effective_on": "2025-01-09"})
    early = send(client, "post", url, office, {"to_stage": "approved", "effective_on": "2025-01-08"})
    assert (early.status_code, early.json()["errors"][0]["field"]) == (422, "effective_on")


def test_contributors_propose_their_own_and_move_nothing_else(client, office, contributor, triage):
    url = f"{URL}/{triage.key}/transitions"
    move = {"to_stage": "proposed", "effective_on": "2025-01-09"}
    assert send(client, "post", url, UserFactory(), move).status_code == 403
    assert send(client, "post", url, UserFactory(finance=True), move).status_code == 403
    assert send(client, "post", url, contributor, move).status_code == 201
    assert send(client, "post", url, contributor, {**move, "to_stage": "approved"}).status_code == 403
    assert send(client, "post", url, office, {**move, "to_stage": "approved"}).status_code == 201


@pytest.mark.django_db
def test_the_audit_trail_of_an_initiative_is_found_by_its_key(client):
    admin = UserFactory(admin=True)
    one, other = (initiatives.create(admin, title=title) for title in ("One", "Other"))
    transitions.move(one, "proposed", date(2026, 1, 2), admin)
    found = client.get(f"/api/v1/audit?object={one.key}", headers=bearer(admin)).json()
    assert [(each["action"], each["label"]) for each in found["items"]] == [
        ("move", f"{one.key} One"),
        ("create", f"{one.key} One"),
    ]
    assert client.get(f"/api/v1/audit?object={other.key}", headers=bearer(admin)).json()["count"] == 1
    assert client.get("/api/v1/audit?object=AI-99999999", headers=bearer(admin)).json()["count"] == 0
