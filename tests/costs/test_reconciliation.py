"""The records of a provider beside each other: what they say, what explains it, and months that stay reconciled."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from costs import ledger_sources, totals
from costs.models import ChargeGroup, Kind, LedgerSource, Reconciliation
from costs.placements import EVER
from costs.reconciliation import causes, provider_month, provider_months
from tests.costs.factories import add_line
from tests.costs.test_focus import bill
from tests.factories import UserFactory, bearer
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 1)
LATER = date(2026, 12, 31)


def record(kind: str, on: str, amount: str, vendor: str = "OpenAI", sku: str = "gpt"):
    """Add a line as a record of some kind has it."""
    line = add_line(None, on, amount, vendor=vendor, source=f"{kind} {vendor} {sku} {amount} {on}")
    ChargeGroup.objects.filter(pk=line.group_id).update(kind=kind, sku=sku)
    return line


@pytest.fixture
def three_records():
    """OpenAI in March: 108 by our prices, 3 in the gateway's log, 100 billed; the ledger takes the bill."""
    LedgerSource.objects.create(provider="openai", since=EVER, kind="bill")
    record("usage", "2026-03-03", "60")
    record("usage", "2026-03-04", "48")
    record("gateway", "2026-03-03", "3")
    record("bill", "2026-03-03", "70")
    record("bill", "2026-03-05", "30")
    ledger_sources.take(UserFactory(finance=True), "openai", EVER, "bill")


def test_the_four_figures_and_their_differences_are_exact(three_records):
    (here,) = provider_months()
    assert (here.provider, here.month, here.state) == ("openai", MARCH, "open")
    assert here.figures == {"usage": "108", "gateway": "3", "bill": "100", "ledger": "100"}
    assert (here.difference("usage"), here.difference("gateway"), here.difference("bill")) == (8, -97, None)
    assert (here.factor("usage"), here.factor("gateway")) == (Decimal("1.08"), Decimal("0.03"))
    assert totals.unallocated(LATER).gross == 100


def test_the_ledger_can_take_another_record_from_a_month_on(three_records):
    record("usage", "2026-04-03", "5")
    ledger_sources.take(UserFactory(finance=True), "openai", date(2026, 4, 1), "usage")
    assert totals.unallocated(LATER).gross == 105
    assert provider_month("openai", MARCH).ledger == 100
    ledger_sources.take(UserFactory(finance=True), "openai", EVER, "usage")
    assert totals.unallocated(LATER).gross == 113


def test_causes_name_missing_days_and_what_is_unallocated(three_records):
    why = causes(provider_month("openai", MARCH))
    assert why.missing_days == {
        "usage": [date(2026, 3, 5)],
        "gateway": [date(2026, 3, 4), date(2026, 3, 5)],
        "bill": [date(2026, 3, 4)],
    }
    assert why.unallocated == 100
    assert why.largest["bill"] == [("gpt", Decimal(100))]


def test_names_of_one_provider_meet():
    record("bill", "2026-03-03", "10", vendor="Amazon Web Services")
    record("usage", "2026-03-03", "9", vendor="bedrock")
    (here,) = provider_months()
    assert (here.provider, here.figures["bill"], here.figures["usage"]) == ("aws", "10", "9")


def test_the_first_record_of_a_provider_counts_and_a_later_kind_is_kept_to_compare():
    bring_in("focus", bill({"ProviderName": "OpenAI"}))
    assert LedgerSource.objects.get().kind == Kind.BILL
    assert totals.unallocated(LATER).gross == Decimal("1.5")


def test_a_month_is_reconciled_until_a_figure_changes(client: Client, three_records):
    client.force_login(UserFactory(finance=True))
    address = reverse("costs:reconciliation", args=["openai", "2026-03"])
    assert client.post(address, {"reconcile": "1", "note": "Prices of March were late."}).status_code == 302
    assert provider_month("openai", MARCH).state == "reconciled"
    record("gateway", "2026-03-09", "1")
    assert provider_month("openai", MARCH).state == "reopened"
    page = client.get(address).content.decode()
    assert "a figure has changed since" in page
    assert "Prices of March were late." in page
    client.post(address, {"reconcile": "1", "note": ""})
    assert provider_month("openai", MARCH).state == "reconciled"
    assert Reconciliation.objects.count() == 1


def test_pages_say_what_the_records_say_with_a_bounded_number_of_queries(
    client: Client, three_records, django_assert_max_num_queries
):
    client.force_login(UserFactory(finance=True))
    with django_assert_max_num_queries(8):
        page = client.get(reverse("costs:reconciliations")).content.decode()
    assert "× 1.08" in page
    assert "<b>1 month</b> waits" in page
    with django_assert_max_num_queries(14):
        assert client.get(reverse("costs:reconciliation", args=["openai", "2026-03"])).status_code == 200


def test_nothing_to_compare_says_what_to_do(client: Client):
    client.force_login(UserFactory(finance=True))
    assert "Nothing to compare" in client.get(reverse("costs:reconciliations")).content.decode()


@pytest.mark.parametrize("address", [("nobody", "2026-03"), ("openai", "2026-13"), ("openai", "x")])
def test_what_is_not_there_is_not_found(client: Client, three_records, address):
    client.force_login(UserFactory(finance=True))
    assert client.get(reverse("costs:reconciliation", args=address)).status_code == 404


def test_an_unknown_record_is_refused_and_changes_nothing(client: Client, three_records):
    client.force_login(UserFactory(finance=True))
    address = reverse("costs:reconciliation", args=["openai", "2026-03"])
    assert client.post(address, {"take": "1", "kind": "entered"}).status_code == 422
    assert LedgerSource.objects.get().kind == "bill"


@pytest.mark.parametrize(
    ("role", "status"), [("contributor", 403), ("portfolio", 403), ("executive", 403), ("admin", 200)]
)
def test_only_finance_and_administrators_reconcile(client: Client, role, status):
    user = UserFactory(role=role)
    client.force_login(user)
    assert client.get(reverse("costs:reconciliations")).status_code == status
    assert Client().get("/api/v1/reconciliations", headers=bearer(user)).status_code == status


def test_the_api_lists_and_reconciles(client: Client, three_records):
    headers = bearer(UserFactory(finance=True))
    (item,) = client.get("/api/v1/reconciliations", headers=headers).json()
    assert (item["usage"], item["gateway"], item["bill"], item["ledger"]) == ("108", "3", "100", "100")
    done = client.post(
        "/api/v1/reconciliations/openai/2026-03", {"note": "fine"}, headers=headers, content_type="application/json"
    )
    assert (done.status_code, done.json()["state"]) == (200, "reconciled")
    missing = client.post("/api/v1/reconciliations/x/2026-03", {}, headers=headers, content_type="application/json")
    assert missing.status_code == 404
