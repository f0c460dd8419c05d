"""DELETE by API: entries of registers with their lines, days, energy prices, lines, billing; and what is refused."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEntry
from costs.models import Asset, CostLine, EnergyPrice, LabourDays, LabourRole, RecurringCost
from tests.costs.factories import add_asset, add_line, add_recurring, add_role, on_day
from tests.costs.prices.test_book import add as add_price
from tests.factories import InitiativeFactory, UserFactory, bearer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mid_april(monkeypatch):
    """It is 15 April 2026."""
    on_day(monkeypatch, "2026-04-15")


def caller(client: Client, **role: Any):
    headers = bearer(UserFactory(**role))

    def call(method: str, path: str, body: Any = None, match: str | None = None) -> Any:
        options = {} if body is None else {"data": body, "content_type": "application/json"}
        more = {} if match is None else {"If-Match": match}
        return getattr(client, method)(f"/api/v1{path}", headers=headers | more, **options)

    return call


@pytest.fixture
def api(client: Client):
    """Call as finance: `api("delete", "/assets/1", match='"1"')`."""
    return caller(client, finance=True)


def gross() -> int:
    return sum(CostLine.objects.live().values_list("amount", flat=True))


@pytest.mark.parametrize(
    ("path", "add", "model"),
    [("/assets", add_asset, Asset), ("/recurring-costs", add_recurring, RecurringCost)],
)
def test_an_entry_leaves_with_its_lines(api, path, add, model):
    entry = add([(InitiativeFactory(), "1")])
    one = f"{path}/{entry.pk}"
    assert gross() > 0
    assert api("delete", one).status_code == 428
    stale = api("delete", one, match='"7"')
    assert (stale.status_code, stale["Content-Type"]) == (412, "application/problem+json")
    assert gross() > 0
    gone = api("delete", one, match='"1"')
    assert (gone.status_code, gone.content) == (204, b"")
    assert (gross(), model.objects.count()) == (0, 0)
    missing = api("delete", one, match='"1"')
    assert (missing.status_code, missing.json()["status"]) == (404, 404)
    assert AuditEntry.objects.filter(object_type=model._meta.label_lower, action="delete").count() == 1


def test_a_role_goes_when_no_days_are_recorded_for_it(api):
    role, one = add_role(), InitiativeFactory()
    days = {"initiative": one.key, "role": role.name, "month": "2026-02", "days": "2"}
    api("post", "/labour-days", days)
    assert gross() > 0
    address = f"/labour-roles/{role.pk}"
    version = api("get", address)["ETag"]
    refused = api("delete", address, match=version)
    assert (refused.status_code, refused["Content-Type"]) == (409, "application/problem+json")
    assert "Days are recorded for this role" in refused.json()["detail"]
    taken = f"/labour-days/{LabourDays.objects.get().pk}"
    assert api("delete", taken).status_code == 204
    assert (gross(), LabourDays.objects.count(), api("delete", taken).status_code) == (0, 0, 404)
    assert api("delete", address, match=version).status_code == 204
    assert not LabourRole.objects.exists()


def test_an_energy_price_goes_and_the_one_before_holds_on(api):
    add_asset(power_kw=1, hours_per_month=100)
    for since, amount in (("2026-01-01", "0.25"), ("2026-03-01", "0.50")):
        api("post", "/energy-prices", {"since": since, "amount": amount, "currency": "USD"})
    before = gross()
    march = "/energy-prices/2026-03-01"
    assert [api("delete", march).status_code, api("delete", march, match='"2"').status_code] == [428, 412]
    assert api("delete", march, match='"1"').status_code == 204
    assert list(EnergyPrice.objects.values_list("amount", flat=True)) == [0.25]
    assert before - gross() == 25  # March: 100 kWh at 0.25 less
    assert api("delete", march, match='"1"').status_code == 404
    assert api("delete", "/energy-prices/2026-02-30").status_code == 422


def test_a_line_goes_once_and_one_of_a_register_stays(api, client):
    one = InitiativeFactory()
    line = add_line(one, "2026-01-02", "5")
    assert caller(client)("delete", f"/costs/{line.key}").status_code == 403
    assert api("delete", f"/costs/{line.key}").status_code == 204
    assert (gross(), api("delete", f"/costs/{line.key}").status_code) == (0, 404)
    assert api("delete", "/costs/nonsense").status_code == 404
    add_recurring([(one, "1")])
    follows = CostLine.objects.live().first()
    refused = api("delete", f"/costs/{follows.key}")
    assert (refused.status_code, "follows from a register" in refused.json()["detail"]) == (409, True)


def test_billing_is_taken_back(api, client):
    one = InitiativeFactory()
    add_recurring([(one, "1")], recoverable=True)
    first = api("get", "/costs?recoverable=true").json()["items"][0]["id"]
    assert api("delete", f"/costs/billed/{first}").status_code == 409
    api("post", "/costs/billed", {"lines": [first], "billed_on": "2026-04-10", "invoice_ref": "INV-1"})
    billed = api("get", "/costs?invoice_ref=INV-1").json()["items"][0]["id"]
    assert caller(client)("delete", f"/costs/billed/{billed}").status_code == 403
    assert api("delete", f"/costs/billed/{billed}").status_code == 204
    assert api("get", "/costs?billed=true").json()["count"] == 0
    assert api("delete", f"/costs/billed/{first}").status_code == 404  # that version was withdrawn


@pytest.mark.parametrize("role", ["contributor", "portfolio", "executive"])
def test_others_take_nothing_out_of_a_register(client, role):
    asset, cost, labour = add_asset(), add_recurring(), add_role()
    call = caller(client, role=role)
    for path in (f"/assets/{asset.pk}", f"/recurring-costs/{cost.pk}", f"/labour-roles/{labour.pk}"):
        assert call("delete", path, match="*").status_code == 403
    assert call("delete", "/energy-prices/2026-03-01").status_code == 403


def test_usage_leaves_with_its_cost(api, client):
    add_price("gpt-9", "2", provider="openai", since="2026-01-01")
    sent = {"occurred_on": "2026-03-05", "provider": "openai", "model": "gpt-9", "output_tokens": 0}
    api("post", "/usage", [sent | {"input_tokens": 3_000_000}, sent | {"input_tokens": 5_000_000}])
    assert gross() == 16  # at 2 a million
    line = next(each for each in api("get", "/usage").json()["items"] if each["input_tokens"] == 3_000_000)
    one = f"/usage/{line['id']}"
    assert caller(client)("delete", one).status_code == 403
    assert caller(client, executive=True)("delete", one).status_code == 403
    gone = api("delete", one)
    assert (gone.status_code, gone.content, gross()) == (204, b"", 10)
    assert [each["input_tokens"] for each in api("get", "/usage").json()["items"]] == [5_000_000]
    assert api("delete", one).status_code == 404
    assert api("delete", "/usage/nothing").status_code == 404


def test_usage_of_a_confidential_initiative_is_not_there_for_strangers(api, client):
    secret = InitiativeFactory(confidential=True)
    sent = {"occurred_on": "2026-03-05", "provider": "x", "model": "y", "input_tokens": 1, "output_tokens": 1}
    api("post", "/usage", sent | {"initiative": secret.key})
    (line,) = api("get", "/usage").json()["items"]
    assert caller(client)("delete", f"/usage/{line['id']}").status_code == 404
    assert api("delete", f"/usage/{line['id']}").status_code == 204


def test_a_budget_line_leaves(api, client):
    sent = {"initiative": InitiativeFactory().key, "month": "2026-03", "amount": "5", "currency": "USD"}
    one = f"/budgets/{api('post', '/budgets', sent).json()['id']}"
    assert caller(client)("delete", one).status_code == 403
    assert api("delete", one).status_code == 204
    assert api("get", "/budgets").json()["count"] == 0
    assert api("delete", one).status_code == 404
    assert AuditEntry.objects.get(object_type="costs.budgetline", action="delete").changes["amount"] == ["5", None]


def test_a_rule_for_ai_categories_leaves_on_its_version(api, client):
    line = add_line(None, "2026-03-05", "7", vendor="Contoso")
    rule = {"match": {"provider": "contoso"}, "ai_category": "data", "priority": 1}
    one = f"/ai-category-rules/{api('post', '/ai-category-rules', rule).json()['id']}"

    def label() -> str:
        return CostLine.objects.get(pk=line.pk).group.ai_category

    assert label() == "data"
    assert api("delete", one).status_code == 428
    assert api("delete", one, match='"7"').status_code == 412
    assert caller(client)("delete", one, match='"1"').status_code == 403
    assert api("delete", one, match='"1"').status_code == 204
    assert label() == ""
    assert api("delete", one, match='"1"').status_code == 404
