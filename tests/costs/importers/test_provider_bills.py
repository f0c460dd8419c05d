"""What providers say they charged: samples that we wrote in the shape of their documented APIs, to the last digit."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from costs import totals
from costs.importers.rounding import ROUNDED as ROUNDED_AMOUNTS
from costs.models import ChargeGroup, CostLine
from imports import jobs
from tests.costs.allocation.test_places import LATER
from tests.costs.importers.test_focus import bill
from tests.imports.files import SAMPLES, bring_in

pytestmark = pytest.mark.django_db
# Worked out by hand from the samples.
OPENAI = Decimal("0.123456789012345678") + Decimal("2.5") + Decimal("0.0000001") + 3
ANTHROPIC = Decimal("123.456789") + Decimal("0.5") - Decimal("0.005")


def lines() -> list[tuple[str, str, str]]:
    found = CostLine.objects.live().select_related("group").order_by("incurred_on", "-amount")
    return [(f"{line.incurred_on}", line.group.sku, f"{line.amount:f}") for line in found]


def test_openai_costs_are_found_by_their_content_and_keep_every_digit():
    job = bring_in("", SAMPLES / "openai_costs.json")
    assert (job.format, job.rows_created, job.rows_rejected) == ("openai_costs", 4, 0)
    assert job.amount_total == totals.unallocated(LATER).gross == OPENAI
    assert lines() == [
        ("2026-01-01", "gpt-4o-2024-08-06, output", "2.5"),
        ("2026-01-01", "gpt-4o-2024-08-06, input", "0.123456789012345678"),
        ("2026-01-02", "", "3"),
        ("2026-01-02", "gpt-4o-2024-08-06, input", "0.0000001"),
    ]
    group = ChargeGroup.objects.get(sku="gpt-4o-2024-08-06, output")
    assert (group.kind, group.vendor, group.account, group.category.name) == ("bill", "OpenAI", "proj_claims", "tokens")


def test_anthropic_amounts_are_cents():
    job = bring_in("", SAMPLES / "anthropic_cost.json")
    assert (job.format, job.rows_created, job.rows_rejected) == ("anthropic_cost", 3, 0)
    assert job.amount_total == totals.unallocated(LATER).gross == ANTHROPIC
    group = ChargeGroup.objects.get(account="wrkspc_claims")
    assert group.details["token_type"] == "uncached_input_tokens"
    assert (group.vendor, group.sku) == ("Anthropic", "Claude Sonnet 4 Usage - Input Tokens")


def test_a_second_bill_of_a_provider_is_said_until_one_of_them_is_taken_back():
    first = bring_in("openai_costs", SAMPLES / "openai_costs.json")
    assert not first.reasons.exists()
    assert not bring_in("anthropic_cost", SAMPLES / "anthropic_cost.json").reasons.exists()  # another provider
    marketplace = bill({"ProviderName": "OpenAI", "ServiceName": "API", "BilledCost": "5"})
    second = bring_in("focus", marketplace)
    assert [str(reason) for reason in second.reasons.all()] == [
        "Another bill of OpenAI is in the ledger (openai_costs). Both count: "
        "revert one of them if they are for the same charges."
    ]
    assert totals.unallocated(LATER).gross == OPENAI + ANTHROPIC + 5
    jobs.revert(first, None)
    jobs.revert(second, None)
    assert not bring_in("focus", marketplace).reasons.exists()


@pytest.mark.parametrize("name", ["openai_costs", "anthropic_cost"])
def test_the_same_report_again_changes_nothing_and_a_revert_takes_it_back(name: str):
    first = bring_in(name, SAMPLES / f"{name}.json")
    again = bring_in(name, SAMPLES / f"{name}.json")
    assert (again.rows_created, again.rows_unchanged) == (0, first.rows_created)
    jobs.revert(first, None)
    assert totals.unallocated(LATER).gross == 0


def test_a_later_report_with_another_amount_restates_the_day():
    bring_in("openai_costs", SAMPLES / "openai_costs.json")
    text = (SAMPLES / "openai_costs.json").read_text()
    job = bring_in("openai_costs", text.replace('"value": 2.5', '"value": 4'))
    assert (job.rows_created, job.rows_unchanged) == (1, 3)
    assert totals.unallocated(LATER).gross == OPENAI + Decimal("1.5")


@pytest.mark.parametrize(
    ("result", "column"),
    [
        ({"amount": {"value": 1, "currency": "xxx1"}}, "currency"),
        ({"amount": {"value": "NaN", "currency": "usd"}}, "amount"),
        ({"amount": {"value": "1e400", "currency": "usd"}}, "amount"),
    ],
)
def test_a_result_that_cannot_be_taken_is_rejected_and_the_others_stay(result, column):
    good = {"amount": {"value": 1, "currency": "usd"}, "line_item": "x"}
    page = {"data": [{"start_time": 1767225600, "end_time": 1767312000, "results": [result, good]}]}
    job = bring_in("openai_costs", json.dumps(page))
    assert (job.rows_created, job.rows_rejected, job.rejected.get().column) == (1, 1, column)


# The sample again, written as CSV by hand.
ANTHROPIC_AS_CSV = """\
starting_at,ending_at,amount,currency,workspace_id,description,model,token_type,context_window,\
service_tier,cost_type
2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,12345.6789,USD,wrkspc_claims,Claude Sonnet 4 Usage - Input Tokens,\
claude-sonnet-4-20250514,uncached_input_tokens,0-200k,standard,tokens
2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,50,USD,,Web Search Usage,,,,,web_search
2026-01-02T00:00:00Z,2026-01-03T00:00:00Z,-0.5,usd,wrkspc_claims,Claude Sonnet 4 Usage - Input Tokens,\
claude-sonnet-4-20250514,uncached_input_tokens,0-200k,standard,tokens
"""


def test_openai_costs_as_csv():
    text = "start_time,end_time,amount,currency,line_item,project_id\n1767225600,1767312000,2.5,usd,gpt-4o,proj_1\n"
    job = bring_in("", text)
    assert (job.format, job.rows_created, job.amount_total) == ("openai_costs", 1, Decimal("2.5"))


def test_anthropic_costs_as_csv_are_cents_and_the_same_charges_as_in_json():
    job = bring_in("", ANTHROPIC_AS_CSV)
    assert (job.format, job.rows_created, job.rows_rejected) == ("anthropic_cost", 3, 0)
    assert job.amount_total == totals.unallocated(LATER).gross == ANTHROPIC
    again = bring_in("anthropic_cost", SAMPLES / "anthropic_cost.json")
    assert (again.rows_created, again.rows_unchanged) == (0, 3)


def test_amounts_are_rounded_to_18_places_a_text_with_so_many_is_exact_and_what_was_written_so_is_told():
    page = json.loads((SAMPLES / "openai_costs.json").read_text())
    page["data"] = page["data"][:1]
    result = page["data"][0]["results"][0]
    # The first is what a double prints (17 digits): 20 places, of which 18 are kept. The second, a text, is exact.
    values = ["0.00030750000000000005", '"0.123456789012345678"', '"0.1234567890123456789"', "0.1234567890123456789"]
    page["data"][0]["results"] = [
        result | {"line_item": str(n), "amount": {"value": f"<{n}>", "currency": "usd"}} for n in range(len(values))
    ]
    text = json.dumps(page)
    for n, value in enumerate(values):
        text = text.replace(f'"<{n}>"', value)
    job = bring_in("openai_costs", text)
    rounded = "0.123456789012345679"
    assert [amount for *_, amount in lines()] == [rounded, rounded, "0.123456789012345678", "0.0003075"]
    assert (job.rows_created, job.rows_rejected) == (4, 0)
    (told,) = job.reasons.filter(text=ROUNDED_AMOUNTS)
    assert (told.count, told.lines) == (2, [3, 4])
    assert told.values == {"values": "3: 0.1234567890123456789; 4: 0.1234567890123456789"}
