"""`/costs` and `/budgets` as the contract has them."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from django.test import Client

from api.pages import PageQuery
from costs import lines
from costs.items import CostQuery
from costs.ledger.filter_form import LedgerFilters
from costs.models import BudgetLine, CostLine
from costs.new_line import NewLine
from projects.models import BusinessUnit
from tests.costs.factories import add_line, add_rate
from tests.factories import InitiativeFactory, UserFactory, bearer

pytestmark = pytest.mark.django_db
LINE = {"incurred_on": "2026-03-05", "category": "cloud", "amount": "12.50", "currency": "USD"}


def post(client: Client, path: str, body, user):
    return client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=bearer(user))


def test_one_line_is_created_and_listed(client):
    initiative = InitiativeFactory()
    answer = post(client, "/costs", LINE | {"initiative": initiative.key}, initiative.owner)
    assert (answer.status_code, answer.json()) == (201, {"created": 1, "unchanged": 0})
    listed = client.get("/api/v1/costs", headers=bearer(initiative.owner)).json()
    assert listed["count"] == 1
    assert {n: listed["items"][0][n] for n in ("amount", "currency", "base_amount", "pending", "source")} == {
        "amount": "12.50", "currency": "USD", "base_amount": "12.50", "pending": False, "source": "api",
    }  # fmt: skip


def test_a_listed_line_says_the_version_that_its_correction_names(client):
    initiative = InitiativeFactory()
    post(client, "/costs", LINE | {"initiative": initiative.key, "external_id": "C-1"}, initiative.owner)
    headers = bearer(initiative.owner)
    [item] = client.get("/api/v1/costs", headers=headers).json()["items"]
    assert item["version"] == 1
    match = headers | {"If-Match": f'"{item["version"]}"'}
    sent = {"data": json.dumps({"amount": "13"}), "content_type": "application/json", "headers": match}
    changed = client.patch(f"/api/v1/costs/{item['id']}", **sent)
    assert (changed.status_code, changed.json()["version"], changed["ETag"]) == (200, 2, '"2"')


def test_an_array_is_all_or_nothing(client):
    initiative = InitiativeFactory()
    rows = [LINE | {"initiative": initiative.key}, LINE | {"initiative": initiative.key, "category": "moon"}]
    answer = post(client, "/costs", rows, initiative.owner)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["1.category"]
    assert not CostLine.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "NaN"), ("amount", "1e400"), ("amount", "1.234,56"), ("currency", "usd"), ("currency", "XXQ"),
        ("incurred_on", "2026-02-30"), ("category", ""), ("colour", "red"), ("vendor", "a\0b"), ("vendor", "x" * 201),
        ("initiative", "AI-9999"),
    ],
)  # fmt: skip
def test_bad_values_are_refused_at_their_field(client, field, value):
    initiative = InitiativeFactory()
    answer = post(client, "/costs", LINE | {"initiative": initiative.key, field: value}, initiative.owner)
    assert answer.status_code in (400, 422)
    if answer.status_code == 422:
        assert field in [error["field"] for error in answer.json()["errors"]]


def test_the_same_external_id_is_unchanged_or_a_conflict(client):
    finance = UserFactory(finance=True)
    line = LINE | {"initiative": InitiativeFactory().key, "external_id": "E-1"}
    assert post(client, "/costs", line, finance).json() == {"created": 1, "unchanged": 0}
    assert post(client, "/costs", line, finance).json() == {"created": 0, "unchanged": 1}
    assert post(client, "/costs", line | {"amount": 12.5}, finance).json() == {"created": 0, "unchanged": 1}
    assert post(client, "/costs", line | {"amount": "13"}, finance).status_code == 409
    assert post(client, "/costs", line | {"amount": "13", "source": "erp"}, finance).status_code == 201


def test_what_somebody_has_billed_or_corrected_is_unchanged_when_its_source_sends_it_again(client):
    finance, initiative = UserFactory(finance=True), InitiativeFactory()
    sent = LINE | {"initiative": initiative.key, "external_id": "E-1", "recoverable": True}
    assert post(client, "/costs", sent, finance).status_code == 201
    billed = {"lines": [CostLine.objects.get().key], "billed_on": "2026-04-01", "invoice_ref": "INV-1"}
    assert post(client, "/costs/billed", billed, finance).json() == {"changed": 1, "unchanged": 0}
    assert post(client, "/costs", [LINE, sent], finance).json() == {"created": 1, "unchanged": 1}
    line = CostLine.objects.live().get(external_id="E-1")
    assert (line.invoice_ref, line.is_correction) == ("INV-1", True)
    lines.correct(finance, line, replace(NewLine.of(line), amount=Decimal(11)))
    assert post(client, "/costs", sent, finance).json() == {"created": 0, "unchanged": 1}
    assert CostLine.objects.live().get(external_id="E-1").amount == 11
    assert post(client, "/costs", sent | {"amount": "11"}, finance).status_code == 409  # nobody has said that so far


def test_a_conflict_names_the_field_of_one_line_and_the_place_in_an_array(client):
    owner = UserFactory(admin=True)
    known, other = LINE | {"external_id": "L-1"}, LINE | {"external_id": "L-1", "amount": "13"}
    assert post(client, "/costs", known, owner).status_code == 201
    for body, field in ((other, "external_id"), ([LINE, other], "1.external_id")):
        answer = post(client, "/costs", body, owner)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, field)


def test_without_an_external_id_a_post_always_creates(client):
    initiative = InitiativeFactory()
    for _ in range(2):
        post(client, "/costs", LINE | {"initiative": initiative.key}, initiative.owner)
    assert CostLine.objects.count() == 2


def test_who_may_record_costs(client):
    initiative = InitiativeFactory()
    named, unallocated = LINE | {"initiative": initiative.key}, LINE | {"initiative": None}
    allowed = {"owner": initiative.owner, "finance": UserFactory(finance=True), "office": UserFactory(portfolio=True)}
    for user in allowed.values():
        assert post(client, "/costs", named, user).status_code == 201
    for user in (UserFactory(), UserFactory(executive=True)):
        assert post(client, "/costs", named, user).status_code == 403
    assert post(client, "/costs", unallocated, allowed["finance"]).status_code == 201
    assert post(client, "/costs", unallocated, allowed["office"]).status_code == 403


def test_a_403_says_which_row_and_why(client):
    theirs, own, executive = InitiativeFactory(), InitiativeFactory(), UserFactory(executive=True)
    rows = [
        LINE | {"initiative": own.key, "category": "moon"},  # the first that is wrong, and not what is forbidden
        LINE | {"initiative": theirs.key},
        LINE | {"initiative": None},
    ]
    why = "You may not record costs of this initiative."
    unallocated = "Name an initiative: you may not record unallocated costs."
    refused = post(client, "/costs", rows, own.owner)
    assert (refused.status_code, refused.json()["detail"]) == (403, why)
    told = [(error["field"], error["message"]) for error in refused.json()["errors"]]
    assert told[0][0] == "0.category"
    assert told[1:] == [("1.initiative", why), ("2.initiative", unallocated)]
    usage = {"occurred_on": "2026-03-05", "provider": "openai", "model": "m", "input_tokens": 1, "output_tokens": 1}
    days = {"initiative": own.key, "role": "Nobody", "month": "2026-03", "days": 1}
    budget = {"initiative": own.key, "month": "2026-03", "amount": "1", "currency": "USD"}
    for path, body, said in (
        ("/costs", LINE | {"initiative": own.key}, why),
        ("/usage", usage, unallocated),
        ("/labour-days", days, why),
        ("/budgets", budget, "You may not record budgets."),
    ):
        refused = post(client, path, body, executive)
        assert (refused.status_code, refused.json()["detail"]) == (403, said), path
        assert {"field": "initiative", "message": said} in refused.json()["errors"], path


def test_costs_of_a_confidential_initiative_are_not_listed_to_strangers(client):
    add_line(InitiativeFactory(confidential=True), "2026-03-05", "10")
    assert client.get("/api/v1/costs", headers=bearer(UserFactory())).json()["count"] == 0


def test_the_cursor_goes_through_every_line_once(client):
    initiative = InitiativeFactory()
    for number in range(5):
        add_line(initiative, "2026-03-05", str(number))
    seen, url = [], "/api/v1/costs?limit=2"
    while url:
        page = client.get(url, headers=bearer(initiative.owner)).json()
        seen += [item["id"] for item in page["items"]]
        url = page["next"]
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize(
    ("query", "found"),
    [("month=2026-02", 1), ("month=2026-03", 2), ("month=2026-04", 0), ("month=2026-03&pending=true", 0)],
)
def test_the_list_keeps_a_month(client, query, found):
    initiative = InitiativeFactory()
    for day in ("2026-02-28", "2026-03-01", "2026-03-31"):
        add_line(initiative, day, "1")
    answer = client.get(f"/api/v1/costs?{query}", headers=bearer(initiative.owner))
    assert (answer.status_code, answer.json()["count"]) == (200, found)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("as_of=2026-03-05", ["4", "2", "1"]),
        ("as_of=2026-03-04", ["1"]),
        ("business_unit=Claims", ["4", "2"]),
        ("business_unit=Claims&own_unit=true", ["2"]),
        ("not_stated=vendor", ["8", "2"]),
        ("not_stated=vendor,business_unit", ["8"]),
        ("not_stated=vendor&as_of=2026-03-05", ["2"]),
    ],
)
def test_the_list_takes_what_the_ledger_can_be_asked(client, query, found):
    claims = BusinessUnit.objects.create(name="Claims", path="Claims")
    motor = BusinessUnit.objects.create(name="Motor", path="Claims / Motor", parent=claims)
    add_line(None, "2026-03-04", "1", vendor="Stratus")
    add_line(InitiativeFactory(business_unit=claims), "2026-03-05", "2")
    add_line(InitiativeFactory(business_unit=motor), "2026-03-05", "4", vendor="Stratus")
    add_line(InitiativeFactory(business_unit=None), "2026-03-06", "8")
    answer = client.get(f"/api/v1/costs?{query}", headers=bearer(UserFactory(finance=True))).json()
    assert sorted((item["amount"] for item in answer["items"]), reverse=True) == found
    assert answer["count"] == len(found)


def test_what_cannot_be_left_empty_is_refused(client):
    answer = client.get("/api/v1/costs?not_stated=vendor,colour", headers=bearer(UserFactory(finance=True)))
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "not_stated", "message": "There is no such field: colour."}]


def test_the_api_takes_every_filter_of_the_ledger():
    assert set(CostQuery.model_fields) - set(PageQuery.model_fields) == set(LedgerFilters.base_fields)


def test_a_period_that_ends_before_it_begins_is_refused_and_not_an_empty_list(client):
    headers = bearer(UserFactory(finance=True))
    answer = client.get("/api/v1/costs?since=2026-05&until=2026-03", headers=headers)
    said = answer.json()["errors"]
    assert (answer.status_code, said) == (422, [{"field": "until", "message": "The period ends before it begins."}])
    assert client.get("/api/v1/costs?since=2026-05&until=2026-05", headers=headers).status_code == 200


def test_a_pending_line_has_no_base_amount_until_its_rate_arrives(client):
    initiative = InitiativeFactory()
    add_line(initiative, "2026-03-12", "10", currency="EUR")
    [item] = client.get("/api/v1/costs?pending=true", headers=bearer(initiative.owner)).json()["items"]
    assert (item["base_amount"], item["pending"]) == (None, True)
    add_rate("2026-03-01", "EUR", "1.1")  # eleven days before: too old
    assert client.get("/api/v1/costs?pending=true", headers=bearer(initiative.owner)).json()["count"] == 1
    add_rate("2026-03-02", "EUR", "1.2")
    [item] = client.get("/api/v1/costs", headers=bearer(initiative.owner)).json()["items"]
    assert (item["base_amount"], item["base_currency"], item["rate"]) == ("12.0", "USD", 1.2)
    assert (item["amount"], item["currency"]) == ("10", "EUR")


def test_budgets_are_the_offices_and_finances(client):
    initiative = InitiativeFactory()
    body = {"initiative": initiative.key, "month": "2026-03", "amount": "100", "currency": "USD"}
    assert post(client, "/budgets", body, initiative.owner).status_code == 403
    answer = post(client, "/budgets", body | {"approved_on": "2026-01-10"}, UserFactory(portfolio=True))
    assert answer.status_code == 201
    assert answer.json()["month"] == "2026-03"
    assert (answer.json()["base_amount"], answer.json()["base_currency"]) == ("100", "USD")
    assert BudgetLine.objects.get().base_amount == 100
    listed = client.get(f"/api/v1/budgets?initiative={initiative.key}", headers=bearer(initiative.owner)).json()
    assert listed["count"] == 1
    assert listed["items"][0]["base_currency"] == "USD"
