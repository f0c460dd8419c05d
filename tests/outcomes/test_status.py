"""Attainment, expected path and status on a day (METRICS.md §4)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from outcomes import agreements, measurements
from outcomes.status import Status, states
from outcomes.terms import main_outcomes
from tests.factories import InitiativeFactory
from tests.outcomes.factories import enter, make_flow, make_outcome, read

pytestmark = pytest.mark.django_db
# A fixed "today" for as-of dates: half of 2025 (364 days from baseline to target date, 182 of them passed).
HALFWAY = date(2025, 7, 2)


def state(outcome, as_of=HALFWAY):
    return states([outcome.pk], as_of)[outcome.pk]


@pytest.mark.parametrize(
    ("value", "attainment", "status"),
    [
        ("7", "1", Status.MET),
        ("6.3", "1.1", Status.MET),
        ("11.2", "0.4", Status.ON_TRACK),  # expected 0.5: 0.1 behind is still on track
        ("11.27", "0.39", Status.AT_RISK),
        ("12.6", "0.2", Status.AT_RISK),
        ("12.67", "0.19", Status.OFF_TRACK),
        ("14.7", "-0.1", Status.OFF_TRACK),
    ],
)
def test_status_follows_from_attainment_beside_the_expected_way(value, attainment, status):
    outcome = make_outcome()
    read(outcome, HALFWAY, value)
    found = state(outcome)
    assert (found.attainment, found.expected, found.status) == (Decimal(attainment), Decimal("0.5"), status)


def test_before_its_agreement_an_outcome_has_no_status():
    outcome = make_outcome(agreed_on=date(2026, 3, 1))
    latest = read(outcome, date(2025, 6, 30), "11.2")
    before = state(outcome)
    assert (before.latest, before.attainment, before.expected, before.status) == (latest, None, None, None)
    assert before.next_due is None
    # On the day of the agreement: (11.2 - 14) ÷ (7 - 14) = 0.4, and the reading is 244 days old.
    agreed = state(outcome, date(2026, 3, 1))
    assert (agreed.attainment, agreed.status) == (Decimal("0.4"), Status.OVERDUE)


def test_the_main_outcome_is_the_first_with_a_target_of_those_agreed_else_the_first():
    initiative, other = InitiativeFactory(), InitiativeFactory()
    indicator = make_outcome(initiative, target=None, target_on=None)
    later = make_outcome(initiative, agreed_on=date(2025, 7, 3))
    first, second = make_outcome(initiative, agreed_on=HALFWAY), make_outcome(initiative)
    alone = make_outcome(other, target=None, target_on=None)

    def main(day):
        held = [(each, state(each, day).terms) for each in (second, first, later, indicator, alone)]
        return main_outcomes(held, day)

    assert main(date(2024, 12, 31)) == {}
    assert main(date(2025, 7, 1)) == {initiative.pk: second, other.pk: alone}
    assert main(HALFWAY) == {initiative.pk: first, other.pk: alone}
    assert main(date(2025, 7, 3)) == {initiative.pk: later, other.pk: alone}


def test_a_direction_counts_from_its_day():
    # Three readings of 10, 11 and 13 minutes. To decrease from 14 to 7: 11 is (11 - 14) ÷ (7 - 14) = 3/7 of the way.
    # From August on it is to stay between 9 and 12: two of three readings, 2/3, do.
    outcome = make_outcome()
    for month, value in ((3, "10"), (7, "11"), (8, "13")):
        read(outcome, date(2025, month, 1), value)
    agreements.revise(
        outcome, version=1, actor=None, effective_on=date(2025, 8, 1),
        direction="maintain", target=None, target_low=Decimal(9), target_high=Decimal(12),
    )  # fmt: skip
    before, after = state(outcome, date(2025, 7, 31)), state(outcome, date(2025, 8, 1))
    assert (round(before.attainment, 10), before.terms.direction) == (round(Decimal(3) / 7, 10), "decrease")
    assert (round(after.attainment, 10), after.expected) == (round(Decimal(2) / 3, 10), 1)


def test_expected_way_stays_between_nothing_and_all():
    outcome = make_outcome(agreed_on=date(2024, 1, 1))
    assert state(outcome, date(2024, 6, 1)).expected == 0
    assert state(outcome, date(2027, 6, 1)).expected == 1


def test_overdue_begins_after_one_and_a_half_cadences():
    outcome = make_outcome(cadence_days=30)
    read(outcome, HALFWAY, "7")
    assert state(outcome, HALFWAY + timedelta(days=45)).status == Status.MET
    assert state(outcome, HALFWAY + timedelta(days=46)).status == Status.OVERDUE


def test_ended_initiative_is_not_overdue():
    outcome = make_outcome()
    read(outcome, HALFWAY, "7")
    enter(outcome.initiative, "stopped", HALFWAY)
    found = state(outcome, HALFWAY + timedelta(days=400))
    assert (found.status, found.next_due) == (Status.MET, None)


def test_unmeasured_is_overdue_a_cadence_after_production_or_the_baseline():
    outcome = make_outcome(cadence_days=30, baseline_on=date(2025, 3, 1), target_on=date(2025, 12, 31))
    assert state(outcome).status == Status.NOT_MEASURED
    enter(outcome.initiative, "production", date(2025, 2, 1))
    assert state(outcome, date(2025, 3, 31)).status == Status.NOT_MEASURED
    assert state(outcome, date(2025, 4, 1)).status == Status.OVERDUE


def test_indicator_has_no_attainment_and_no_status_but_overdue_or_not_measured():
    outcome = make_outcome(target=None, target_on=None)
    assert state(outcome).status == Status.NOT_MEASURED
    read(outcome, HALFWAY, "7")
    assert (state(outcome).attainment, state(outcome).status) == (None, None)
    assert state(outcome, HALFWAY + timedelta(days=100)).status == Status.OVERDUE


def test_maintained_outcome_counts_the_readings_within_bounds():
    outcome = make_outcome(direction="maintain", target=None, target_low=Decimal(10), target_high=Decimal(12))
    for days, value in enumerate(["10", "12", "12.1", "9.9"]):
        read(outcome, HALFWAY - timedelta(days=days), value)
    found = state(outcome)
    assert (found.attainment, found.expected, found.status) == (Decimal("0.5"), Decimal(1), Status.OFF_TRACK)


def test_maintained_flow_is_compared_as_an_amount_per_month():
    outcome = make_flow(
        direction="maintain", target=None, target_low=Decimal(100), target_high=Decimal(100), unit_value=None
    )
    read(outcome, date(2025, 6, 30), 200, period_start=date(2025, 5, 1))  # two months
    read(outcome, date(2025, 4, 10), 100, period_start=date(2025, 4, 1))  # a third of a month
    assert state(outcome).attainment == Decimal("0.5")


def test_later_readings_and_withdrawn_ones_do_not_count():
    outcome = make_outcome()
    read(outcome, date(2025, 6, 1), "11.2")
    wrong = read(outcome, HALFWAY, "7")
    read(outcome, HALFWAY + timedelta(days=1), "7")
    measurements.withdraw(outcome.initiative.owner, wrong)
    assert state(outcome).attainment == Decimal("0.4")


def test_of_two_readings_of_a_day_the_last_recorded_is_the_latest():
    outcome = make_outcome()
    read(outcome, HALFWAY, "7")
    read(outcome, HALFWAY, "11.2")
    assert state(outcome).attainment == Decimal("0.4")


def test_changed_target_counts_from_its_day():
    outcome = make_outcome()
    read(outcome, HALFWAY, "10.5")
    agreements.revise(outcome, version=1, actor=None, effective_on=HALFWAY + timedelta(days=1), target=Decimal("10.5"))
    assert state(outcome).attainment == Decimal("0.5")
    assert state(outcome, HALFWAY + timedelta(days=1)).attainment == Decimal(1)


def test_states_cost_the_same_for_one_and_for_many(django_assert_num_queries):
    initiative = InitiativeFactory()
    for number in range(5):
        read(make_outcome(initiative, metric=f"Metric {number}"), HALFWAY, "10")
    read(make_outcome(initiative, direction="maintain", target=None, target_low=Decimal(1)), HALFWAY, "10")
    with django_assert_num_queries(5):
        assert len(states(None, HALFWAY, [initiative.pk])) == 6
