"""The calculators' pages: check values, from where on own hardware is cheaper, what is wrong at its field."""

import re
from datetime import date
from decimal import Decimal

import pytest

from costs.prices import list_prices
from costs.prices.list_prices import ListPrice
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


@pytest.fixture
def listed(monkeypatch):
    """Two models at prices of our own: 4 and 0.5 for input, 20 and 2 for output."""
    prices = [
        ListPrice("claude-sonnet-5-5", "Large", Decimal(4), Decimal(20)),
        ListPrice("deepseek-flash", "Small", Decimal("0.5"), Decimal(2)),
    ]
    monkeypatch.setattr(list_prices, "well_known", lambda on: prices)


def test_the_answer_names_the_utilisation_from_which_own_hardware_is_cheaper(visit, listed):
    # (3 × 4 + 20) ÷ 4 = 8 for a million tokens; 2.50 ÷ (185 × 3,600) × 1,000,000 = 3.7538 at full use; 46.9 %
    answer = visit(f"{MACHINE}&utilisation=30").context["answer"]
    assert answer.against.price == 8
    assert round(answer.against.share, 3) == Decimal("0.469")
    told = visit(f"{MACHINE}&utilisation=30").content.decode()
    assert "Above <b>47\u202f% utilisation</b> your own hardware is cheaper than Large" in told
    never = visit(f"{MACHINE}&against=deepseek-flash").content.decode()
    assert "Even at full use your own hardware is" in never
    assert "no cheaper than Small</b>: $3.754 against $0.875 for a million tokens." in never
    assert "“Never”: even at full use your own hardware costs as much or more." in never
    assert ">never</td>" in tight(never)


@pytest.mark.parametrize(("ratio", "price"), [("1-1", 12), ("10-1", Decimal(60) / 11), ("0-1", 20)])
def test_the_proportion_of_input_to_output_can_be_chosen(visit, listed, ratio, price):
    assert visit(f"{MACHINE}&ratio={ratio}").context["answer"].against.price == price


def test_every_well_known_model_has_a_price_in_the_library():
    found = {price.name: price for price in list_prices.well_known(date(2026, 11, 25))}
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
        ("Large", 8.0, True),
        ("Small", 0.875, False),  # (3 × 0.5 + 2) ÷ 4
    ]
    assert (round(drawn.at_full_use, 4), drawn.marked, drawn.name) == (3.7538, 0.3, "Your own hardware")
    (wide, *_narrow) = re.findall(r"<svg[^>]*>.*?</svg>", answer.content.decode().partition("<h1>")[2], re.DOTALL)
    named = [text for text in re.findall(r">([^<>]+)<", wide) if text.startswith(("Large", "Small", "30"))]
    assert named == ["30\u202f%: $12.51", "Large  $8.00", "Small  $0.875"]
    chosen = visit(f"{MACHINE}&ratio=0-1&against=deepseek-flash").context["answer"].chart
    assert [(each.price, each.strong) for each in chosen.levels] == [(20.0, False), (2.0, True)]
