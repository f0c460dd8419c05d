"""Own hardware over time, and payments over months: worked out by hand, and what holds for any numbers."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costs.registers.depreciation import Terms, book_value, charges, energy_days
from costs.registers.due_days import due_days, parts

LATE = date(2090, 1, 1)
prices = st.decimals(min_value="0.01", max_value="1e9", places=2)


def terms(**changes) -> Terms:
    """36,000 less 3,600 at the end over 36 months: 900 a month from March 2026 on."""
    given = {"price": Decimal(36_000), "salvage": Decimal(3_600), "in_service_on": date(2026, 3, 20), "life_months": 36}
    return Terms(**given | changes)


def test_the_month_it_comes_into_service_counts_in_full_and_is_dated_its_last_day():
    first, second = list(charges(terms(), date(2026, 5, 30)))
    assert (first.on, first.amount, first.book_value) == (date(2026, 3, 31), 900, 35_100)
    assert (second.on, second.amount, second.book_value) == (date(2026, 4, 30), 900, 34_200)


def test_it_ends_at_its_salvage_value():
    every = list(charges(terms(), LATE))
    assert (len(every), every[-1].on, every[-1].book_value) == (36, date(2029, 2, 28), 3_600)
    assert book_value(terms(), date(2026, 3, 30)) == 36_000
    assert book_value(terms(), date(2026, 3, 31)) == 35_100
    assert book_value(terms(), LATE) == 3_600


def test_what_is_left_less_what_it_was_sold_for_is_written_off_on_its_day():
    # Two months of 900 are written down by 10 May: 34,200 are left, of which 30,000 come back.
    every = list(charges(terms(retired_on=date(2026, 5, 10), proceeds=Decimal(30_000)), LATE))
    assert [(charge.on.isoformat(), charge.what, charge.amount) for charge in every[2:]] == [
        ("2026-05-10", "write-off", 4_200)
    ]
    assert sum(charge.amount for charge in every) == 6_000


def test_sold_for_more_than_is_left_is_a_credit():
    every = list(charges(terms(retired_on=date(2030, 1, 1), proceeds=Decimal(5_000)), LATE))
    assert every[-1].amount == 3_600 - 5_000


@given(price=prices, part=st.integers(0, 100), life=st.integers(1, 600))
def test_months_add_up_to_exactly_price_less_salvage(price, part, life):
    salvage = price * part / 100
    every = list(charges(terms(price=price, salvage=salvage, life_months=life), LATE))
    assert sum((charge.amount for charge in every), Decimal(0)) == price - salvage
    assert len(every) == life
    # None is further from the exact quotient than one unit of the twelfth decimal.
    assert all(abs(charge.amount - (price - salvage) / life) <= Decimal("1.000001e-12") for charge in every[:-1])


@given(price=prices, life=st.integers(1, 60), months=st.integers(0, 70), proceeds=prices)
def test_one_that_is_gone_has_cost_exactly_its_price_less_its_proceeds(price, life, months, proceeds):
    gone = date(2026 + (2 + months) // 12, (2 + months) % 12 + 1, 28)
    every = charges(terms(price=price, salvage=Decimal(0), life_months=life, retired_on=gone, proceeds=proceeds), LATE)
    assert sum((charge.amount for charge in every), Decimal(0)) == price - proceeds


def test_energy_counts_every_hour_in_service():
    # From 20 March 12 days of 24 hours at 1.5 kW, April 30 days; it goes on 2 May.
    used = dict(energy_days(terms(power_kw=Decimal("1.5"), retired_on=date(2026, 5, 2)), LATE))
    assert used == {date(2026, 3, 31): 432, date(2026, 4, 30): 1_080, date(2026, 5, 2): 72}


def test_hours_per_month_count_by_the_days_in_service():
    # 310 hours a month: 12 of 31 days in March are 120 hours.
    used = dict(energy_days(terms(power_kw=Decimal(2), hours_per_month=Decimal(310)), date(2026, 4, 30)))
    assert used == {date(2026, 3, 31): 240, date(2026, 4, 30): 620}


def test_energy_goes_on_after_it_is_written_down():
    used = [day for day, _ in energy_days(terms(power_kw=Decimal(1), life_months=1), date(2026, 6, 30))]
    assert used == [date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 30)]
    assert list(energy_days(terms(), LATE)) == []


@pytest.mark.parametrize(
    ("every", "ends", "days"),
    [
        (1, None, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        (3, None, ["2026-01-31", "2026-04-30"]),
        (1, date(2026, 3, 30), ["2026-01-31", "2026-02-28"]),
        (12, None, ["2026-01-31"]),
    ],
)
def test_due_days_keep_the_day_of_the_month_where_it_exists(every, ends, days):
    found = due_days(date(2026, 1, 31), every, ends, date(2026, 4, 30))
    assert [day.isoformat() for day in found] == days


@given(amount=prices, months=st.sampled_from([1, 3, 12]))
def test_the_parts_of_a_payment_add_up_to_it(amount, months):
    assert sum(parts(amount, months), Decimal(0)) == amount
    assert len(parts(amount, months)) == months
