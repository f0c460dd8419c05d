"""Token usage: priced by the book of its day, kept without a price where there is none, by API and by file."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from accounts.errors import RuleError
from accounts.models import AuditEntry
from costs import lines
from costs.ledger.filters import Filters
from costs.ledger.page import Ledger
from costs.models import AiCategoryRule, ChargeGroup, CostLine, GroupMonth, TokenPrice, UsageLine, UsageMonth
from costs.pricing import InputCount, Tokens, counted
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from tests.costs.prices.test_book import add as add_price
from tests.factories import InitiativeFactory, UserFactory, bearer

pytestmark = pytest.mark.django_db
# genai-prices 0.2.3, gpt-4o: 2.50 input, 1.25 cached input, 10 output per million.
# (1,000 − 400) × 2.50 + 400 × 1.25 + 200 × 10 = 4,000 millionths
LINE = {
    "occurred_on": "2026-11-03", "provider": "openai", "model": "gpt-4o", "input_tokens": 1_000,
    "cached_input_tokens": 400, "output_tokens": 200,
}  # fmt: skip


def post(client: Client, body, user, path: str = "/usage"):
    return client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=bearer(user))


def listed(client: Client, user, **query):
    return client.get("/api/v1/usage", query, headers=bearer(user)).json()["items"]


def test_usage_is_not_of_a_source_whose_lines_follow_from_a_register(client: Client):
    answer = post(client, LINE | {"source": "Labour-register"}, UserFactory(admin=True))
    said = "The lines of “Labour-register” follow from its register."
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"field": "source", "message": said}])
    assert not UsageLine.objects.exists()


# By API ---------------------------------------------------------------------------------------------------------------
def test_usage_becomes_cost_with_its_price_kept(client):
    initiative = InitiativeFactory()
    answer = post(client, LINE | {"initiative": initiative.key, "requests": 3}, initiative.owner)
    assert (answer.status_code, answer.json()) == (201, {"created": 1, "unchanged": 0})
    (item,) = listed(client, initiative.owner)
    assert {name: item[name] for name in ("initiative", "input_tokens", "cached_input_tokens", "requests")} == {
        "initiative": initiative.key, "input_tokens": 1_000, "cached_input_tokens": 400, "requests": 3,
    }  # fmt: skip
    assert (item["amount"], item["currency"], item["priced"], item["unpriced_reason"]) == ("0.004", "USD", True, None)
    assert (item["price"]["own"], item["price"]["library_version"], item["price"]["model"]) == (
        False,
        "0.2.3",
        "gpt-4o",
    )
    line = CostLine.objects.get()
    assert (line.key, line.amount, line.group.category.name) == (item["id"], Decimal("0.004"), "tokens")
    assert Ledger(Filters(initiative=initiative.key), initiative.owner).sums.gross == Decimal("0.004")
    kept = TokenPrice.objects.get()  # by value
    assert (kept.library_version, kept.row.rates[0].prices["input"]) == ("0.2.3", Decimal("2.5"))


def test_an_own_price_comes_first_and_its_currency_with_it(client):
    add_price("gpt-4o", "5", provider="OpenAI", currency="EUR", since="2026-11-01")
    finance = UserFactory(finance=True)
    post(client, {**LINE, "cached_input_tokens": 0, "output_tokens": 0, "initiative": None}, finance)
    (item,) = listed(client, finance)
    assert (item["amount"], item["currency"], item["price"]["own"]) == ("0.005", "EUR", True)
    assert CostLine.objects.get().is_pending  # no rate of the euro yet


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"model": "gpt-0"}, "unknown"), ({"provider": "nobody"}, "unknown"),
        ({"cache_write_1h_tokens": 1}, "cache_write_1h"), ({"batch": True, "model": "o1-mini"}, "batch"),
    ],
)  # fmt: skip
def test_what_has_no_price_is_kept_and_never_0(client, fields, reason):
    finance = UserFactory(finance=True)
    assert post(client, LINE | fields, finance).status_code == 201
    (item,) = listed(client, finance, unpriced="true")
    assert (item["amount"], item["currency"], item["priced"], item["unpriced_reason"]) == (None, None, False, reason)
    assert not CostLine.objects.exists()
    month = UsageMonth.objects.get()
    assert (month.lines, month.unpriced, month.output_tokens) == (1, reason, 200)


def test_a_long_prompt_is_dearer_and_batch_is_cheaper(client):
    finance = UserFactory(finance=True)
    # claude-sonnet-4-5: 250,000 tokens, over 200,000: × 6; as two requests of 125,000: × 3; both in a batch: half.
    tokens = {"provider": "anthropic", "model": "claude-sonnet-4-5", "input_tokens": 250_000, "cached_input_tokens": 0}
    for more in ({}, {"requests": 2}, {"batch": True}, {"batch": True, "requests": 2}):
        post(client, LINE | tokens | {"output_tokens": 0} | more, finance)
    assert sorted(item["amount"] for item in listed(client, finance)) == ["0.375", "0.75", "0.75", "1.5"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cached_input_tokens", 1_001), ("input_tokens", -1), ("input_tokens", "1.5"), ("input_tokens", 10**12 + 1),
        ("output_tokens", "NaN"), ("occurred_on", "2026-02-30"), ("provider", " "), ("model", ""), ("user_id", "u"),
        ("initiative", "AI-9999"), ("requests", True), ("cache_write_5m_tokens", None),
    ],
)  # fmt: skip
def test_bad_values_are_refused_at_their_field(client, field, value):
    initiative = InitiativeFactory()
    answer = post(client, LINE | {"initiative": initiative.key, field: value}, initiative.owner)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


def test_an_array_is_all_or_nothing(client):
    initiative = InitiativeFactory()
    rows = [LINE | {"initiative": initiative.key}, LINE | {"initiative": initiative.key, "cached_input_tokens": 2_000}]
    answer = post(client, rows, initiative.owner)
    assert [error["field"] for error in answer.json()["errors"]] == ["1.cached_input_tokens"]
    assert not UsageLine.objects.exists()


def test_the_same_external_id_is_unchanged_or_a_conflict(client):
    finance = UserFactory(finance=True)
    line = LINE | {"external_id": "U-1"}
    assert post(client, line, finance).json() == {"created": 1, "unchanged": 0}
    assert post(client, line, finance).json() == {"created": 0, "unchanged": 1}
    conflict = post(client, line | {"output_tokens": 201}, finance)
    assert (conflict.status_code, conflict.json()["errors"][0]["field"]) == (409, "external_id")
    conflict = post(client, [line | {"output_tokens": 201}], finance)  # an array of one is an array
    assert (conflict.status_code, [error["field"] for error in conflict.json()["errors"]]) == (409, ["0.external_id"])
    assert post(client, [line, line | {"output_tokens": 3}], finance).status_code == 409
    assert post(client, line | {"output_tokens": 201, "source": "gateway"}, finance).status_code == 201
    cost = {"incurred_on": "2026-11-03", "category": "tokens", "amount": "1", "currency": "USD", "external_id": "U-1"}
    assert post(client, cost, finance, "/costs").json() == {"created": 1, "unchanged": 0}  # another kind of record
    post(client, LINE, finance)
    assert post(client, LINE, finance).json() == {"created": 1, "unchanged": 0}  # without: always another line


def test_who_may_record_usage_and_who_sees_it(client):
    initiative = InitiativeFactory(confidential=True)
    named, unallocated = LINE | {"initiative": initiative.key}, LINE | {"initiative": None}
    assert post(client, named, initiative.owner).status_code == 201
    assert post(client, unallocated, initiative.owner).status_code == 403
    assert post(client, named, UserFactory(executive=True)).status_code == 403
    assert post(client, named, UserFactory()).status_code == 422
    assert listed(client, UserFactory()) == []
    assert len(listed(client, UserFactory(executive=True))) == 1


def test_every_line_is_told_and_can_be_taken_out_again(client):
    initiative = InitiativeFactory()
    post(client, LINE | {"initiative": initiative.key, "external_id": "U-1"}, initiative.owner)
    line = UsageLine.objects.get()
    with pytest.raises(RuleError, match="token usage"):
        lines.remove(initiative.owner, CostLine.objects.get())
    usage_lines.remove(initiative.owner, line)
    assert not CostLine.objects.live().exists()
    assert [month.gross for month in GroupMonth.objects.all()] == [0]
    assert [(month.lines, month.output_tokens) for month in UsageMonth.objects.all()] == [(0, 0)]
    told = AuditEntry.objects.filter(object_type="costs.usageline").order_by("pk").values_list("action", flat=True)
    assert list(told) == ["create", "delete"]
    with pytest.raises(RuleError):
        usage_lines.remove(initiative.owner, line)
    # Sent again, it is there again.
    assert (
        post(client, LINE | {"initiative": initiative.key, "external_id": "U-1"}, initiative.owner).json()["created"]
        == 1
    )


def test_sources_that_count_otherwise_come_to_the_same():
    sent = {"input_tokens": 600, "output_tokens": 200, "cached_input": 400}
    row = UsageRow(About("a", "openai", "gpt-4o"), date(2026, 11, 3), counted(InputCount.UNCACHED, **sent))
    usage_lines.add(None, [row])
    assert CostLine.objects.get().amount == Decimal("0.004")


def test_a_gateway_is_taken_at_its_word():
    about = About("litellm", "openai", "gpt-4o", kind="gateway", currency="USD")
    usage_lines.add(None, [UsageRow(about, date(2026, 11, 3), Tokens(10), amount=Decimal("0.125"))])
    line = UsageLine.objects.get()
    assert (line.amount, line.price, CostLine.objects.get().amount) == (Decimal("0.125"), None, Decimal("0.125"))


def test_a_list_takes_no_query_a_line(client, django_assert_max_num_queries):
    finance = UserFactory(finance=True)
    post(client, [LINE | {"output_tokens": number} for number in range(30)], finance)
    headers = bearer(finance)
    with django_assert_max_num_queries(12):
        assert client.get("/api/v1/usage", headers=headers).json()["count"] == 30


def test_a_thousand_lines_take_no_more_queries_than_one(client, django_assert_max_num_queries):
    finance = UserFactory(finance=True)
    post(client, LINE, finance)
    headers, rows = bearer(finance), [LINE | {"output_tokens": number} for number in range(1_000)]
    with django_assert_max_num_queries(43):
        client.post("/api/v1/usage", json.dumps(rows), content_type="application/json", headers=headers)
    assert UsageLine.objects.count() == 1_001


def test_rows_of_the_most_tokens_that_one_may_have_add_up(client):
    initiative = InitiativeFactory()
    most = LINE | {"initiative": initiative.key, "input_tokens": 10**12, "cached_input_tokens": 0}
    assert post(client, [most] * 1_000, initiative.owner).status_code == 201
    used = UsageMonth.objects.get()
    # 1,000 rows; a bigint holds 9,223,372 of them: 2^63 / 10^12.
    assert used.input_tokens == 10**15
    UsageMonth.objects.update(input_tokens=9_223_000 * 10**12)  # as if 9,222,000 more of them were there
    assert post(client, most, initiative.owner).status_code == 201
    assert UsageMonth.objects.get().input_tokens == 9_223_001 * 10**12


def test_a_label_that_waits_to_be_renewed_is_not_renewed_by_more_usage_but_new_groups_have_the_one_of_now():
    def ai_categories_after(*models: str) -> set[tuple[str, str]]:
        usage_lines.add(
            None, [UsageRow(About("a file", "Acme", each), date(2026, 3, 3), Tokens(10)) for each in models]
        )
        return set(ChargeGroup.objects.values_list("sku", "ai_category"))

    AiCategoryRule.objects.create(priority=1, match={"provider": "acme"}, ai_category="inference")
    assert ai_categories_after("one") == {("one", "inference")}
    AiCategoryRule.objects.filter(match={"provider": "acme"}).update(ai_category="training")  # a worker's run waits
    assert ai_categories_after("one", "two") == {("one", "inference"), ("two", "training")}
