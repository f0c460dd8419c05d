"""What tokens cost: worked out by hand, and laws that hold for all counts and prices."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costs.pricing import (
    CountError,
    InputCount,
    Lack,
    Priced,
    PriceRow,
    Rate,
    TokenClass,
    Tokens,
    Unpriced,
    counted,
    price_of,
)


def rate(over: int = 0, batch: bool = False, **prices: str) -> Rate:
    return Rate({TokenClass(name): Decimal(price) for name, price in prices.items()}, over, batch)


# Anthropic's list for Claude Sonnet 4.5 (https://www.anthropic.com/pricing): writing to the cache costs 1.25 × input
# for five minutes and 2 × input for an hour, reading 0.1 ×; prompts over 200,000 tokens: input × 2, output × 1.5.
SONNET = PriceRow(
    "USD",
    (
        rate(input="3", cached_input="0.30", cache_write_5m="3.75", cache_write_1h="6", output="15"),
        rate(200_000, input="6", cached_input="0.60", cache_write_5m="7.50", cache_write_1h="12", output="22.50"),
        rate(batch=True, input="1.5", output="7.5"),
    ),
)


def amount(found: object) -> Decimal:
    assert isinstance(found, Priced)
    return found.amount


def test_every_class_has_its_own_price():
    # 1,000 × 3 + 20,000 × 0.30 + 4,000 × 3.75 + 3,000 × 6 + 500 × 15 = 3,000 + 6,000 + 15,000 + 18,000 + 7,500 = 49,500
    tokens = Tokens(1_000, 20_000, 4_000, 3_000, 500)
    assert amount(price_of(tokens, SONNET)) == Decimal("0.0495")


def test_writing_to_the_cache_costs_by_how_long_it_is_kept():
    assert amount(price_of(Tokens(cache_write_5m=1_000_000), SONNET, prompt_tokens=1)) == Decimal("3.75")
    assert amount(price_of(Tokens(cache_write_1h=1_000_000), SONNET, prompt_tokens=1)) == Decimal("6")


def test_a_long_prompt_makes_the_whole_request_dearer():
    # 150,000 + 50,000 cached = 200,000: not over. 150,000 × 3 + 50,000 × 0.30 + 1,000 × 15 = 480,000
    assert amount(price_of(Tokens(150_000, 50_000, output=1_000), SONNET)) == Decimal("0.48")
    # One more: all of it, answer included. 150,001 × 6 + 50,000 × 0.60 + 1,000 × 22.50 = 952,506
    assert amount(price_of(Tokens(150_001, 50_000, output=1_000), SONNET)) == Decimal("0.952506")


def test_tokens_of_several_requests_are_judged_by_the_average_prompt():
    tokens = Tokens(1_000_000)
    assert amount(price_of(tokens, SONNET, requests=5)) == 3  # 200,000 each
    assert amount(price_of(tokens, SONNET, requests=4)) == 6  # 250,000 each
    assert amount(price_of(tokens, SONNET, requests=None)) == 6
    assert amount(price_of(tokens, SONNET, requests=4, prompt_tokens=200_000)) == 3  # the source tells it


def test_batch_calls_have_prices_of_their_own():
    assert amount(price_of(Tokens(1_000_000, output=1_000_000), SONNET, batch=True)) == 9
    assert price_of(Tokens(1), PriceRow("USD", SONNET.rates[:2]), batch=True) == Unpriced(Lack.BATCH)


def test_a_class_without_a_price_leaves_the_line_unpriced():
    row = PriceRow("USD", (rate(input="2.50", output="0"),))
    assert price_of(Tokens(10, cached_input=1), row) == Unpriced(Lack.CACHED_INPUT)
    assert price_of(Tokens(cache_write_1h=1), row) == Unpriced(Lack.CACHE_WRITE_1H)
    assert amount(price_of(Tokens(output=7), row)) == 0  # a price of 0 that somebody has set
    assert price_of(Tokens(1), PriceRow("USD", ())) == Unpriced(Lack.UNKNOWN)


def test_a_source_says_what_its_input_count_includes():
    whole = counted(
        InputCount.WHOLE_PROMPT, input_tokens=100, output_tokens=7, cached_input=60, cache_write_5m=5, cache_write_1h=3
    )
    uncached = counted(
        InputCount.UNCACHED, input_tokens=32, output_tokens=7, cached_input=60, cache_write_5m=5, cache_write_1h=3
    )
    assert whole == uncached == Tokens(32, 60, 5, 3, 7)
    assert whole.prompt == 100


@pytest.mark.parametrize(
    ("counts", "where"),
    [
        ({"input_tokens": 10, "cached_input": 11}, TokenClass.CACHED_INPUT),
        ({"input_tokens": 10, "cached_input": 6, "cache_write_5m": 5}, TokenClass.CACHED_INPUT),
        ({"input_tokens": -1}, TokenClass.INPUT),
        ({"input_tokens": 1, "cached_input": -1}, TokenClass.CACHED_INPUT),
    ],
)
def test_impossible_counts_are_refused(counts, where):
    with pytest.raises(CountError) as refused:
        counted(InputCount.WHOLE_PROMPT, output_tokens=0, **counts)
    assert refused.value.token_class == where


COUNTS = st.builds(Tokens, *[st.integers(0, 10**15)] * 5)
PRICES = st.integers(0, 10**24).map(lambda number: Decimal(number).scaleb(-18))
ROWS = st.fixed_dictionaries(dict.fromkeys(TokenClass, PRICES)).map(lambda prices: PriceRow("USD", (Rate(prices),)))


@given(COUNTS, COUNTS, ROWS)
def test_prices_add_up_to_the_last_digit(first, second, row):
    both = Tokens(*(getattr(first, each) + getattr(second, each) for each in TokenClass))
    found = [amount(price_of(tokens, row)) for tokens in (first, second, both)]
    assert sum(map(Fraction, found[:2])) == Fraction(found[2])


@given(COUNTS, ROWS)
def test_the_amount_is_the_sum_of_its_classes(tokens, row):
    (only,) = row.rates
    parts = sum(getattr(tokens, each) * Fraction(only.prices[each]) for each in TokenClass)
    assert Fraction(amount(price_of(tokens, row))) * 10**6 == parts


@given(COUNTS, st.sets(st.sampled_from(TokenClass), max_size=4))
def test_never_priced_0_for_want_of_a_price(tokens, known):
    found = price_of(tokens, PriceRow("USD", (Rate(dict.fromkeys(known, Decimal(1))),)))
    lacking = [each for each in TokenClass if getattr(tokens, each) and each not in known]
    assert found == Unpriced(Lack(lacking[0])) if lacking else isinstance(found, Priced)


@given(st.integers(0, 10**6), st.integers(1, 50), st.lists(st.integers(1, 10**6), max_size=4, unique=True))
def test_the_rate_is_that_of_the_longest_prompts_passed(prompt, requests, starts):
    row = PriceRow("USD", tuple(rate(over, input=str(over)) for over in (0, *starts)))
    found = price_of(Tokens(prompt), row, requests=requests)
    assert isinstance(found, Priced)
    assert found.rate.over == max((over for over in starts if prompt / requests > over), default=0)
