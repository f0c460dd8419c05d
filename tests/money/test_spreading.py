"""An amount in parts: exactly the amount, in whole cents, the rest where the rule says."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from money.spreading import spread

CENT = Decimal("0.01")


def test_cents_that_do_not_divide_go_to_the_later_of_equal_parts():
    assert spread(Decimal(100), [1, 1, 1]) == [Decimal(text) for text in ("33.33", "33.33", "33.34")]
    assert spread(Decimal("0.05"), [1] * 4) == [Decimal(text) for text in ("0.01", "0.01", "0.01", "0.02")]
    assert spread(Decimal(-100), [1, 1, 1]) == [Decimal(text) for text in ("-33.33", "-33.33", "-33.34")]


def test_cents_go_to_those_that_rounding_took_most_from():
    # 10 × (1, 2, 4) ÷ 7 = 1.428571…, 2.857142…, 5.714285…: two cents are left, for .008 and .007
    assert spread(Decimal(10), [1, 2, 4]) == [Decimal("1.43"), Decimal("2.86"), Decimal("5.71")]


def test_a_small_amount_over_many_months_is_never_below_zero():
    parts = spread(Decimal(1), [1] * 120)
    assert sorted(set(parts)) == [0, CENT]
    assert sum(parts) == 1


def test_yen_are_spread_in_whole_yen_and_what_is_less_than_a_unit_stays():
    assert spread(Decimal(1000), [1, 1, 1], Decimal(1)) == [333, 333, 334]
    assert spread(Decimal("10.005"), [1, 1, 0]) == [Decimal(5), Decimal("5.005"), Decimal(0)]


def test_there_has_to_be_something_to_go_by():
    with pytest.raises(ValueError, match="nothing"):
        spread(Decimal(1), [0, -1])


@given(
    st.decimals(-(10**15), 10**15, places=2),
    st.lists(st.decimals(-5, 10**9, places=3), min_size=1, max_size=40).filter(lambda found: max(found) > 0),
)
def test_the_parts_add_up_and_are_each_within_a_cent_of_their_share(total, weights):
    parts = spread(total, weights)
    assert sum(parts) == total
    whole = sum(max(weight, Decimal(0)) for weight in weights)
    for part, weight in zip(parts, weights, strict=True):
        assert part % CENT == 0
        if weight <= 0:
            assert part == 0
        assert abs(part - total * max(weight, Decimal(0)) / whole) < CENT
