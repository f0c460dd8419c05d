"""The price book: which row holds, own rows before the library's, by page and by API."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.errors import RuleError
from accounts.models import AuditEntry
from costs.models import TokenPrice
from costs.prices import library as library_prices
from costs.prices import own_rows
from costs.prices.book import PriceBook
from costs.prices.own_rows import NewPrice
from costs.pricing import Rate, TokenClass
from tests.costs.test_pages import signed_in
from tests.factories import UserFactory, bearer
from tests.markup import tight

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 25)


def add(model: str, price: str, since: str = "2026-01-01", provider: str = "acme", **fields) -> TokenPrice:
    rates = [Rate({TokenClass.INPUT: Decimal(price)})]
    new = NewPrice(provider, model, date.fromisoformat(since), rates, **fields)
    return own_rows.add(UserFactory(finance=True), new)


def price(model: str, on: date = DAY, provider: str = "acme") -> Decimal | None:
    chosen = PriceBook.load().find(provider, model, on)
    return chosen and chosen.row.rates[0].prices[TokenClass.INPUT]


# The library ---------------------------------------------------------------------------------------------------------
def test_the_library_knows_the_prices_of_a_day():
    # genai-prices 0.2.3: claude-opus-4-6 had dearer long prompts until 2026-03-13.
    before = library_prices.find("Anthropic", "claude-opus-4-6", date(2026, 3, 12))
    after = library_prices.find("Anthropic", "claude-opus-4-6", date(2026, 3, 13))
    assert [(each.over, each.prices[TokenClass.INPUT]) for each in before.row.rates] == [(0, 5), (200_000, 10)]
    assert [(each.over, each.prices[TokenClass.INPUT]) for each in after.row.rates] == [(0, 5)]
    assert (before.since, after.since) == (None, date(2026, 3, 13))


def test_batch_prices_name_only_what_is_cheaper():
    (standard, batch) = library_prices.find("openai", "gpt-4o", DAY).row.rates
    assert (standard.prices[TokenClass.OUTPUT], batch.prices[TokenClass.OUTPUT]) == (10, 5)
    assert standard.prices[TokenClass.CACHED_INPUT] == batch.prices[TokenClass.CACHED_INPUT] == Decimal("1.25")


@pytest.mark.parametrize(
    ("provider", "model", "found"),
    [
        ("OpenAI", "gpt-4o-2024-08-06", "gpt-4o"), ("Microsoft Azure", "gpt-4o", "gpt-4o"), ("openai", "gpt-0", None),
        ("nobody", "gpt-4o", None), ("anthropic", "gpt-4o", None),
    ],
)  # fmt: skip
def test_a_model_is_found_with_its_provider_or_not_at_all(provider, model, found):
    listed = library_prices.find(provider, model, DAY)
    assert (listed and listed.model) == found


# Which row holds ------------------------------------------------------------------------------------------------------
def test_an_own_row_wins_over_the_librarys_from_its_day_on():
    add("gpt-4o", "5", since="2026-11-25", provider="OpenAI")
    assert price("gpt-4o", date(2026, 11, 24), "openai") == Decimal("2.5")
    assert price("gpt-4o", DAY, "openai") == 5


def test_the_closest_name_wins_then_the_later_then_the_last_recorded():
    add("*", "1")
    add("turbo-*", "2")
    add("turbo-4", "3")
    assert [price(model) for model in ("other", "turbo-3", "turbo-4")] == [1, 2, 3]
    add("turbo-?", "4")  # as many letters, recorded later
    assert price("turbo-3") == 4
    add("turbo-*", "5", since="2026-06-01")
    assert [price("turbo-3", date(2026, 5, 31)), price("turbo-3", date(2026, 6, 1))] == [4, 5]


def test_brackets_in_a_name_stand_for_themselves():
    add("claude-sonnet-4-5*", "1")
    add("Claude-Sonnet-4-5[1m]", "2")
    add("turbo[2]-*", "3")
    assert [price(model) for model in ("claude-sonnet-4-5[1m]", "claude-sonnet-4-51", "claude-sonnet-4-5")] == [2, 1, 1]
    assert [price(model) for model in ("turbo[2]-a", "turbo2-a")] == [3, None]


def test_a_row_ends_before_its_last_day_and_the_one_before_it_holds_again():
    add("turbo", "1")
    offer = add("turbo", "0.5", since="2026-06-01", until=date(2026, 7, 1))
    days = [date(2026, 5, 31), date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 1)]
    assert [price("turbo", day) for day in days] == [1, Decimal("0.5"), Decimal("0.5"), 1]
    own_rows.end(UserFactory(finance=True), offer, date(2026, 6, 1))  # a mistake: it never held
    assert price("turbo", date(2026, 6, 1)) == 1
    with pytest.raises(RuleError):
        own_rows.end(UserFactory(finance=True), offer, date(2026, 6, 2))


def test_nothing_is_guessed():
    assert price("turbo") is None
    add("turbo", "1")
    assert price("turbo", date(2025, 12, 31)) is None
    assert price("turbo-2") is None
    assert price("turbo", provider="other") is None


def test_the_library_can_be_switched_off_for_a_provider():
    finance = UserFactory(finance=True)
    own_rows.use_library(finance, "openai", False)
    assert price("gpt-4o", provider="OpenAI") is None
    assert price("claude-opus-4-6", provider="anthropic") == 5
    own_rows.use_library(finance, "openai", True)
    assert price("gpt-4o", provider="OpenAI") == Decimal("2.5")
    told = AuditEntry.objects.filter(object_type="costs.libraryoff").order_by("pk").values_list("changes", flat=True)
    assert list(told) == [{"library": [True, False]}, {"library": [False, True]}]


# By page --------------------------------------------------------------------------------------------------------------
def test_the_book_shows_own_rows_and_the_librarys_beside_each_other(django_assert_max_num_queries):
    add("claude-opus-4-*", "4", provider="anthropic")
    client = signed_in(UserFactory())
    with django_assert_max_num_queries(12):
        answer = client.get(reverse("costs:prices"), {"provider": "anthropic", "q": "opus", "on": "2026-11-25"})
    page = answer.content.decode()
    assert {(entry.model, entry.state) for entry in answer.context["page"]} >= {
        ("claude-opus-4-*", "holds"), ("claude-opus-4-6", "replaced"), ("claude-opus-5", "holds"),
    }  # fmt: skip
    assert "own price holds" in page
    assert "Add a price" not in page  # a contributor only reads


def test_a_price_is_added_on_a_page_filled_with_what_holds_now():
    client, url = signed_in(UserFactory(finance=True)), reverse("costs:price-new")
    form = client.get(url, {"provider": "anthropic", "model": "claude-sonnet-4-5"}).context["form"]
    assert form["standard_cache_write_1h"].value() == "6"
    assert (form["over"].value(), form["long_output"].value()) == (200_000, "22.5")
    typed = {
        "provider": "anthropic", "model": "claude-sonnet-4-5", "since": "2026-10-01", "currency": "USD",
        "over": "200000", "standard_input": "2.4", "standard_output": "12", "batch_input": "1.2", "long_input": "4.8",
    }  # fmt: skip
    assert client.post(url, typed).status_code == 302
    stored = TokenPrice.objects.get()
    assert [(each.batch, each.over, each.input, each.output, each.cached_input) for each in stored.rates.all()] == [
        (False, 0, Decimal("2.4"), 12, None), (False, 200_000, Decimal("4.8"), None, None),
        (True, 0, Decimal("1.2"), None, None),
    ]  # fmt: skip
    assert client.get(reverse("costs:price", args=[stored.pk])).status_code == 200
    refused = client.post(reverse("costs:price", args=[stored.pk]), {"until": "2026-09-30"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["until"])
    assert client.post(reverse("costs:price", args=[stored.pk]), {"until": "2026-12-01"}).status_code == 302
    assert TokenPrice.objects.get().until == date(2026, 12, 1)


def test_a_row_with_several_lengths_of_prompts_is_filled_in_and_recorded_whole():
    client, url = signed_in(UserFactory(finance=True)), reverse("costs:price-new")
    named = {"provider": "openrouter", "model": "qwen/qwen3-coder-flash"}
    form = client.get(url, named).context["form"]
    shown = [form[name].value() for name in ("standard_input", "over", "long_input", "over_2", "long_2_input")]
    assert shown == ["0.195", 32_000, "0.325", 128_000, "0.52"]
    typed = {field.name: field.value() for field in form if field.value() is not None}
    assert client.post(url, typed).status_code == 302
    kept = PriceBook.load().own("openrouter", "qwen/qwen3-coder-flash", DAY).row.rates
    listed = library_prices.find("openrouter", "qwen/qwen3-coder-flash", DAY).row.rates
    assert [(each.over, dict(each.prices)) for each in kept] == [(each.over, dict(each.prices)) for each in listed]


def test_another_length_of_prompts_finds_room_and_each_stands_once():
    client, url = signed_in(UserFactory(finance=True)), reverse("costs:price-new")
    typed = {
        "provider": "acme", "model": "turbo", "since": "2026-01-01", "currency": "USD", "standard_input": "1",
        "over": "1000", "long_input": "2",
    }  # fmt: skip
    more = client.post(url, typed | {"more": "1"})
    assert (more.status_code, more.context["form"]["long_input"].value()) == (200, "2")
    assert not TokenPrice.objects.exists()
    assert [each.name for each in more.context["form"].overs] == ["over", "over_2"]
    missing = client.post(url, typed | {"over_2": "", "long_2_batch_input": "3"})
    assert list(missing.context["form"].errors) == ["over_2"]
    twice = client.post(url, typed | {"over_2": "1000", "long_2_input": "3"})
    assert twice.context["form"].non_field_errors() == ["The same length of prompts is there twice."]
    assert client.post(url, typed | {"over_2": "5000", "long_2_batch_input": "3"}).status_code == 302
    told = [(each.batch, each.over, each.input) for each in TokenPrice.objects.get().rates.all()]
    assert sorted(told) == [(False, 0, 1), (False, 1000, 2), (True, 5000, 3)]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("standard_input", {}), ("standard_input", {"standard_input": "-1"}),
        ("standard_input", {"standard_input": "1,5"}), ("over", {"standard_input": "1", "long_input": "2"}),
        ("model", {"standard_input": "1", "model": ""}), ("until", {"standard_input": "1", "until": "2025-12-31"}),
        ("source_url", {"source_url": "javascript:alert(1)"}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field_and_stays(field, typed):
    base = {"provider": "acme", "model": "turbo", "since": "2026-01-01", "currency": "USD"}
    answer = signed_in(UserFactory(finance=True)).post(reverse("costs:price-new"), base | typed)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not TokenPrice.objects.exists()


# By API ---------------------------------------------------------------------------------------------------------------
def call(client: Client, path: str, body, user):
    return client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=bearer(user))


def test_prices_by_api(client):
    finance = UserFactory(finance=True)
    body = {
        "provider": "openai", "model": "gpt-4o", "valid_from": "2024-05-13", "valid_until": "2024-08-06",
        "prices": {"input": "5", "output": 15}, "batch_prices": {"input": "2.5"},
        "tiers": [{"over": 128_000, "prices": {"input": "10"}}],
    }  # fmt: skip
    made = call(client, "/token-prices", body, finance)
    assert made.status_code == 201
    assert [(each["over"], each["batch"], each["prices"]["input"]) for each in made.json()["rates"]] == [
        (0, False, "5"), (128_000, False, "10"), (0, True, "2.5"),
    ]  # fmt: skip
    assert client.get("/api/v1/token-prices", headers=bearer(UserFactory())).json()["count"] == 1

    def in_force(on: str):
        asked = {"provider": "OpenAI", "model": "gpt-4o", "on": on}
        return client.get("/api/v1/token-prices/in-force", asked, headers=bearer(finance)).json()["price"]

    june, september = in_force("2024-06-01"), in_force("2024-09-01")
    assert (june["own"], june["rates"][0]["prices"]["output"]) == (True, "15")
    assert (september["own"], september["library_version"]) == (False, "0.2.3")
    ended = call(client, f"/token-prices/{june['id']}/end", {"valid_until": "2024-06-01"}, finance)
    assert ended.json()["valid_until"] == "2024-06-01"
    assert in_force("2024-06-01")["own"] is False


@pytest.mark.parametrize(
    "wrong",
    [
        {"prices": {}}, {"prices": {"input": "-1"}}, {"prices": {"colour": "1"}}, {"valid_until": "2023-01-01"},
        {"currency": "usd"}, {"model": " "}, {"tiers": [{"over": 5, "prices": {"input": 1}}] * 2},
        {"tiers": [{"over": 0}]}, {"source_url": "javascript:alert(1)"},
    ],
)  # fmt: skip
def test_a_wrong_price_is_refused(client, wrong):
    body = {"provider": "openai", "model": "gpt-4o", "valid_from": "2024-05-13", "prices": {"input": "5"}} | wrong
    assert call(client, "/token-prices", body, UserFactory(finance=True)).status_code == 422
    assert not TokenPrice.objects.exists()


def test_a_day_that_is_refused_is_named_as_it_was_sent(client):
    finance = UserFactory(finance=True)
    body = {"provider": "acme", "model": "turbo", "valid_from": "2026-05-13", "prices": {"input": "5"}}
    early = call(client, "/token-prices", body | {"valid_until": "2026-05-01"}, finance)
    own = call(client, "/token-prices", body | {"valid_until": "2026-08-01"}, finance).json()
    end = f"/token-prices/{own['id']}/end"
    for refused in (early, *(call(client, end, {"valid_until": on}, finance) for on in ("2026-05-01", "2026-09-01"))):
        assert [error["field"] for error in refused.json()["errors"]] == ["valid_until"]


def test_the_page_of_a_price_says_it_and_its_prices_stand_on_their_points():
    rates = [
        Rate({TokenClass.INPUT: Decimal(3), TokenClass.OUTPUT: Decimal(15)}),
        Rate({TokenClass.INPUT: Decimal("1.525"), TokenClass.OUTPUT: Decimal("7.5")}, batch=True),
    ]
    new = NewPrice("acme", "corvid", date(2026, 8, 1), rates)
    added = own_rows.add(UserFactory(finance=True), new)
    client = signed_in(UserFactory())
    page = tight(client.get(reverse("costs:price", args=[added.pk])).content.decode())
    assert 'of <b>corvid</b> cost <b class="cost">$3.00</b> in and <b class="cost">$15.00</b> out.' in page
    assert ">Standard<" in page and ">Batch<" in page
    book = tight(client.get(reverse("costs:prices"), {"q": "corvid"}).content.decode())
    for shown in (page, book):
        assert [shown.count(each) for each in (">3.000<", ">1.525<", ">15.00<", ">7.50<")] == [1, 1, 1, 1]
