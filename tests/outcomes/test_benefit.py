"""The mathematics of benefit: hand-worked numbers, and against a naive sum over single days."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.benefit import Reading, Worth, months_between, outside, per_month, segments, to_decimal, worth_on

START = date(2025, 1, 1)


def worth(**changed) -> Worth:
    values = {
        "effective_on": None,
        "sign": -1,
        "baseline": Decimal(14),
        "unit_value": Decimal("0.85"),
        "currency": "USD",
        "volume_per_month": Decimal(9400),
        "attribution": Decimal(1),
        "cadence_days": 30,
    }
    return Worth(**(values | changed))


def worked_out(readings, terms, *, is_flow=False, ended=(), rates=None):
    def rate_of(reading, currency):
        return Decimal(1) if rates is None else rates.get((reading, currency))

    return segments(readings, terms, is_flow=is_flow, ended=ended, rate_of=rate_of)


def level(number: int, on: date, value: str) -> Reading:
    return Reading(number, None, on, Decimal(value))


def test_months_in_a_period_are_days_by_the_length_of_each_month():
    assert months_between(date(2025, 5, 1), date(2025, 5, 31)) == 1
    assert months_between(date(2025, 1, 16), date(2025, 3, 14)) == Fraction(16, 31) + 1 + Fraction(14, 31)
    assert months_between(date(2024, 2, 29), date(2024, 2, 29)) == Fraction(1, 29)


def test_flow_is_compared_as_an_amount_per_month():
    assert per_month(Decimal("38.43"), date(2025, 8, 18), date(2025, 10, 17)) == Fraction("19.215")


def test_level_is_worth_its_distance_from_the_baseline_each_day():
    # (10 − 14) × −1 × 9,400 × 12/365.25 × 0.85 = 1,050.020... a day, for 2 × 30 days
    (only,) = worked_out([level(1, START, "10")], [worth()])
    assert (only.start_on, only.end_on) == (START, START + timedelta(days=60))
    assert only.per_day == to_decimal(Fraction(4 * 9400 * 12 * 85, 36525))
    assert round(only.amount, 6) == Decimal("63001.232033")


def test_level_holds_until_the_next_reading_and_two_cadences_at_most():
    pieces = worked_out([level(1, START, "10"), level(2, START + timedelta(days=31), "9")], [worth()])
    assert [(piece.start_on, piece.end_on) for piece in pieces] == [
        (START, START + timedelta(days=31)),
        (START + timedelta(days=31), START + timedelta(days=91)),
    ]


def test_of_two_readings_of_a_day_the_last_recorded_counts():
    pieces = worked_out([level(2, START, "9"), level(1, START, "10")], [worth()])
    assert [piece.reading_id for piece in pieces] == [2]


def test_changed_terms_split_a_level():
    changed = worth(effective_on=START + timedelta(days=10), unit_value=Decimal("1.70"))
    first, second = worked_out([level(1, START, "10")], [worth(), changed])
    assert (first.end_on, second.start_on) == (START + timedelta(days=10),) * 2
    assert round(second.per_day / first.per_day, 20) == 2


def test_shorter_cadence_ends_a_level_sooner():
    changed = worth(effective_on=START + timedelta(days=10), cadence_days=10)
    assert worked_out([level(1, START, "10")], [worth(), changed])[-1].end_on == START + timedelta(days=20)


def test_days_after_the_end_do_not_count_and_count_again_after_reopening():
    ended = [(START + timedelta(days=5), START + timedelta(days=8))]
    pieces = worked_out([level(1, START, "10")], [worth()], ended=ended)
    assert [(piece.end_on - piece.start_on).days for piece in pieces] == [5, 52]


def test_flow_counts_what_exceeds_the_baseline_of_its_months():
    # May: (120 − 100 × 1) × 5 × 0.5 = 50
    may = Reading(1, date(2025, 5, 1), date(2025, 5, 31), Decimal(120))
    terms = [
        worth(sign=1, baseline=Decimal(100), unit_value=Decimal(5), attribution=Decimal("0.5"), volume_per_month=None)
    ]
    (only,) = worked_out([may], terms, is_flow=True)
    assert (only.amount, only.counts_from, only.end_on) == (Decimal(50), date(2025, 5, 31), date(2025, 6, 1))


def test_flow_counts_the_days_before_the_end_only():
    may = Reading(1, date(2025, 5, 1), date(2025, 5, 31), Decimal(131))
    terms = [worth(sign=1, baseline=Decimal(100), unit_value=Decimal(1))]
    (only,) = worked_out([may], terms, is_flow=True, ended=[(date(2025, 5, 11), None)])
    assert only.amount == Decimal(10)


def test_worse_than_the_baseline_is_a_disbenefit():
    (only,) = worked_out([level(1, START, "15")], [worth()])
    assert only.amount < 0


def test_without_a_rate_a_reading_is_pending_not_zero():
    (only,) = worked_out([level(1, START, "10")], [worth(currency="EUR")], rates={})
    assert (only.per_day, only.amount, only.currency) == (None, None, "EUR")


def test_without_a_unit_value_there_is_no_benefit():
    assert worked_out([level(1, START, "10")], [worth(unit_value=None)]) == []


@pytest.mark.parametrize(
    ("ended", "left"),
    [
        ([], [(0, 10)]),
        ([(0, None)], []),
        ([(3, 5)], [(0, 3), (5, 10)]),
        ([(-5, -1), (8, None)], [(0, 8)]),
        ([(2, 2), (4, 20)], [(0, 2), (2, 4)]),
    ],
)
def test_outside_leaves_the_days_that_are_not_covered(ended, left):
    def day(offset):
        return None if offset is None else START + timedelta(days=offset)

    pieces = outside(START, day(10), [(day(first), day(last)) for first, last in ended])
    assert list(pieces) == [(day(first), day(last)) for first, last in left]


def naive_to(day_of_figure, readings, terms, *, is_flow, ended):
    """METRICS.md §4, word by word: a sum over days (level), over readings (flow)."""

    def has_ended(day):
        return any(first <= day and (last is None or day < last) for first, last in ended)

    total = Fraction(0)
    if is_flow:
        for reading in readings:
            if reading.period_end <= day_of_figure:
                held = worth_on(terms, reading.period_end)
                months = months_between(reading.period_start, reading.period_end)
                gain = Fraction(reading.value) - Fraction(held.baseline) * months
                days = (reading.period_end - reading.period_start).days + 1
                counted = sum(not has_ended(reading.period_start + timedelta(days=n)) for n in range(days))
                total += gain * held.sign * Fraction(held.unit_value) * Fraction(held.attribution) * counted / days
        return total
    if not readings:
        return total
    day = min(reading.period_end for reading in readings)
    while day <= day_of_figure:
        known = [reading for reading in readings if reading.period_end <= day]
        held = worth_on(terms, day)
        latest = max(known, key=lambda reading: (reading.period_end, reading.id))
        if day < latest.period_end + timedelta(days=2 * held.cadence_days) and not has_ended(day):
            change = (Fraction(latest.value) - Fraction(held.baseline)) * held.sign
            volume = Fraction(held.volume_per_month) * 12 / Fraction("365.25")
            total += change * volume * Fraction(held.unit_value) * Fraction(held.attribution)
        day += timedelta(days=1)
    return total


def counted_to(day_of_figure, pieces, is_flow):
    total = Fraction(0)
    for piece in pieces:
        if is_flow:
            total += Fraction(piece.amount) if piece.counts_from <= day_of_figure else 0
        else:
            days = (min(piece.end_on, day_of_figure + timedelta(days=1)) - piece.start_on).days
            total += Fraction(piece.per_day) * max(days, 0)
    return total


offsets = st.integers(0, 400)
cadences = st.integers(1, 90)
numbers = st.decimals(-1000, 1000, places=3, allow_nan=False)


@st.composite
def cases(draw):
    is_flow = draw(st.booleans())
    days = sorted(draw(st.sets(offsets, min_size=2, max_size=8)))
    if is_flow:
        periods = [(first, last - 1) for first, last in pairwise(days)]
    else:
        periods = [(day, day) for day in draw(st.lists(offsets, min_size=1, max_size=8))]
    readings = [
        Reading(number, START + timedelta(days=first), START + timedelta(days=last), draw(numbers))
        for number, (first, last) in enumerate(periods)
    ]
    since = [None, *(START + timedelta(days=day) for day in sorted(draw(st.sets(offsets, max_size=3))))]
    terms = [
        worth(
            effective_on=day,
            sign=draw(st.sampled_from([1, -1, 0])),
            baseline=draw(numbers),
            attribution=Decimal("0.25"),
            cadence_days=draw(st.integers(1, 90)),
        )
        for day in since
    ]
    edges = sorted(draw(st.sets(offsets, max_size=4)))
    days_of_end = [START + timedelta(days=day) for day in edges]
    ended = list(zip(days_of_end[::2], [*days_of_end[1::2], None], strict=False))
    return is_flow, readings, terms, ended, START + timedelta(days=draw(st.integers(0, 600)))


@settings(max_examples=150)
@given(cases())
def test_segments_add_up_to_the_sum_over_single_days(case):
    is_flow, readings, terms, ended, day = case
    pieces = worked_out(readings, terms, is_flow=is_flow, ended=ended)
    expected = naive_to(day, readings, terms, is_flow=is_flow, ended=ended)
    assert abs(counted_to(day, pieces, is_flow) - expected) < Fraction(1, 10**40)
