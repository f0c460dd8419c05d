"""What a bill calls its accounts: rules go by it, pages and exports show it, and a renamed account is the same one."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from costs import lines, rollups
from costs.models import AccountNaming, ChargeGroup, CostLine
from imports import jobs
from imports.models import Import
from tests.costs.allocation.test_places import apply, cost_of, rule
from tests.costs.factories import new_line
from tests.costs.importers.test_focus import BILLED_SUM, SAMPLE, bill
from tests.costs.test_removal_api import caller
from tests.factories import InitiativeFactory, UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
MARCH = {"since": "2026-03", "until": "2026-03"}  # the month of `bill`
APRIL = {"ChargePeriodStart": "2026-04-05T10:00:00Z", "ChargePeriodEnd": "2026-04-05T11:00:00Z"}


def named(*rows: tuple[str, str, str], **fields: str) -> str:
    """Write a bill with a row for each account, its name and amount."""
    return bill(
        *(
            {"SubAccountId": account, "SubAccountName": name, "BilledCost": amount} | fields
            for account, name, amount in rows
        )
    )


def said(job: Import) -> dict[str, int]:
    """Return what the report says of accounts."""
    found = job.reasons.filter(is_rejection=False, text__startswith="Account")
    return {str(each): each.count for each in found}


def test_a_rule_on_the_name_places_the_rows_of_the_published_sample(shared_data: Path, client: Client) -> None:
    rows = list(csv.DictReader((shared_data / SAMPLE).open(newline="")))
    atlas = sum(Decimal(row["BilledCost"]) for row in rows if row["SubAccountName"] == "Atlas Nimbus")
    assert atlas == Decimal("0.00063772120")
    initiative = InitiativeFactory()
    body = {"match": {"account_name": "atlas nimbus"}, "split": [{"initiative": initiative.key, "share": 1}]}
    assert caller(client, finance=True)("post", "/allocation-rules", body).status_code == 201
    bring_in("focus", (shared_data / SAMPLE).read_bytes())
    assert cost_of(initiative, None) == [atlas, BILLED_SUM - atlas]


def test_the_name_stands_on_unallocated_and_in_the_columns_of_focus() -> None:
    bring_in("focus", named(("11", "Prod", "2"), ("12", "Dev", "3"), ("", "Nobody's", "4")))
    bring_in("focus", named(("2", "Itself", "5"), ("3", "", "6"), ResourceId="i-2", BillingAccountId="2"))
    client = Client()
    client.force_login(UserFactory(finance=True))
    shown = client.get(reverse("costs:unallocated"), {"by": "account_name"}).content.decode()
    assert "Prod" in shown and "Dev" in shown and "Nobody&#x27;s" not in shown
    exported = client.get(reverse("costs:explore-focus"), MARCH).getvalue().decode()
    rows = csv.DictReader(io.StringIO(exported))
    found = {(row["BillingAccountId"], row["SubAccountId"]): row["SubAccountName"] for row in rows}
    # The third row names no sub-account: its name would be that of the whole billing account.
    assert found == {("1", "11"): "Prod", ("1", "12"): "Dev", ("1", ""): "", ("2", "2"): "Itself", ("2", "3"): ""}


def test_the_columns_of_focus_have_a_sub_account_that_nothing_stands_above_and_only_categories_of_focus() -> None:
    accounts = ({"SubAccountId": "11"}, {"BillingAccountId": "12"}, {"SubAccountId": "13", "ResourceId": "i-2"})
    types = ("SavingsPlanCoveredUsage", "Credit", "Usage")
    rows = [
        {"SubAccountId": "", "BillingAccountId": "", "ChargeCategory": each} | account
        for each, account in zip(types, accounts, strict=True)
    ]
    bring_in("focus", bill(*rows))
    client = Client()
    client.force_login(UserFactory(finance=True))
    exported = csv.DictReader(io.StringIO(client.get(reverse("costs:explore-focus"), MARCH).getvalue().decode()))
    found = {(row["BillingAccountId"], row["SubAccountId"], row["ChargeCategory"]) for row in exported}
    assert found == {("", "11", "Usage"), ("12", "", "Credit"), ("", "13", "Usage")}


def test_a_renamed_account_is_the_same_and_moves_to_where_rules_on_its_name_say() -> None:
    old, new = InitiativeFactory(), InitiativeFactory()
    rule({"account_name": "Prod"}, old)
    rule({"account_name": "Production"}, new)
    march = named(("11", "Prod", "2"), ("12", "Dev", "3"), ResourceId="i-old")
    assert said(bring_in("focus", march)) == {}
    assert cost_of(old, new, None) == [2, 0, 3]

    job = bring_in("focus", named(("11", "Production", "5"), ("12", "Dev", "7"), **APRIL))
    assert (job.rows_created, job.rows_rejected) == (2, 0)
    # What no row of this bill is about goes with the account as well, so that one account has one name.
    assert cost_of(old, new, None) == [0, 7, 10]
    assert said(job) == {
        "Account 11 was called “Prod” and is “Production” now: rules that ask for the account's name place all that it "
        "costs by the new one.": 1
    }
    assert dict(ChargeGroup.objects.values_list("account", "account_name").distinct()) == {
        "11": "Production", "12": "Dev",
    }  # fmt: skip

    again = bring_in("focus", named(("11", "Production", "5"), ("12", "Dev", "7"), **APRIL))
    assert (again.rows_unchanged, said(again)) == (2, {})
    without = bring_in("focus", named(("11", "", "1"), ResourceId="i-2", **APRIL))
    assert (without.rows_created, said(without)) == (1, {})
    assert ChargeGroup.objects.filter(account_name="Production").count() == 3


def test_a_name_that_no_rule_asks_for_moves_nothing() -> None:
    bring_in("focus", named(("11", "Prod", "2"), ResourceId="i-old"))
    late = InitiativeFactory()
    rule({"account": "11"}, late)  # not applied to what is there
    bring_in("focus", named(("11", "Production", "5"), **APRIL))
    assert cost_of(late, None) == [5, 2]
    apply()
    assert cost_of(late, None) == [7, 0]


def test_a_renamed_account_applies_no_rule_that_asks_for_other_names_only() -> None:
    bring_in("focus", named(("11", "Prod", "2"), ResourceId="i-old"))
    late, other = InitiativeFactory(), InitiativeFactory()
    rule({"account": "11"}, late)  # not applied to what is there
    rule({"account_name": "Test*"}, other)
    job = bring_in("focus", named(("11", "Production", "5"), **APRIL))
    assert (len(said(job)), cost_of(late, other, None)) == (1, [5, 0, 2])
    assert ChargeGroup.objects.filter(account_name="Production").count() == 2
    bring_in("focus", named(("11", "testing", "3"), ResourceId="i-new", **APRIL))
    assert cost_of(late, other, None) == [10, 0, 0]  # the rule that is asked first, on all of the account


def test_an_account_that_is_named_for_the_first_time_is_told_where_a_rule_asks_for_it() -> None:
    march = named(("11", "", "2"), ("12", "", "3"), ResourceId="i-old")
    bring_in("focus", march)
    initiative = InitiativeFactory()
    rule({"account_name": "prod"}, initiative)
    job = bring_in("focus", named(("11", "Prod", "5"), ("12", "Dev", "7"), ("13", "Prod", "11"), **APRIL))
    assert cost_of(initiative, None) == [2 + 5 + 11, 3 + 7]
    assert said(job) == {
        "Account 11 had no name and is “Prod” now: rules that ask for the account's name place all that it costs by "
        "it.": 1
    }


def test_a_new_charge_of_an_account_that_its_file_does_not_name_has_the_name_of_earlier_bills() -> None:
    initiative = InitiativeFactory()
    rule({"account_name": "Prod"}, initiative)
    bring_in("focus", named(("11", "Prod", "2"), ("12", "Dev", "3")))
    job = bring_in("focus", named(("11", "", "5"), ("12", "", "7"), ("13", "", "11"), ResourceId="i-new"))
    assert (job.rows_created, said(job)) == (3, {})
    assert cost_of(initiative, None) == [7, 3 + 7 + 11]
    found = ChargeGroup.objects.filter(resource="i-new").values_list("account", "account_name")
    assert dict(found) == {"11": "Prod", "12": "Dev", "13": ""}


def test_an_account_that_is_renamed_while_a_file_that_does_not_name_it_is_read_has_one_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    initiative = InitiativeFactory()
    rule({"account_name": "Production"}, initiative)
    bring_in("focus", named(("11", "Prod", "2")))

    def others_first() -> None:
        monkeypatch.undo()  # another bill comes in before this one has the lock, and does not see its groups yet
        ChargeGroup.objects.exclude(resource="i-3").update(account_name="Production")
        AccountNaming.objects.create(source="focus", vendor="AWS", account="11", name="Production")
        rollups.lock()

    monkeypatch.setattr(rollups, "lock", others_first)
    bring_in("focus", named(("11", "", "5"), ResourceId="i-3"))
    assert set(ChargeGroup.objects.values_list("account_name", flat=True)) == {"Production"}
    assert cost_of(initiative, None) == [5, 2]  # where it has placed its own is not for this one to say


def test_a_name_that_is_taken_back_while_a_file_that_does_not_name_its_account_is_read_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    initiative = InitiativeFactory()
    rule({"account_name": "Prod"}, initiative)
    bring_in("focus", named(("11", "", "2")))
    gone = bring_in("focus", named(("11", "Prod", "3"), **APRIL))

    def taken_back_first() -> None:
        monkeypatch.undo()  # the revert does not see this one's groups yet, which have the name already
        new = ChargeGroup.objects.filter(resource="i-3")
        assert set(new.values_list("account_name", flat=True)) == {"Prod"}
        jobs.revert(gone, None)
        new.update(account_name="Prod")
        rollups.lock()

    monkeypatch.setattr(rollups, "lock", taken_back_first)
    bring_in("focus", named(("11", "", "5"), ResourceId="i-3"))
    assert set(ChargeGroup.objects.values_list("account_name", flat=True)) == {""}
    assert cost_of(initiative, None) == [0, 7]


def test_a_row_that_is_rejected_names_no_account() -> None:
    initiative = InitiativeFactory()
    rule({"account_name": "Prod"}, initiative)
    good = {"SubAccountId": "11", "SubAccountName": "Prod", "BilledCost": "2"}
    wrong = good | {"SubAccountName": "Wrong"}
    rejected = [{"BilledCost": "x"}, {"BillingCurrency": "?"}, {"ChargePeriodEnd": "x", "ResourceId": "i-2"}]
    unnamed = {"SubAccountId": "12", "SubAccountName": "Wrong", "BilledCost": "x"}
    job = bring_in("focus", bill(good, *(wrong | each for each in rejected), unnamed))
    assert (job.rows_created, job.rows_rejected) == (1, 4)
    assert list(ChargeGroup.objects.values_list("account", "account_name")) == [("11", "Prod")]
    # What is read one by one names its account as well, and later than what is read in columns.
    odd = good | {"SubAccountName": "Production", "BilledCost": "1e1", "ResourceId": "i-2"}
    assert bring_in("focus", bill(odd | {"SubAccountName": "Prod"}, good)).rows_rejected == 0
    assert cost_of(initiative, None) == [12, 0]
    assert bring_in("focus", bill(good, odd)).rows_created == 0
    assert cost_of(initiative, None) == [0, 12]


def test_of_several_names_in_a_file_the_last_one_holds() -> None:
    initiative = InitiativeFactory()
    rule({"account_name": "Production"}, initiative)
    text = named(("11", "Prod", "2")) + named(("11", "Production", "3"), ResourceId="i-2").split("\n", 1)[1]
    assert said(bring_in("focus", text)) == {}
    assert cost_of(initiative, None) == [5, 0]
    assert said(bring_in("focus", text)) == {}
    last = text + named(("11", "Prod", "7"), **APRIL).split("\n", 1)[1]  # of the charge that is named first
    assert len(said(bring_in("focus", last))) == 1
    assert cost_of(initiative, None) == [0, 12]


def test_a_corrected_line_keeps_the_name_of_its_account() -> None:
    initiative, finance = InitiativeFactory(), UserFactory(finance=True)
    rule({"account_name": "Prod"}, initiative)
    bring_in("focus", named(("11", "Prod", "2")))
    line = CostLine.objects.select_related("group").get()
    lines.correct(finance, line, new_line(None, "2026-03-05", "2", vendor="AWS", capex=True))
    assert CostLine.objects.live().get().group.account_name == "Prod"
    assert cost_of(initiative, None) == [2, 0]


def test_a_name_longer_than_is_kept_is_cut() -> None:
    job = bring_in("focus", named(("11", "n" * 201, "2")))
    assert (job.rows_created, job.rows_rejected) == (1, 0)
    assert ChargeGroup.objects.get().account_name == "n" * 200


def test_the_project_name_of_openai_is_its_account_s() -> None:
    initiative = InitiativeFactory()
    rule({"account_name": "Claims"}, initiative)
    bucket = {
        "start_time": 1767225600,
        "end_time": 1767312000,
        "results": [
            {
                "amount": {"value": 2.5, "currency": "usd"},
                "line_item": "a",
                "project_id": "p1",
                "project_name": "Claims",
            },
            {"amount": {"value": 1.5, "currency": "usd"}, "line_item": "a", "project_id": "p2", "project_name": None},
            {"amount": {"value": "x", "currency": "usd"}, "project_id": "p1", "project_name": "Of a rejected row"},
        ],
    }
    assert bring_in("openai_costs", json.dumps({"data": [bucket]})).rows_rejected == 1
    assert cost_of(initiative, None) == [Decimal("2.5"), Decimal("1.5")]
