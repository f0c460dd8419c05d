"""What opens a reconciled month, and what does not: what its page tells of it, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from api.decimals import plain
from costs.ai import categories as ai_categories
from costs.allocation.placements import EVER
from costs.models import AiCategoryRule, ChargeGroup, CostLine, LedgerSource
from costs.reconciliation import sources as ledger_sources
from costs.reconciliation.causes import causes
from costs.reconciliation.charge_classes import DETAILS
from costs.reconciliation.months import ProviderMonth, provider_month, provider_months, reconcile
from imports import jobs
from money.exact import EXACT
from tests.costs.factories import add_line
from tests.costs.importers.test_focus import bill
from tests.costs.reconciliation.test_months import record
from tests.factories import UserFactory, bearer
from tests.imports.files import bring_in
from tests.markup import tight

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 1)
PAGE, API = "/costs/reconciliation/aws/2026-03/", "/api/v1/reconciliations/aws/2026-03"


@pytest.fixture
def finance(client: Client) -> User:
    user = UserFactory(finance=True)
    client.force_login(user)
    return user


def month(provider: str) -> ProviderMonth:
    here = provider_month(provider, MARCH)
    assert here is not None
    return here


def test_a_month_whose_last_record_is_taken_back_is_opened_with_its_note(client: Client, finance: User) -> None:
    job = bring_in("focus", bill({}))
    reconcile(finance, month("aws"), "Agreed with Ann.")
    jobs.revert(job, None)
    here = month("aws")
    assert (here.name, here.state, here.lines, here.amounts) == ("aws", "reopened", 0, {})
    assert [(name, now) for name, _then, now in here.changed] == [
        ("bill", None), ("ledger", 0), ("lines", 0), ("unallocated", 0),
    ]  # fmt: skip
    assert [(each.provider, each.state) for each in provider_months()] == [("aws", "reopened")]
    assert PAGE in client.get("/costs/reconciliation/").content.decode()
    page = client.get(PAGE)
    text = tight(page.content.decode())
    assert (page.status_code, "Agreed with Ann." in text, "Bill: $1.50 → —" in text) == (200, True, True)
    item: Any = client.get(API, headers=bearer(finance)).json()
    assert (item["state"], item["note"], item["bill"], item["reference"]) == (
        "reopened", "Agreed with Ann.", None, None,
    )  # fmt: skip
    form = page.context["note"]
    sent = {"reconcile": "1", "note": "It was a test.", "version": form["version"].value()}
    assert client.post(PAGE, sent).status_code == 302
    assert month("aws").state == "reconciled"


def test_a_month_that_nobody_reconciled_is_gone_with_its_records(client: Client, finance: User) -> None:
    add_line(None, "2026-04-03", "5", vendor="AWS")  # by hand, in a month without any record
    job = bring_in("focus", bill({}))
    reconcile(finance, month("aws"), "")
    jobs.revert(job, None)
    assert [(each.month, each.state) for each in provider_months()] == [(MARCH, "reopened")]
    assert client.get("/costs/reconciliation/aws/2026-04/").status_code == 404
    assert client.get("/costs/reconciliation/aws/2026-05/").status_code == 404


@pytest.mark.parametrize("more", [{"InvoiceId": "INV-1"}, {"Tags": '{"app": "chat"}'}, {"RegionId": "eu-central-1"}])
def test_a_later_delivery_that_says_what_no_page_of_the_month_tells_does_not_open_it(
    finance: User, more: dict[str, str]
) -> None:
    first = bring_in("focus", bill({}))
    reconcile(finance, month("aws"), "")
    if "RegionId" in more:
        jobs.revert(first, None)
    bring_in("focus", bill(more))
    assert CostLine.objects.live().count() == 1
    assert month("aws").changed == []


def test_a_bill_that_is_divided_into_more_groups_says_the_same(finance: User) -> None:
    other = {
        "BilledCost": "2.5",
        "ChargePeriodStart": "2026-03-05T11:00:00Z",
        "ChargePeriodEnd": "2026-03-05T12:00:00Z",
    }
    first = bring_in("focus", bill({}, other))
    reconcile(finance, month("aws"), "")
    jobs.revert(first, None)
    bring_in("focus", bill({}, other | {"ResourceId": "i-2"}))
    assert month("aws").amounts == {"bill": 4}
    assert month("aws").changed == []


def test_a_bill_of_which_another_class_of_tokens_is_told_now_is_opened(client: Client, finance: User) -> None:
    LedgerSource.objects.create(provider="acme", since=EVER, kind="bill")
    record("bill", "2026-03-03", "100", vendor="Acme", sku="Large input")
    reconcile(finance, month("acme"), "")
    before = client.get("/api/v1/reconciliations/acme/2026-03", headers=bearer(finance))
    assert [row.token_class for row in causes(month("acme")).classes] == ["untold"]
    ai_categories.save(None, AiCategoryRule(priority=1, match={"provider": "acme"}, ai_category="inference"))
    here = month("acme")
    assert [row.token_class for row in causes(here).classes] == ["input"]
    assert (here.state, [name for name, *_values in here.changed]) == ("reopened", ["made_of"])
    assert client.get("/api/v1/reconciliations/acme/2026-03", headers=bearer(finance))["ETag"] != before["ETag"]


def test_another_record_that_counts_opens_a_month_of_which_every_sum_stays(finance: User) -> None:
    LedgerSource.objects.create(provider="acme", since=EVER, kind="bill")
    record("usage", "2026-03-03", "7", vendor="Acme", sku="m1")
    record("gateway", "2026-03-03", "7", vendor="Acme", sku="m1")
    ledger_sources.take(finance, "acme", EVER, "gateway")
    reconcile(finance, month("acme"), "")
    ledger_sources.take(finance, "acme", EVER, "usage")
    assert [name for name, *_values in month("acme").changed] == ["made_of"]


def test_what_two_models_cost_on_two_accounts_is_not_the_same_the_other_way_round(finance: User) -> None:
    ones = [{"SkuId": sku, "SubAccountId": account} for sku, account in (("a", "1"), ("b", "2"))]
    others = [{"SkuId": sku, "SubAccountId": account} for sku, account in (("a", "2"), ("b", "1"))]
    first = bring_in("focus", bill(*ones))
    reconcile(finance, month("aws"), "")
    jobs.revert(first, None)
    bring_in("focus", bill(*others))
    assert [name for name, *_values in month("aws").changed] == ["made_of"]


def test_what_moves_to_another_day_of_the_month_does_not_open_it(finance: User) -> None:
    first = bring_in("focus", bill({}))
    reconcile(finance, month("aws"), "")
    jobs.revert(first, None)
    days = {"ChargePeriodStart": "2026-03-09T10:00:00Z", "ChargePeriodEnd": "2026-03-09T11:00:00Z"}
    bring_in("focus", bill(days))
    assert month("aws").state == "reconciled"


# What every charge came to, times a number for what the page told of it, as months were kept before `usage_type` was
# read of charges.
KEPT_BEFORE = """
SELECT sum(kept.gross * hashtextextended(ROW(
    charge.kind, charge.account, charge.service, charge.sku, charge.details ->> 'cost_type',
    charge.details ->> 'token_type', charge.details ->> 'model', charge.details ->> 'service_tier',
    charge.details ->> 'ChargeDescription',
    charge.kind = 'bill' AND (category.name = 'tokens' OR charge.ai_category = 'inference'), false)::text, 0)::numeric)
FROM costs_groupmonth AS kept JOIN costs_chargegroup AS charge ON charge.id = kept.group_id
JOIN costs_category AS category ON category.id = charge.category_id
"""


def test_a_month_that_was_reconciled_before_more_was_read_of_charges_stays_so(finance: User) -> None:
    bring_in("focus", bill({"ChargeDescription": "On demand"}, {"BilledCost": "2.5", "SkuId": "a"}))
    known = reconcile(finance, month("aws"), "")
    with connection.cursor() as cursor:
        cursor.execute(KEPT_BEFORE)
        known.figures["made_of"] = plain(cursor.fetchone()[0].normalize(EXACT))
    known.save()
    assert month("aws").state == "reconciled"


@pytest.mark.parametrize("name", DETAILS)
def test_a_charge_of_which_anything_else_is_told_opens_a_month(finance: User, name: str) -> None:
    bring_in("focus", bill({}))
    charge = ChargeGroup.objects.get()
    charge.details |= {name: "message"}
    charge.save()
    reconcile(finance, month("aws"), "")
    charge.details |= {name: "batch"}
    charge.save()
    assert [name for name, *_values in month("aws").changed] == ["made_of"]
