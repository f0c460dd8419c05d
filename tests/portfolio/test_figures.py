"""Properties of the pure mathematics, and the exact small cases that a reader can check by hand."""

from datetime import date, timedelta
from decimal import Decimal
from math import exp, log1p

import pytest
import pyxirr
from hypothesis import assume, given
from hypothesis import strategies as st

from portfolio.figures.finance import (
    daily,
    dated_return,
    discount_factors,
    discounted,
    months_since_first,
    payback,
    present_value,
    xirr,
    yearly_return,
)
from portfolio.figures.intervals import wilson
from portfolio.figures.irr import NoRate, internal_rate
from portfolio.figures.survival import DAYS_PER_MONTH, aalen_johansen

START = date(2024, 1, 1)
amounts = st.decimals(min_value=-100_000, max_value=100_000, places=2)
flows = st.lists(
    st.tuples(st.dates(date(2015, 1, 1), date(2035, 1, 1)), amounts),
    min_size=1,
    max_size=25,
)
prototypes = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 2)), min_size=1, max_size=80)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_between_0_and_1(case):
    estimate = wilson(*case)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_no_prototype_has_no_rate():
    assert wilson(0, 0) is None


@given(prototypes)
def test_incidence_never_falls_and_its_interval_holds_it(rows):
    curve = aalen_johansen(*zip(*rows, strict=True))
    assert all(late >= early for early, late in zip(curve.value, curve.value[1:], strict=False))
    for days in curve.times:
        found = curve.at(days)
        assert 0 <= found.value <= 1 + 1e-12
        if found.low is not None:
            assert found.low <= found.value <= found.high


@given(prototypes)
def test_without_censoring_incidence_is_the_plain_share(rows):
    decided = [(days, 1 + kind % 2) for days, kind in rows]
    curve = aalen_johansen(*zip(*decided, strict=True))
    share = sum(kind == 1 for _, kind in decided) / len(decided)
    assert curve.at(curve.last_observed).value == pytest.approx(share, abs=1e-12)


def test_incidence_of_nothing_is_nothing():
    assert aalen_johansen([], []).within_months(24).value is None


def test_once_all_that_were_watched_reached_production_it_is_certain_and_has_no_interval():
    curve = aalen_johansen([9, 12, 21, 23, 24, 26, 28], [1, 0, 1, 0, 1, 0, 1])  # in floats 1.0000000000000002
    assert (curve.at(28).value, curve.at(28).low, curve.at(28).high) == (1.0, None, None)


def test_a_production_on_the_day_of_the_start_counts_as_half_a_day():
    curve = aalen_johansen([0, 10], [1, 0])
    assert (curve.at(0.4).value, curve.at(0.5).value, curve.at(10).value) == (
        0.0,
        0.5,
        0.5,
    )


@given(flows)
def test_the_rate_that_is_found_makes_the_flows_worth_nothing(rows):
    found = xirr(rows)
    assume(found.value is not None and -0.9 < found.value < 1000)
    dates, net = zip(*daily(rows), strict=True)
    parts = discounted(net, discount_factors(dates, Decimal(found.value)))
    assert abs(sum(parts)) <= Decimal("1e-6") * sum(abs(part) for part in parts)


@given(st.lists(st.integers(1, 50_000), min_size=1, max_size=24), st.integers(70, 170))
def test_one_change_of_sign_agrees_with_pyxirr(returns, per_cent):
    outlay = 1 + sum(returns) * per_cent // 100  # within what a single month can return at a rate that is looked for
    dates = [START + timedelta(days=31 * month) for month in range(len(returns) + 1)]
    found = internal_rate([(on - START).days / 365 for on in dates], [-outlay, *returns])
    reference = pyxirr.xirr(dates, [-outlay, *returns])
    assume(reference is not None and -0.99 < reference < 1000)
    assert found.value == pytest.approx(reference, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("rates", [(0.1, 0.5), (-0.3, 0.2, 1.5), (0.0, 0.1, 0.2, 3.0)])
def test_every_one_of_several_rates_is_told_from_one(rates):
    coefficients = [1.0]
    for rate in rates:  # a polynomial in 1 / (1 + r) with exactly these roots
        shifted = [0.0, *(-(1 + rate) * c for c in coefficients)]
        coefficients = [a + b for a, b in zip([*coefficients, 0.0], shifted, strict=True)]
    years = [float(year) for year in range(len(coefficients))]
    assert internal_rate(years, coefficients).reason == NoRate.SEVERAL_RATES


def test_a_rate_that_only_touches_zero_counts_once():
    assert internal_rate([0, 1, 2], [-100, 220, -121]).value == pytest.approx(0.1, abs=1e-6)


def test_sixty_changes_of_sign_are_no_obstacle():
    years = [month / 12 for month in range(61)]
    amounts = [-1000.0, *(90.0 if month % 2 else -30.0 for month in range(60))]
    found = internal_rate(years, amounts)
    assert found.reason is None
    assert sum(a * exp(-y * log1p(found.value)) for y, a in zip(years, amounts, strict=True)) == pytest.approx(
        0, abs=1e-6
    )


@given(flows)
def test_net_present_value_at_zero_is_the_plain_sum(rows):
    factors = discount_factors([on for on, _ in rows], Decimal(0))
    assert present_value([amount for _, amount in rows], factors) == sum(amount for _, amount in rows)


def test_without_flows_nothing_exists():
    assert (xirr([]).reason, payback([], [])) == (NoRate.NO_FLOW, None)


def test_payback_is_interpolated_between_two_dates():
    months = months_since_first([START, START + timedelta(days=100), START + timedelta(days=200)])
    assert payback(months, [Decimal(-100), Decimal(50), Decimal(100)]) == pytest.approx(150 / DAYS_PER_MONTH)


def test_rounding_alone_keeps_no_discounted_payback_away():
    rate = Decimal("0.1")
    flows = [(date(2026, 1, 1), Decimal(-100)), (date(2027, 1, 1), Decimal(110))]
    found = dated_return(rate, flows)  # 110 / 1.1 is 100, but for the last digit of a power
    assert found.discounted_payback_months == pytest.approx(365 / DAYS_PER_MONTH)
    assert found.reasons == {}
    assert dated_return(rate, [(on, -amount) for on, amount in flows]).discounted_payback_months == 0
    assert dated_return(rate, [flows[0], (flows[1][0], Decimal("109.999999"))]).discounted_payback_months is None


def test_payback_is_the_first_return_to_zero_after_a_negative_total():
    assert payback([0, 1, 2, 3, 4], [5, -10, 5, -20, 40]) == 2
    assert payback([0, 1], [5, -5]) == 0
    assert payback([0, 1], [-5, 4]) is None


def test_flows_of_38_digits_add_up_exactly():
    out, one = Decimal("12345678901234567890.123456789012345678"), Decimal(1)
    back = Decimal("12345678901234567889.123456789012345678")  # out − 1; rounded to 28 digits it comes to less
    assert payback([0, 1, 2], [out.copy_negate(), one, back]) == 2
    yearly = yearly_return(Decimal(0), [Decimal(0), one, back], [out, Decimal(0), Decimal(0)])
    assert (yearly.payback_months, yearly.discounted_payback_months, yearly.npv) == (24, 24, 0)
    day = [(START, back), (START, one)]
    assert daily(day) == [(START, out)]
    assert dated_return(Decimal(0), [*day, (START, out.copy_negate())]).npv == 0


def test_a_whole_year_discounts_by_one_plus_the_rate():
    factors = discount_factors([START, START + timedelta(days=365)], Decimal("0.25"))  # 1 ÷ 1.25 = 0.8
    assert [round(factor, 20) for factor in factors] == [1, Decimal("0.8")]


def test_a_year_without_costs_has_no_roi():
    found = yearly_return(Decimal("0.1"), [Decimal(10)], [Decimal(0)])
    assert (found.roi, found.roi_pv, found.reasons["roi"]) == (None, None, "no cost")
