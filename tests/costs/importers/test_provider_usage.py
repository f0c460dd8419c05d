"""What providers and gateways say was used: samples that we wrote in the shape of their documented APIs."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal

import pytest

from costs import totals
from costs.models import ChargeGroup, CostLine, LedgerSource, UsageLine, UsageMonth
from costs.prices import own_rows
from costs.prices.own_rows import NewPrice
from costs.pricing import Rate, TokenClass
from costs.reconciliation.months import provider_month
from imports import jobs
from tests.costs.allocation.test_places import LATER
from tests.factories import UserFactory
from tests.imports.files import SAMPLES, bring_in

pytestmark = pytest.mark.django_db
CLASSES = (
    TokenClass.INPUT,
    TokenClass.CACHED_INPUT,
    TokenClass.CACHE_WRITE_5M,
    TokenClass.CACHE_WRITE_1H,
    TokenClass.OUTPUT,
)


def price(provider: str, *rates: tuple[str, ...], **long: tuple[str, ...]) -> None:
    """Add own prices per million of model-a by class; `over_200k` for long prompts."""
    made = [Rate(dict(zip(CLASSES, map(Decimal, each), strict=True))) for each in rates]
    made += [Rate(dict(zip(CLASSES, map(Decimal, each), strict=True)), over=200_000) for each in long.values()]
    new = NewPrice(provider, "model-a", date(2025, 1, 1), made)
    own_rows.add(UserFactory(finance=True), new)


def with_results(name: str, *changes: dict[str, object]) -> str:
    """Return a sample with these results: what an empty one says, and what differs."""
    document = json.loads((SAMPLES / f"{name}.json").read_text())
    bucket = document["data"][0]
    nothing = {key: 0 if isinstance(value, int) else None for key, value in bucket["results"][0].items()}
    bucket["results"] = [nothing | {"model": "model-a"} | change for change in changes]
    return json.dumps(document | {"data": [bucket]})


def test_openai_counts_the_whole_prompt_so_cached_tokens_are_taken_out_of_it():
    price("OpenAI", ("2", "1", "9", "9", "10"))
    job = bring_in("", SAMPLES / "openai_usage.json")
    assert (job.format, job.rows_created, job.rows_rejected) == ("openai_usage", 2, 0)
    # 600,000 × 2 + 400,000 × 1 + 100,000 × 10 per million; the other model has no price and is no 0.
    assert job.amount_total == totals.unallocated(LATER).gross == Decimal("2.6")
    assert [reason.lines for reason in job.reasons.all()] == [[2]]
    used = UsageMonth.objects.get(group__sku="model-a")
    assert (used.input_tokens, used.cached_input_tokens, used.output_tokens, used.requests) == (
        600_000,
        400_000,
        100_000,
        50,
    )
    group = ChargeGroup.objects.get(sku="model-a")
    assert (group.kind, group.account, group.api_key) == ("usage", "proj_claims", "key_claims")


def test_what_openai_wrote_to_a_cache_is_priced_as_such():
    price("OpenAI", ("2", "1", "3", "9", "10"))
    written = {"input_tokens": 1_000_000, "input_cached_tokens": 400_000, "input_cache_write_tokens": 500_000}
    job = bring_in("openai_usage", with_results("openai_usage", written))
    # 100,000 × 2 + 400,000 × 1 + 500,000 × 3 per million.
    assert job.amount_total == Decimal("2.1")


def test_results_of_openai_without_output_such_as_embeddings_are_known_and_priced():
    price("OpenAI", ("2", "1", "3", "9", "10"))
    document = json.loads(with_results("openai_usage", {"input_tokens": 500_000}))
    result = document["data"][0]["results"][0]
    result.pop("output_tokens")
    job = bring_in("", json.dumps(document))
    assert (job.format, job.rows_created, job.amount_total) == ("openai_usage", 1, 1)


def test_anthropic_counts_leave_caches_out_and_long_prompts_have_prices_of_their_own():
    price("Anthropic", ("3", "0.3", "3.75", "6", "15"), over_200k=("6", "0.6", "7.5", "12", "22.5"))
    job = bring_in("", SAMPLES / "anthropic_usage.json")
    assert (job.format, job.rows_created, job.rows_rejected) == ("anthropic_usage", 2, 0)
    # 1 M × 3 + 3 M × 0.3 + 200,000 × 3.75 + 100,000 × 6 + 50,000 × 15 = 6.00; then 1 M × 6 in the long window.
    assert sorted(CostLine.objects.live().values_list("amount", flat=True)) == [Decimal(6), Decimal(6)]
    assert job.amount_total == Decimal(12)


def test_a_day_of_anthropic_that_is_not_told_by_window_is_no_single_long_prompt_and_that_is_said():
    price("Anthropic", ("3", "0.3", "3.75", "6", "15"), over_200k=("6", "0.6", "7.5", "12", "22.5"))
    long, short = ({"uncached_input_tokens": tokens, "context_window": None} for tokens in (1_000_000, 200_000))
    job = bring_in("anthropic_usage", with_results("anthropic_usage", long, short | {"api_key_id": "apikey_2"}))
    assert job.amount_total == Decimal("3.6")
    assert [(reason.lines, "200,000 tokens" in reason.text) for reason in job.reasons.all()] == [([1], True)]


# The samples again, written as CSV by hand.
AS_CSV = {
    "openai_usage": """\
start_time,end_time,input_tokens,output_tokens,input_cached_tokens,num_model_requests,project_id,api_key_id,model,batch
1767225600,1767312000,1000000,100000,400000,50,proj_claims,key_claims,model-a,false
1767225600,1767312000,7,3,0,1,proj_claims,,model-nobody-knows,
""",
    "anthropic_usage": """\
starting_at,ending_at,uncached_input_tokens,ephemeral_1h_input_tokens,ephemeral_5m_input_tokens,\
cache_read_input_tokens,output_tokens,api_key_id,workspace_id,model,service_tier,context_window
2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,1000000,100000,200000,3000000,50000,\
apikey_1,wrkspc_claims,model-a,standard,0-200k
2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,1000000,0,0,0,0,apikey_1,wrkspc_claims,model-a,standard,200k-1M
""",
}


@pytest.mark.parametrize(("name", "amount"), [("openai_usage", "2.6"), ("anthropic_usage", "12")])
def test_usage_as_csv_costs_what_it_does_in_json_and_is_the_same_usage(name: str, amount: str):
    price("OpenAI", ("2", "1", "9", "9", "10"))
    price("Anthropic", ("3", "0.3", "3.75", "6", "15"), over_200k=("6", "0.6", "7.5", "12", "22.5"))
    job = bring_in("", AS_CSV[name])
    assert (job.format, job.rows_created, job.rows_rejected) == (name, 2, 0)
    assert job.amount_total == totals.unallocated(LATER).gross == Decimal(amount)
    again = bring_in(name, SAMPLES / f"{name}.json")
    assert (again.rows_created, again.rows_unchanged) == (0, 2)


def test_audio_tokens_are_not_taken_for_text_unsaid():
    price("OpenAI", ("2", "1", "9", "9", "10"))
    spoken = {"model": "model-a", "input_tokens": 100, "input_cached_tokens": 0, "input_audio_tokens": 40}
    job = bring_in("openai_usage", with_results("openai_usage", spoken))
    assert job.amount_total == Decimal("0.0002")
    assert [(reason.lines, "audio tokens" in reason.text) for reason in job.reasons.all()] == [([1], True)]


def test_a_gateway_is_taken_at_its_word_and_tells_of_nobody():
    job = bring_in("", SAMPLES / "litellm_spend.json")
    assert (job.format, job.rows_created, job.rows_rejected) == ("litellm_spend", 2, 0)
    assert job.amount_total == Decimal("1.50000503")
    group = ChargeGroup.objects.get(api_key="claims-bot")
    # Its prompt of 20 tokens: 12 were read from the provider's cache.
    used = UsageLine.objects.get(group=group)
    assert (used.input_tokens, used.cached_input_tokens, used.output_tokens) == (8, 12, 10)
    assert (group.kind, group.vendor, group.account) == ("gateway", "openai", "Claims")
    assert group.tags == {"app": "claims", "nightly": ""}
    assert UsageLine.objects.get(group=group).occurred_on == date(2026, 1, 1)
    for model in (ChargeGroup, UsageLine, CostLine):
        kept = json.dumps(list(model.objects.values()), default=str)
        assert not any(person in kept for person in ("person@example.com", "customer-7", "88dc28d0"))


# As LiteLLM logs a call. Expected: tokens not cached, read from a cache, written to one for 5 minutes, for an hour.
ANTHROPIC = {"cache_read_input_tokens": 66360, "cache_creation_input_tokens": 32435}
HOUR = {"ephemeral_5m_input_tokens": 2435, "ephemeral_1h_input_tokens": 30000}


@pytest.mark.parametrize(
    ("metadata", "classes"),
    [
        ({"usage_object": ANTHROPIC}, (10, 66360, 32435, 0)),
        ({"additional_usage_values": ANTHROPIC}, (10, 66360, 32435, 0)),
        (
            {"usage_object": {**ANTHROPIC, "prompt_tokens_details": {"cache_creation_token_details": HOUR}}},
            (10, 66360, 2435, 30000),
        ),
        ({"usage_object": {"prompt_tokens_details": {"cached_tokens": 98000}}}, (805, 98000, 0, 0)),
        (
            {"usage_object": {"cache_read_input_tokens": 0, "prompt_tokens_details": {"cache_creation_tokens": 805}}},
            (98000, 0, 805, 0),
        ),
        ({"usage_object": None, "additional_usage_values": {"prompt_tokens_details": None}}, (98805, 0, 0, 0)),
        ({"usage_object": {"cache_read_input_tokens": -5, "cache_creation_input_tokens": True}}, (98805, 0, 0, 0)),
    ],
)
def test_cached_tokens_of_a_gateway_are_taken_out_of_the_prompt(metadata: dict, classes: tuple):
    bring_in("litellm_spend", gateway_call(98805, metadata))
    assert UsageLine.objects.values_list(*COUNTS).get() == classes


@pytest.mark.parametrize(
    ("prompt", "read", "written", "classes"),
    [
        (31, 0, 1_253, (31, 0, 1_253, 0)),
        (5_100, 5_000, 6_000, (100, 5_000, 6_000, 0)),  # 100 + 5,000 = 5,100 in the prompt, 6,000 on top: 11,100
        (5_000, 5_000, 1, (0, 5_000, 1, 0)),
        (100, 5_000, 6_000, (100, 5_000, 6_000, 0)),  # more read than the prompt has: none of it is in there
    ],
)
def test_a_gateway_that_counts_cached_tokens_beside_the_prompt_keeps_its_cost_and_is_said(
    prompt, read, written, classes
):
    cached = {"cache_read_input_tokens": read, "cache_creation_input_tokens": written}
    job = bring_in("litellm_spend", gateway_call(prompt, {"usage_object": cached}))
    assert (job.rows_created, job.rows_rejected, job.amount_total) == (1, 0, Decimal("0.25"))
    assert UsageLine.objects.values_list(*COUNTS).get() == classes
    assert [(reason.lines, "early versions" in reason.text) for reason in job.reasons.all()] == [([1], True)]


COUNTS = ("input_tokens", "cached_input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")


def gateway_call(prompt_tokens: int, metadata: dict) -> str:
    """Write a call of a gateway that cost 0.25."""
    call = {"request_id": "r", "startTime": "2026-01-02T10:00:00Z", "spend": 0.25, "model": "model-a"}
    call["custom_llm_provider"] = "hosted_vllm"
    return json.dumps([call | {"prompt_tokens": prompt_tokens, "completion_tokens": 5, "metadata": metadata}])


@pytest.mark.parametrize("name", ["openai_usage", "anthropic_usage", "litellm_spend"])
def test_the_same_report_again_changes_nothing_and_a_revert_takes_it_back(name: str):
    price("OpenAI", ("2", "1", "9", "9", "10"))
    first = bring_in(name, SAMPLES / f"{name}.json")
    again = bring_in(name, SAMPLES / f"{name}.json")
    assert (again.rows_created, again.rows_unchanged) == (0, first.rows_created)
    jobs.revert(first, None)
    assert (totals.unallocated(LATER).gross, UsageLine.objects.filter(withdrawn_at=None).count()) == (0, 0)


def test_a_later_report_of_a_day_with_more_tokens_restates_it():
    price("OpenAI", ("2", "1", "9", "9", "10"))
    text = (SAMPLES / "openai_usage.json").read_text()
    bring_in("openai_usage", text)
    job = bring_in("openai_usage", text.replace('"output_tokens": 100000', '"output_tokens": 200000'))
    assert (job.rows_created, job.rows_unchanged) == (1, 1)
    assert totals.unallocated(LATER).gross == Decimal("3.6")


def test_the_records_of_a_provider_meet_in_reconciliation_and_only_one_counts():
    price("OpenAI", ("2", "1", "9", "9", "10"))
    bring_in("openai_costs", SAMPLES / "openai_costs.json")
    bring_in("openai_usage", SAMPLES / "openai_usage.json")
    bring_in("litellm_spend", SAMPLES / "litellm_spend.json")
    assert LedgerSource.objects.get().kind == "bill"
    here = provider_month("openai", date(2026, 1, 1))
    bill = Decimal("5.623456889012345678")  # shared sample: 0.123456789012345678 + 2.5 + 0.0000001 + 3
    assert (here.amounts["usage"], here.amounts["gateway"], here.amounts["bill"]) == (
        Decimal("2.6"),
        Decimal("1.50000503"),
        bill,
    )
    assert here.ledger == totals.unallocated(LATER).gross == bill


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"model": None}, "model"),
        ({"input_tokens": -1}, "input_tokens"),
        ({"input_cached_tokens": 2_000_000}, "input_tokens"),
        ({"output_tokens": "NaN"}, "output_tokens"),
    ],
)
def test_a_result_that_cannot_be_taken_is_rejected_with_its_column(change, column):
    page = json.loads((SAMPLES / "openai_usage.json").read_text())
    page["data"][0]["results"][0] |= change
    job = bring_in("openai_usage", json.dumps(page))
    assert (job.rows_created, job.rows_rejected, job.rejected.get().column) == (1, 1, column)


# Products of doubles as Python writes them, and the 18 places after the point that are kept of them, by hand.
DOUBLES = {"0.00030750000000000005": "0.0003075", "3.0000000000000004e-07": "0.0000003", "2.5e-06": "0.0000025"}


@pytest.mark.parametrize(("spend", "amount"), DOUBLES.items())
def test_the_noise_of_a_gateway_s_binary_fractions_is_rounded_off_in_json_and_in_csv(spend: str, amount: str):
    as_json = gateway_call(10, {}).replace("0.25", spend)
    as_csv = f"request_id,startTime,spend,model,prompt_tokens,completion_tokens\nr,2026-01-02,{spend},model-a,10,5\n"
    for text in (as_json, as_csv):
        job = bring_in("litellm_spend", text)
        assert (job.rows_rejected, UsageLine.objects.get(withdrawn_at=None).amount) == (0, Decimal(amount))


DEEP = "[" * 200_000


@pytest.mark.parametrize(
    ("change", "column", "why"),
    [
        ({"metadata": {"user_api_key_alias": "a\0"}}, "metadata", "The row has a NUL character."),
        ({"metadata": '{"user_api_key_team_alias": "\\ud800"}'}, "metadata", "The row has half of a character"),
        ({"request_tags": ["a:b\0"]}, "request_tags", "The row has a NUL character."),
        pytest.param({"metadata": DEEP}, "metadata", "The JSON in this cell is nested too deeply.", id="metadata"),
        pytest.param({"request_tags": DEEP}, "request_tags", "The JSON in this cell is nested too deeply.", id="tags"),
    ],
)
def test_json_within_a_call_that_cannot_be_kept_rejects_that_call_alone(change: dict, column: str, why: str):
    (good,) = json.loads(gateway_call(10, {}))
    job = bring_in("litellm_spend", json.dumps([good, good | {"request_id": "bad"} | change]))
    assert (job.state, job.rows_created, job.rows_rejected) == ("done", 1, 1)
    assert job.rejected.get().column == column
    assert job.reasons.get().text.startswith(why)


def test_the_page_of_a_call_shows_what_is_read_of_it_and_nobody_who_called(client):
    call = json.loads((SAMPLES / "litellm_spend.json").read_text())[0]
    call["messages"] = [{"role": "user", "content": "My wife's diagnosis"}]
    call["metadata"]["requester_metadata"] = {"login": "jdoe"}
    bring_in("litellm_spend", json.dumps([call]))
    client.force_login(UserFactory())
    page = client.get(f"/costs/lines/{CostLine.objects.get().key}/").content.decode()
    assert "<dt>prompt_tokens</dt><dd>20</dd>" in page
    assert "<dt>metadata</dt>" in page and "claims-bot" in page and "cached_tokens" in page
    for hidden in ("person@example.com", "customer-7", "diagnosis", "jdoe", "88dc28d0"):
        assert hidden not in page


def test_mapped_metadata_is_cut_too(client):
    call = json.loads((SAMPLES / "litellm_spend.json").read_text())[0]
    call["meta"] = call.pop("metadata")
    table = io.StringIO()
    texts = [each if isinstance(each, str) else json.dumps(each) for each in call.values()]
    csv.writer(table).writerows([call.keys(), texts])
    bring_in("litellm_spend", table.getvalue(), mapping={"meta": "metadata"})
    client.force_login(UserFactory())
    page = client.get(f"/costs/lines/{CostLine.objects.get().key}/").content.decode()
    assert "<dt>meta</dt>" in page and "claims-bot" in page and "person@example.com" not in page


def test_metadata_of_which_nothing_is_read_is_not_shown(client):
    call = json.loads((SAMPLES / "litellm_spend.json").read_text())[0]
    bring_in("litellm_spend", json.dumps([call | {"metadata": {"requester_metadata": {"login": "jdoe"}}}]))
    client.force_login(UserFactory())
    page = client.get(f"/costs/lines/{CostLine.objects.get().key}/").content.decode()
    assert "<dt>prompt_tokens</dt><dd>20</dd>" in page and "<dt>metadata</dt>" not in page


def test_quantities_are_shown_whatever_the_case_of_their_headings(client):
    header, row, *_more = (SAMPLES / "focus.csv").read_text().splitlines()
    bring_in("focus", f"{header.casefold()}\n{row}\n")
    client.force_login(UserFactory())
    page = client.get(f"/costs/lines/{CostLine.objects.get().key}/").content.decode()
    assert "<dt>consumedquantity</dt><dd>81.25</dd>" in page


def test_the_page_of_a_charge_shows_quantities_and_no_column_of_somebodys_own(client):
    header, row, *_more = (SAMPLES / "focus.csv").read_text().splitlines()
    bring_in("focus", f"{header},x_User\n{row},person@example.com\n")
    client.force_login(UserFactory())
    page = client.get(f"/costs/lines/{CostLine.objects.get().key}/").content.decode()
    assert "<dt>ConsumedQuantity</dt><dd>81.25</dd>" in page and "person@example.com" not in page
