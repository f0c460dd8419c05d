"""What a report says of how usage was priced: a sum taken as one long prompt, a fee that no price of tokens has."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from costs.models import UsageLine
from imports.models import Import
from tests.costs.importers.test_provider_usage import price, with_results
from tests.costs.test_removal_api import caller
from tests.factories import UserFactory
from tests.imports.files import bring_in
from tests.markup import tight

pytestmark = pytest.mark.django_db
HEADER = "occurred_on,provider,model,input_tokens,output_tokens,requests\n"
ONE_PROMPT = "The row does not say how many requests it is: it is taken as one prompt and priced as a long one."
OTHER_TIER = (
    "The row is of another service tier than the standard one, such as flex or priority: it is priced as standard, for "
    "the price book has no prices by tier. Reconciliation with the bill shows the difference."
)
NO_BATCH = "Kept without a cost: the price book has no batch price for this model on this day."
FEE = "The provider charges a fee for each request to this model as well, which is not in this cost."


def said(job: Import) -> dict[str, tuple[int, list[int]]]:
    return {str(each).split(" If it")[0]: (each.count, each.lines) for each in job.reasons.all()}


def test_a_sum_without_requests_that_is_priced_as_a_long_prompt_is_said() -> None:
    # claude-sonnet-4-5: 3 per million, 6 for prompts over 200,000 tokens (genai-prices 0.2.3).
    sonnet = "2026-11-03,Anthropic,claude-sonnet-4-5,"
    text = (
        HEADER + f"{sonnet}1000000,0,\n{sonnet}1000000,0,10\n{sonnet}200000,0,\n{sonnet}300000,0,1\n{sonnet}300000,0,\n"
    )
    job = bring_in("usage_csv", text)
    # 1 M × 6, 1 M of ten requests × 3, 0.2 M × 3, 0.3 M of one request × 6, 0.3 M × 6
    assert job.amount_total == Decimal("6") + 3 + Decimal("0.6") + Decimal("1.8") + Decimal("1.8")
    assert said(job) == {ONE_PROMPT: (2, [2, 6])}
    assert said(bring_in("usage_csv", text)) == {ONE_PROMPT: (2, [2, 6])}


def test_nothing_is_said_of_the_price_of_rows_that_are_rejected_for_another_with_their_id() -> None:
    header = HEADER.replace("requests", "external_id")
    sonnet = "2026-11-03,Anthropic,claude-sonnet-4-5,"
    rows = [f"{sonnet}{tokens},0,{name}\n" for tokens, name in ((1_000_000, "A"), (2_000_000, "A"), (3_000_000, "B"))]
    job = bring_in("usage_csv", header + "".join(rows))
    assert (job.rows_rejected, job.amount_total) == (1, 24)  # 1 M × 6 and 3 M × 6
    assert said(job)[ONE_PROMPT] == (2, [2, 4])


def test_a_provider_s_report_without_requests_is_no_exception_and_one_by_context_window_is() -> None:
    price("OpenAI", ("2", "1", "9", "9", "10"), over_200k=("4", "2", "18", "18", "20"))
    price("Anthropic", ("3", "0.3", "3.75", "6", "15"), over_200k=("6", "0.6", "7.5", "12", "22.5"))
    many = {"input_tokens": 1_000_000, "num_model_requests": None}
    assert said(bring_in("openai_usage", with_results("openai_usage", many))) == {ONE_PROMPT: (1, [1])}
    told = {"uncached_input_tokens": 1_000_000, "context_window": "200k-1M"}
    assert said(bring_in("anthropic_usage", with_results("anthropic_usage", told))) == {}


@pytest.mark.parametrize(
    ("name", "count"), [("openai_usage", "input_tokens"), ("anthropic_usage", "uncached_input_tokens")]
)
def test_a_tier_that_has_no_prices_of_its_own_is_said(name: str, count: str) -> None:
    for provider in ("OpenAI", "Anthropic"):
        price(provider, ("2", "1", "9", "9", "10"))
    tiers = (None, "standard", "default", "batch", "flex", "priority", "Priority", "scale")
    told = {count: 1_000_000, "num_model_requests": 10, "context_window": "0-200k"}
    job = bring_in(name, with_results(name, *(told | {"service_tier": tier} for tier in tiers)))
    assert (job.rows_created, job.rows_rejected, job.amount_total) == (8, 0, 7 * 2)  # the batch has no price
    assert said(job) == {NO_BATCH: (1, [4]), OTHER_TIER: (4, [5, 6, 7, 8])}


def test_a_fee_for_each_request_is_said_in_the_report_on_the_line_and_by_api(client: Client) -> None:
    api = caller(client, finance=True)
    # 1 M × 3 (genai-prices 0.2.3, which also has 10 per thousand requests)
    text = "2026-11-03,Perplexity,sonar-pro,1000000,0,10\n2026-11-03,OpenAI,gpt-4o,1000000,0,10\n"
    job = bring_in("usage_csv", HEADER + text)
    assert job.amount_total == Decimal("5.5")
    assert said(job) == {FEE: (1, [2])}
    fees = {item["model"]: item["price"]["request_fee"] for item in api("get", "/usage").json()["items"]}
    assert fees == {"sonar-pro": True, "gpt-4o": False}
    client.force_login(UserFactory(finance=True))
    words = "without the fee for each request"
    assert client.get("/costs/usage/").content.decode().count(words) == 1
    line = UsageLine.objects.get(group__sku="sonar-pro")
    assert words in tight(client.get(f"/costs/usage/lines/{line.key}/").content.decode())


def test_an_own_price_of_such_a_model_is_all_that_is_charged() -> None:
    price("Perplexity", ("2", "1", "9", "9", "10"))
    job = bring_in("usage_csv", HEADER + "2026-11-03,Perplexity,model-a,1000000,0,10\n")
    assert (job.amount_total, said(job)) == (2, {})
