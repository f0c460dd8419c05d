"""A gateway's log says 0 of a model that the gateway has no price for: such a call is priced by us, or unpriced."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from costs.models import CostLine, LedgerSource, UsageLine
from costs.prices import own_rows, repricing
from costs.prices.own_rows import NewPrice
from costs.pricing import Rate, TokenClass
from costs.reconciliation.causes import Parts, causes
from costs.reconciliation.months import provider_month
from imports.models import Import
from tests.costs.allocation.test_places import cost_of
from tests.costs.test_removal_api import caller
from tests.factories import UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
NOTHING = "The log says that these tokens cost nothing, as LiteLLM does for a model that it has no price for."
NO_PROVIDER = (
    "The log does not name the provider (custom_llm_provider): these calls are kept as LiteLLM's and count beside a "
    "bill of the provider itself. Where there is one, import the log again with the provider named."
)
NOBODY: dict[str, object] = {"custom_llm_provider": ""}
NO_PRICE = "Kept without a cost: the price book has no price for this model on this day."


def calls(*changes: dict[str, object]) -> str:
    """Write calls of 10,000 tokens of a model of our own that are said to cost nothing."""
    call = {"startTime": "2026-01-02T10:00:00Z", "spend": 0, "model": "our-llama", "custom_llm_provider": "hosted_vllm"}
    call |= {"prompt_tokens": 9_000, "completion_tokens": 1_000, "metadata": {}}
    return json.dumps([call | {"request_id": f"r-{number}"} | change for number, change in enumerate(changes)])


def own_price(per_million: str, provider: str = "hosted_vllm", model: str = "our-llama") -> None:
    prices = {TokenClass.INPUT: Decimal(per_million), TokenClass.OUTPUT: Decimal(per_million)}
    own_rows.add(UserFactory(finance=True), NewPrice(provider, model, date(2025, 1, 1), [Rate(prices)]))


def said(job: Import) -> dict[str, list[int]]:
    return {str(each).split(" They are")[0]: each.lines for each in job.reasons.all()}


def test_tokens_of_a_model_that_nobody_prices_are_unpriced_and_listed(client: Client) -> None:
    job = bring_in("", calls({}, {"spend": 0.5, "model": "gpt-4o"}))
    assert (job.format, job.rows_created, job.rows_rejected, job.amount_total) == (
        "litellm_spend", 2, 0, Decimal("0.5"),
    )  # fmt: skip
    assert said(job) == {NOTHING: [1], NO_PRICE: [1]}
    assert CostLine.objects.get().amount == Decimal("0.5")
    api = caller(client, finance=True)
    (item,) = api("get", "/usage?unpriced=true").json()["items"]
    assert (item["model"], item["priced"], item["amount"], item["unpriced_reason"]) == (
        "our-llama", False, None, "unknown",
    )  # fmt: skip
    client.force_login(UserFactory(finance=True))
    assert "our-llama" in client.get(reverse("costs:usage"), {"unpriced": "on"}).content.decode()


def test_an_own_price_of_nothing_says_that_it_costs_nothing() -> None:
    own_price("0")
    job = bring_in("litellm_spend", calls({}))
    assert said(job) == {NOTHING: [1]}
    line = UsageLine.objects.select_related("price").get()
    assert (line.amount, line.unpriced, line.price.is_own) == (0, "", True)
    assert CostLine.objects.get().amount == 0


def test_a_model_that_the_library_prices_costs_what_it_says() -> None:
    # gpt-4o: 9,000 × 2.50 + 1,000 × 10 per million (genai-prices 0.2.3)
    job = bring_in("litellm_spend", calls({"model": "gpt-4o", "custom_llm_provider": "openai"}))
    assert job.amount_total == Decimal("0.0325")
    assert said(job) == {NOTHING: [1]}


@pytest.mark.parametrize(
    "change",
    [{"cache_hit": "True"}, {"cache_hit": True}, {"prompt_tokens": 0, "completion_tokens": 0}, {"spend": 1e-9}],
)
def test_what_the_gateway_answered_itself_or_nothing_was_used_for_costs_what_it_says(change: dict[str, object]) -> None:
    job = bring_in("litellm_spend", calls(change))
    assert said(job) == {}
    line = UsageLine.objects.get()
    assert (line.amount, line.unpriced, line.price) == (Decimal(str(change.get("spend", 0))), "", None)


def test_calls_that_name_no_provider_are_told_and_count_once_when_they_do() -> None:
    bill = 'start_time,end_time,amount,currency,line_item\n1767312000,1767398400,3,usd,"m1, input"\n'
    assert bring_in("openai_costs", bill).rows_created == 1
    log = calls({"spend": 1} | NOBODY, {"spend": 4}, {"spend": 2, "custom_llm_provider": None})
    beside = bring_in("litellm_spend", log)
    assert said(beside) == {NO_PROVIDER: [1, 3]}
    assert cost_of(None) == [10]  # 3 of the bill, 1 + 4 + 2 of the log
    openai = {"custom_llm_provider": "openai"}
    named = bring_in("litellm_spend", calls({"spend": 1} | openai, {"spend": 4}, {"spend": 2} | openai))
    assert NO_PROVIDER not in said(named)
    assert cost_of(None) == [7]  # 3 of the bill, with which 1 + 2 are compared, and 4


def test_such_calls_are_priced_anew_and_what_the_gateway_priced_stays() -> None:
    finance = UserFactory(finance=True)
    bring_in("litellm_spend", calls({}, {"spend": 0.5}))
    own_price("2")
    planned = repricing.plan(finance, date(2026, 1, 1), date(2026, 2, 1))
    repricing.run_next()
    planned.refresh_from_db()
    assert (planned.lines, [row["after"] for row in planned.differences]) == (1, ["0.02"])
    repricing.apply(finance, planned)
    repricing.run_next()
    assert sorted(UsageLine.objects.live().values_list("amount", flat=True)) == [Decimal("0.02"), Decimal("0.5")]
    again = bring_in("litellm_spend", calls({}, {"spend": 0.5}))
    assert (again.rows_created, again.rows_unchanged) == (0, 2)


def test_reconciliation_puts_what_is_missing_down_to_the_record_that_has_no_price() -> None:
    own_price("2", "OpenAI", "m1")
    text = "occurred_on,provider,model,input_tokens,output_tokens,requests\n2026-01-02,OpenAI,m1,1000000,0,1\n"
    bring_in("usage_csv", text)
    bring_in("litellm_spend", calls({"spend": 3, "model": "m1"}, {"model": "m2"}).replace("hosted_vllm", "OpenAI"))
    text = "start_time,end_time,amount,currency,line_item\n"
    text += '1767312000,1767398400,2,usd,"m1, input"\n1767312000,1767398400,9,usd,"m2, input"\n'
    assert bring_in("openai_costs", text).rows_created == 2
    assert LedgerSource.objects.get().kind == "usage"
    why = causes(provider_month("openai", date(2026, 1, 1)))
    assert why.unpriced == [("m2", 1)]
    # Usage has nothing of m2, the gateway its calls without a price.
    assert why.parts["usage"] == Parts(Decimal(0), Decimal(0), Decimal(0), Decimal(-9), Decimal(0), Decimal(0))
    assert (why.parts["gateway"].unpriced, why.parts["gateway"].other_models) == (-9, 0)
