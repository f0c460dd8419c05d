"""The calculators' pages: check values, from where on own hardware is cheaper, what is wrong at its field."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organisation
from costs.prices import list_prices, own_rows
from costs.prices.book import PriceBook
from costs.prices.own_rows import NewPrice
from costs.pricing import Rate, TokenClass
from tests.costs.factories import add_rate
from tests.factories import UserFactory
from tests.markup import tight

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(client):
    client.force_login(UserFactory())
    return client.get


MACHINE = "/calculators/?cost_per_hour=2.5&tokens_per_second=185"


@pytest.mark.parametrize(("use", "price"), [("100", "$3.754"), ("30", "$12.51"), ("10", "$37.54")])
def test_the_token_calculator_shows_the_check_values(visit, use, price):
    answer = visit(f"{MACHINE}&utilisation={use}")
    assert f">{price}<" in tight(answer.content.decode())
    assert f"{answer.context['answer'].own.per_million_tokens:.4g}" == price[1:]
    assert "gives the price of a thousand" in answer.content.decode()


def own_price(model: str, into: str, out: str | None, **fields) -> None:
    """Enter a price of our own, "provider/model", in force since 2026."""
    rates = [Rate({TokenClass.INPUT: Decimal(into)} | ({TokenClass.OUTPUT: Decimal(out)} if out else {}))]
    new = NewPrice(*model.split("/"), date(2026, 1, 1), rates, **fields)
    own_rows.add(UserFactory(finance=True), new)


@pytest.fixture
def listed():
    """Two models at prices of our own alone: 4 and 0.5 for input, 20 and 2 for output."""
    own_price("anthropic/claude-sonnet-5-5", "4", "20")
    own_price("deepseek/deepseek-flash", "0.5", "2")
    for provider, _model in list_prices.WELL_KNOWN:
        own_rows.use_library(UserFactory(finance=True), provider, False)


def test_the_answer_names_the_utilisation_from_which_own_hardware_is_cheaper(visit, listed):
    # (3 × 4 + 20) ÷ 4 = 8 for a million tokens; 2.50 ÷ (185 × 3,600) × 1,000,000 = 3.7538 at full use; 46.9 %
    answer = visit(f"{MACHINE}&utilisation=30").context["answer"]
    assert answer.against.price == 8
    assert round(answer.against.share, 3) == Decimal("0.469")
    told = visit(f"{MACHINE}&utilisation=30").content.decode()
    assert "Above <b>47\u202f% utilisation</b> your own hardware is cheaper than Claude\u00a0Sonnet\u00a05.5" in told
    never = visit(f"{MACHINE}&against=deepseek-flash").content.decode()
    assert "Even at full use your own hardware is" in never
    assert "no cheaper than DeepSeek\u00a0V4.1\u00a0Flash</b>: $3.754 against $0.875 for a million tokens." in never
    assert "“Never”: even at full use your own hardware costs as much or more." in never
    assert ">never</td>" in tight(never)


@pytest.mark.parametrize(("ratio", "price"), [("1-1", 12), ("10-1", Decimal(60) / 11), ("0-1", 20)])
def test_the_proportion_of_input_to_output_can_be_chosen(visit, listed, ratio, price):
    assert visit(f"{MACHINE}&ratio={ratio}").context["answer"].against.price == price


def test_every_well_known_model_has_a_price_in_the_library():
    prices, waiting = list_prices.compared(PriceBook.load(), date(2026, 11, 25), "USD")
    found = {price.name: price for price in prices}
    assert waiting == []
    assert set(found) == set(list_prices.WELL_KNOWN.values())
    # genai-prices 0.2.3: 2 and 10 dollars a million
    assert (found["Claude Sonnet 5.5"].input, found["Claude Sonnet 5.5"].output) == (2, 10)


@pytest.mark.parametrize(
    "query",
    [
        "?utilisation=0",
        "?utilisation=101",
        "?tokens_per_second=x",
        "?cost_per_hour=-1",
        "?against=nobody",
        "?model=openai/nothing",
        "?model=gpt-4o",
        "?currency=EUR",
        "?ratio=2",
        "finance/?benefits=NaN",
        "finance/?rate=-100",
        "finance/?rate=-90.1",
        "finance/?rate=10000.1",
        "finance/?rate=1e9999999",
        "finance/?rate=1e-9999999",
        "finance/?costs=1+2",
    ],
)
def test_calculators_say_what_is_wrong(visit, query):
    answer = visit(f"/calculators/{query}")
    assert answer.status_code == 200
    assert 'class="error"' in answer.content.decode()


@pytest.mark.parametrize("query", ["cost_per_hour=0", "cost_per_hour=99999999999999999999&tokens_per_second=1e-18"])
def test_free_and_unpayable_machines_are_answered(visit, query):
    assert visit(f"/calculators/?{query}&utilisation=0.000001").status_code == 200


def test_cash_flows_have_a_page_of_their_own(visit):
    shown = tight(visit("/calculators/finance/").content.decode())
    # −900 + 400 ÷ 1.1 + 500 ÷ 1.21 + 600 ÷ 1.331
    assert "These flows are worth <b>$328</b> today, at 10\u202f% a year." in shown
    assert "$327.65</td>" in shown
    assert "$1,476.33</td>" in shown
    # 900 less 400 and 500 of the two years: at the end of the second.
    assert re.search(r"Payback</th> ?<td class=\"num\"> ?24 months", shown)


def test_the_least_rate_over_as_many_years_as_may_be_is_answered(visit):
    # 10^20 a year from now for 199 years at -90 %, each worth ten times the one before: 10^219 and a ninth of it.
    years = " ".join(["9" * 20] * 200)
    answer = visit("/calculators/finance/", {"rate": "-90", "benefits": years, "costs": "0 " * 200})
    assert answer.status_code == 200
    assert 'class="error"' not in answer.content.decode()


def test_the_price_of_every_api_is_drawn_into_the_curve_with_its_name(visit, listed):
    answer = visit(f"{MACHINE}&utilisation=30")
    drawn = answer.context["answer"].chart
    assert [(each.name, each.price, each.strong) for each in drawn.levels] == [
        ("Claude Sonnet 5.5", 8.0, True),
        ("DeepSeek V4.1 Flash", 0.875, False),  # (3 × 0.5 + 2) ÷ 4
    ]
    assert (round(drawn.at_full_use, 4), drawn.marked, drawn.name) == (3.7538, 0.3, "Your own hardware")
    (wide, *_narrow) = re.findall(r"<svg[^>]*>.*?</svg>", answer.content.decode().partition("<h1>")[2], re.DOTALL)
    named = [text for text in re.findall(r">([^<>]+)<", wide) if text.startswith(("Claude", "DeepSeek", "30"))]
    assert named == ["30\u202f%: $12.51", "Claude Sonnet 5.5  $8.00", "DeepSeek V4.1 Flash  $0.875"]
    chosen = visit(f"{MACHINE}&ratio=0-1&against=deepseek-flash").context["answer"].chart
    assert [(each.price, each.strong) for each in chosen.levels] == [(20.0, False), (2.0, True)]


def test_own_prices_come_before_the_librarys_and_are_marked(visit):
    own_price("Anthropic/claude-sonnet-5-5", "4", "20")
    shown = visit(f"{MACHINE}&utilisation=30")
    prices = {each.name.replace("\u00a0", " "): each for each in shown.context["answer"].compared}
    assert prices["Claude Sonnet 5.5"].price == 8
    assert [name for name, each in prices.items() if each.listed.is_own] == ["Claude Sonnet 5.5"]
    assert len(prices) == len(list_prices.WELL_KNOWN)
    assert "own price" in shown.content.decode()


def test_where_own_prices_alone_hold_the_library_is_not_compared_with(visit):
    own_rows.use_library(UserFactory(finance=True), "anthropic", False)
    shown = visit(MACHINE).context
    assert [each.listed.model for each in shown["answer"].compared if "claude" in each.listed.model] == []
    assert shown["answer"].against is not None  # another one, as the usual one has no price
    told = visit(f"{MACHINE}&against=claude-sonnet-5-5").content.decode()
    assert "The price book has no price of “claude-sonnet-5-5” today." in told


def test_any_model_of_the_book_is_compared_with_by_its_name(visit):
    own_price("acme/house-1", "1", "5")
    own_price("acme/half", "1", None)  # no price of output: nothing to compare with
    answer = visit(f"{MACHINE}&model=acme/house-1").context["answer"]
    assert (answer.against.listed.name, answer.against.price) == ("acme house-1", 2)  # (3 × 1 + 5) ÷ 4
    assert len(answer.compared) == len(list_prices.WELL_KNOWN) + 1
    offered = visit(MACHINE).content.decode()
    assert '<option value="acme/house-1">acme house-1</option>' in offered
    assert "acme/half" not in offered
    # genai-prices: gpt-4o is 2.5 and 10 dollars a million; (3 × 2.5 + 10) ÷ 4
    answer = visit(f"{MACHINE}&model=OpenAI/gpt-4o").context["answer"]
    assert (answer.against.listed.name, answer.against.price) == ("OpenAI gpt-4o", Decimal("4.375"))
    answer = visit(f"{MACHINE}&model=anthropic/claude-opus-5-5").context["answer"]
    assert (answer.against.listed.name, len(answer.compared)) == ("Claude Opus 5.5", len(list_prices.WELL_KNOWN))


def test_prices_in_another_currency_are_converted_or_said_to_be_left_out(visit, listed):
    Organisation.objects.create(base_currency="EUR")
    today = f"{timezone.localdate()}"
    own_price("acme/euro", "3", "7", currency="EUR")
    told = visit(f"{MACHINE}&model=acme/euro")
    assert told.context["answer"].waiting == ["acme euro"]
    assert "there is no exchange rate of that day: acme euro." in tight(told.content.decode())
    add_rate(today, "USD", "0.8")  # euros for a dollar
    answer = visit(f"{MACHINE}&model=acme/euro").context["answer"]
    assert (answer.against.price, answer.waiting) == (5, [])  # (3 × 3 + 7) ÷ 4 ÷ 0.8
    answer = visit(f"{MACHINE}&model=acme/euro&currency=EUR").context["answer"]
    assert (answer.currency, answer.against.price) == ("EUR", 4)
    assert {each.listed.name: each.price for each in answer.compared}["Claude Sonnet 5.5"] == Decimal("6.4")
    assert "EUR per million tokens" in visit(f"{MACHINE}&currency=EUR").content.decode()


def test_a_price_of_nothing_is_never_beaten_and_not_drawn(visit, listed):
    own_price("acme/free", "0", "0")
    answer = visit(f"{MACHINE}&model=acme/free").context["answer"]
    assert not answer.against.is_reached
    assert [each.name for each in answer.chart.levels] == ["Claude Sonnet 5.5", "DeepSeek V4.1 Flash"]


def test_the_book_is_read_in_as_many_queries_whatever_it_holds(visit, listed, django_assert_num_queries):
    visit(MACHINE)
    with CaptureQueriesContext(connection) as before:
        visit(MACHINE)
    for number in range(20):
        own_price(f"acme/m{number}", "1", "2")
    with django_assert_num_queries(len(before)):
        visit(MACHINE)
