"""The registers by API: what is written, read back, changed and refused."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.http import Http404
from django.test import Client

from costs.models import CostLine, EnergyPrice, LabourDays, RecurringCost
from costs.registers import api as register_api
from costs.registers import entries as register_entries
from tests.costs.factories import add_line, add_recurring, add_role, on_day
from tests.factories import InitiativeFactory, UserFactory, bearer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mid_april(monkeypatch):
    """It is 15 April 2026."""
    on_day(monkeypatch, "2026-04-15")


@pytest.fixture
def api(client: Client):
    """Call as finance: `api("post", "/assets", body)`."""
    headers = bearer(UserFactory(finance=True))

    def call(method: str, path: str, body: Any = None, **more: str) -> Any:
        options = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(client, method)(f"/api/v1{path}", headers=headers | more, **options)

    return call


def asset(**changes: Any) -> dict[str, Any]:
    given = {
        "name": "GPU server", "currency": "USD", "price": "36000", "purchased_on": "2026-01-05",
        "in_service_on": "2026-01-10", "life_months": 36,
    }  # fmt: skip
    return given | changes


def test_hardware_by_api(api):
    one = InitiativeFactory()
    shares = [{"initiative": one.key, "share": 0.4, "first_month": "2026-02"}]
    made = api("post", "/assets", asset(shares=shares))
    assert made.status_code == 201
    item = made.json()
    assert (item["book_value"], item["depreciation"], item["ends_on"]) == ("33000", "1000", "2028-12-31")
    assert item["shares"] == [shares[0] | {"last_month": None}]
    address = f"/assets/{item['id']}"
    assert made["ETag"] == '"1"' == api("get", address)["ETag"]
    assert api("patch", address, {"price": "72000"}).status_code == 428
    assert api("patch", address, {"price": "72000"}, **{"If-Match": '"9"'}).status_code == 412
    changed = api("patch", address, {"price": "72000"}, **{"If-Match": '"1"'})
    assert (changed.json()["version"], changed.json()["depreciation"], changed.json()["shares"]) == (
        2, "2000", item["shares"],
    )  # fmt: skip
    found = api("get", f"/costs?source=asset-register&resource=asset:{item['id']}&initiative={one.key}").json()
    assert [(line["incurred_on"], line["amount"], line["capex"]) for line in found["items"]] == [
        ("2026-03-31", "800", True), ("2026-02-28", "800", True),
    ]  # fmt: skip
    assert api("get", "/assets").json()["count"] == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"salvage": "40000"}, "salvage"),
        ({"life_months": 0}, "life_months"),
        ({"currency": "XXX1"}, "currency"),
        ({"colour": "red"}, "colour"),
        ({"shares": [{"initiative": "AI-9999", "share": 1}]}, "shares.0.initiative"),
        ({"shares": [{"initiative": "{key}", "share": 1.5}]}, "shares"),
        ({"price": "NaN"}, "price"),
    ],
)
def test_hardware_that_cannot_be_is_refused_with_its_field(api, changes, field):
    one = InitiativeFactory()
    for row in changes.get("shares", []):
        row["initiative"] = row["initiative"].format(key=one.key)
    answer = api("post", "/assets", asset(**changes))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_energy_prices_by_api(api):
    first = {"since": "2026-01-01", "amount": "0.25", "currency": "USD"}
    assert api("post", "/energy-prices", first).status_code == 201
    assert api("post", "/energy-prices", first | {"amount": "0.3"}).json()["amount"] == "0.3"
    assert api("get", "/energy-prices").json()["items"] == [first | {"amount": "0.3", "version": 2}]


def test_an_energy_price_takes_the_place_of_the_version_that_was_read(api):
    first = {"since": "2026-01-01", "amount": "0.25", "currency": "USD"}
    assert api("post", "/energy-prices", first, **{"If-Match": '"1"'}).status_code == 412  # there is none
    made = api("post", "/energy-prices", first)
    assert (made["ETag"], made.json()["version"]) == ('"1"', 1)
    theirs = api("post", "/energy-prices", first | {"amount": "0.30"}, **{"If-Match": made["ETag"]})
    assert theirs["ETag"] == '"2"'
    mine = api("post", "/energy-prices", first | {"amount": "0.40"}, **{"If-Match": made["ETag"]})
    assert (mine.status_code, mine.json()["detail"]) == (
        412,
        "Somebody changed it since: the version in force is 2.",
    )
    assert api("post", "/energy-prices", first | {"amount": "0.30"}, **{"If-Match": '"2"'}).json()["version"] == 2
    assert [price.amount for price in EnergyPrice.objects.all()] == [Decimal("0.3")]


def test_days_take_the_place_of_those_that_were_read(api):
    one, role = InitiativeFactory(), add_role()
    days = {"initiative": one.key, "role": role.name, "month": "2026-02", "days": "3"}
    assert api("post", "/labour-days", days | {"was": 0}).json() == {"changed": 1, "unchanged": 0}
    api("post", "/labour-days", days | {"days": "4"})
    stale = api("post", "/labour-days", [days | {"month": "2026-03"}, days | {"days": "5", "was": "3"}])
    said = f"{one.key}, Engineer, 2026-02: 4 days stand there by now."
    assert (stale.status_code, stale.json()["detail"]) == (409, said)
    assert stale.json()["errors"] == [{"field": "1.was", "message": said}]
    alone = api("post", "/labour-days", days | {"days": "5", "was": "3"})
    assert (alone.status_code, alone.json()["errors"]) == (409, [{"field": "was", "message": said}])
    assert api("post", "/labour-days", days | {"days": "4", "was": "3"}).json() == {"changed": 0, "unchanged": 1}
    assert api("post", "/labour-days", days | {"days": "5", "was": "4"}).json() == {"changed": 1, "unchanged": 0}
    assert [(row.month, row.days) for row in LabourDays.objects.all()] == [(date(2026, 2, 1), 5)]


def test_roles_and_days_by_api(api):
    one = InitiativeFactory()
    role = {"name": "Engineer", "currency": "USD", "rates": [{"since": "2026-01-01", "amount": "800"}]}
    made = api("post", "/labour-roles", role).json()
    assert api("post", "/labour-roles", role).status_code == 422
    days = {"initiative": one.key, "role": "engineer", "month": "2026-02", "days": "2.5"}
    assert api("post", "/labour-days", [days, days | {"month": "2026-03"}]).json() == {"changed": 2, "unchanged": 0}
    assert api("post", "/labour-days", days).json() == {"changed": 0, "unchanged": 1}
    assert api("get", f"/labour-days?initiative={one.key}&month=2026-02").json()["items"] == [
        {"id": LabourDays.objects.get(month="2026-02-01").pk, **days, "role": "Engineer"}
    ]
    rates = [*role["rates"], {"since": "2026-03-01", "amount": "1000"}]
    api("patch", f"/labour-roles/{made['id']}", {"rates": rates}, **{"If-Match": '"1"'})
    amounts = CostLine.objects.live().order_by("incurred_on").values_list("amount", flat=True)
    assert list(amounts) == [2_000, 2_500]


def test_days_that_cannot_be_are_refused_all_of_them(api):
    one = InitiativeFactory()
    add_role()
    good = {"initiative": one.key, "role": "Engineer", "month": "2026-02", "days": 1}
    answer = api("post", "/labour-days", [good, good | {"role": "Pilot"}, good | {"initiative": "", "days": -1}])
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["1.role", "2.initiative", "2.days"]
    assert not LabourDays.objects.exists()


def test_recurring_costs_by_api(api):
    one = InitiativeFactory()
    body = {
        "name": "Editor", "currency": "USD", "every_months": 12, "starts_on": "2026-01-01",
        "amounts": [{"since": "2026-01-01", "amount": "1200"}], "shares": [{"initiative": one.key, "share": 1}],
    }  # fmt: skip
    made = api("post", "/recurring-costs", body)
    item = made.json()
    assert (made.status_code, item["category"], item["next_due"], item["spread"]) == (
        201,
        "licences",
        "2027-01-01",
        True,
    )
    address = f"/recurring-costs/{item['id']}"
    ended = api("patch", address, {"ends_on": "2026-02-01", "spread": False}, **{"If-Match": '"1"'}).json()
    assert (ended["next_due"], ended["amounts"]) == (None, body["amounts"])
    assert [(line.incurred_on, line.amount) for line in CostLine.objects.live()] == [(date(2026, 1, 1), 1_200)]
    assert api("post", "/recurring-costs", body | {"amounts": []}).json()["errors"][0]["field"] == "amounts"
    assert api("post", "/recurring-costs", body | {"category": "beer"}).json()["errors"][0]["field"] == "category"
    assert api("post", "/recurring-costs", body | {"every_months": 2}).status_code == 422


def test_lines_are_billed_on_by_api(api, client):
    one = InitiativeFactory()
    add_recurring([(one, "1")], recoverable=True)
    ids = [line["id"] for line in api("get", "/costs?recoverable=true&billed=false").json()["items"]]
    sent = {"lines": ids[:2], "billed_on": "2026-04-10", "invoice_ref": "INV-1"}
    assert api("post", "/costs/billed", sent).json() == {"changed": 2, "unchanged": 0}
    billed = api("get", "/costs?invoice_ref=INV-1").json()["items"]
    assert [(line["billed_on"], line["amount"]) for line in billed] == [("2026-04-10", "100")] * 2
    again = sent | {"lines": [line["id"] for line in billed]}
    assert api("post", "/costs/billed", again).json() == {"changed": 0, "unchanged": 2}
    assert api("post", "/costs/billed", sent).status_code == 404  # those versions were withdrawn
    plain = add_line(one, "2026-01-02", "1")
    assert api("post", "/costs/billed", sent | {"lines": [plain.key]}).status_code == 404
    stranger = client.post(
        "/api/v1/costs/billed", again, content_type="application/json", headers=bearer(UserFactory())
    )
    assert stranger.status_code == 403
    assert one.charge_groups.filter(recoverable=True).exists() and Decimal(billed[0]["amount"]) == 100


def test_an_entry_that_somebody_deletes_while_it_is_changed_is_not_there(api, monkeypatch):
    cost = add_recurring()
    # It is deleted after it was read and before it is locked.
    monkeypatch.setattr(register_api, "require_match", lambda _request, _read: RecurringCost.objects.all().delete())
    assert api("patch", f"/recurring-costs/{cost.pk}", {"name": "Other"}).status_code == 404
    with pytest.raises(Http404):
        register_entries.delete(None, cost, 1)
    assert not RecurringCost.objects.exists()
