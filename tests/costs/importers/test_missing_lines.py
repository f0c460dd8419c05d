"""What a later delivery of a bill no longer has goes on counting; its report says so, and what to do."""

from __future__ import annotations

import json

import pytest

from costs import lines, totals
from costs.models import AiCategory, AiCategoryRule, CostLine
from imports import jobs
from imports.models import Import
from tests.costs.allocation.test_places import LATER
from tests.costs.factories import new_line
from tests.costs.importers.test_amount_compared import log
from tests.costs.importers.test_focus import bill
from tests.imports.files import SAMPLES, bring_in

pytestmark = pytest.mark.django_db
LEFT = (
    "Earlier imports (test.csv) have charges of this file's days and accounts that it does not have: {} of them, "
    "{} in all. They go on counting. If this file is a part of the bill, that is right. If it is the whole bill, take "
    "those imports back and hand this file in once more; delete charges that somebody has corrected."
)


def said(job: Import) -> list[str]:
    return [str(each) for each in job.reasons.filter(is_rejection=False, is_restatement=False)]


def gross() -> object:
    return totals.unallocated(LATER).gross


def test_equal_charges_that_come_again_as_one_are_told_and_the_advice_leads_to_the_bill() -> None:
    three, one = bill(*({"BilledCost": each} for each in ("4", "5", "30"))), bill({"BilledCost": "39"})
    first = bring_in("focus", three)
    assert said(bring_in("focus", one, dry_run=True)) == [LEFT.format(2, "35 USD")]
    second = bring_in("focus", one)
    assert (gross(), said(second)) == (74, [LEFT.format(2, "35 USD")])
    jobs.revert(first, None)
    again = bring_in("focus", one)
    assert (gross(), said(again)) == (39, [])


def test_charges_under_another_description_are_told_in_each_currency() -> None:
    def described(text: str) -> str:
        return bill(*({"ChargeDescription": text, "BillingCurrency": each} for each in ("USD", "EUR")), {"SkuId": "B"})

    bring_in("focus", described("VM usage"))
    job = bring_in("focus", described("Virtual machine usage"))
    assert (job.rows_created, job.rows_unchanged) == (2, 1)
    assert said(job) == [LEFT.format(2, "1.5 EUR, 1.5 USD")]


DAY_BEFORE = {"ChargePeriodStart": "2026-03-04T10:00:00Z", "ChargePeriodEnd": "2026-03-04T11:00:00Z"}


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"BilledCost": "7"},
        {"InvoiceId": "I-2", "SkuId": "B"},
        {"SubAccountId": "12"},
        {"ProviderName": "Oracle"},
        DAY_BEFORE | {"SkuId": "B"},
    ],
)
def test_what_is_restated_or_of_another_account_day_or_invoice_is_not(other: dict[str, str]) -> None:
    bring_in("focus", bill({"InvoiceId": "I-1"} if "InvoiceId" in other else {}))
    assert said(bring_in("focus", bill(other))) == []


THIRD = {"ChargePeriodStart": "2026-03-03T10:00:00Z", "ChargePeriodEnd": "2026-03-03T11:00:00Z"}


def test_neither_days_between_those_of_the_file_say_anything_nor_what_corrects_an_earlier_one() -> None:
    bring_in("focus", bill({"SkuId": "B"}, DAY_BEFORE))
    assert said(bring_in("focus", bill(THIRD, {"SkuId": "B"}))) == []
    correction = THIRD | {"ChargeClass": "Correction", "BilledCost": "-1"}
    bring_in("focus", bill(THIRD | {"SkuId": "C"}))
    assert said(bring_in("focus", bill(correction, {"SkuId": "B"}))) == []


def test_a_month_new_to_one_account_beside_one_that_comes_again() -> None:
    bring_in("focus", bill({}, {"SkuId": "B"}))
    new = {"ChargePeriodStart": "2026-04-03T10:00:00Z", "ChargePeriodEnd": "2026-04-03T11:00:00Z"}
    assert said(bring_in("focus", bill({}, new, {"SkuId": "B"}))) == []
    assert said(bring_in("focus", bill(new, {}))) == [LEFT.format(1, "1.5 USD")]


def test_what_is_kept_to_compare_only_counts_nowhere_and_is_not_told() -> None:
    AiCategoryRule.objects.create(priority=1, match={"service": "Tokens"}, ai_category=AiCategory.INFERENCE)
    log("4")
    tokens = {"ServiceName": "Tokens"}
    bring_in("focus", bill(tokens, tokens | {"SkuId": "B"}))
    (remark,) = said(bring_in("focus", bill(tokens)))
    assert remark.startswith("Kept to compare only")
    bring_in("focus", bill(tokens, {"SkuId": "C"}, {"SkuId": "D"}))  # machines on the same bill count
    remarks = said(bring_in("focus", bill(tokens, {"SkuId": "D"})))
    assert [each for each in remarks if each.startswith("Earlier")] == [LEFT.format(1, "1.5 USD")]


def test_the_whole_months_of_a_provider_s_report_are_looked_at() -> None:
    bring_in("openai_costs", SAMPLES / "openai_costs.json")
    page = json.loads((SAMPLES / "openai_costs.json").read_text())
    first = page["data"][0]["results"]
    left = sum(float(each["amount"]["value"]) for each in first[1:])
    page["data"] = [page["data"][0] | {"results": first[:1]}]
    (remark,) = [each for each in said(bring_in("openai_costs", json.dumps(page))) if each.startswith("Earlier")]
    assert remark == LEFT.format(len(first) - 1, f"{left:g} USD")


def test_other_tags_are_told_as_such_alone() -> None:
    bring_in("focus", bill({}))
    (remark,) = said(bring_in("focus", bill({"Tags": '{"app": "search"}'})))
    assert remark.startswith("The bill was here with other tags")


def test_a_line_that_a_person_corrected_is_as_the_charge_that_it_was_and_a_deleted_one_counts_nothing() -> None:
    charges = [{"SkuId": each} for each in "ABC"]
    bring_in("focus", bill(*charges))
    lines.remove(None, CostLine.objects.live().get(group__sku="A"))
    for sku in "BC":
        corrected = new_line(None, "2026-03-05", "3", vendor="AWS", recoverable=True)
        lines.correct(None, CostLine.objects.live().get(group__sku=sku), corrected)
    job = bring_in("focus", bill(charges[1]))
    assert (job.rows_unchanged, said(job)) == (1, [LEFT.format(1, "3 USD").replace("test.csv", "–")])


def test_rows_of_an_error_file_are_a_part_by_nature() -> None:
    text = bill({}, {"SkuId": "B", "BilledCost": "x"}).splitlines()
    bring_in("focus", "\n".join(text))
    sent = [f"line,column,reason,{text[0]}", "3,amount,why," + text[2].replace(",x,", ",2,")]
    assert said(bring_in("focus", "\n".join(sent))) == []
