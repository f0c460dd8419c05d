"""Agreeing, changing, recording, correcting, validating: rules at their field, benefits kept right."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.errors import RuleError
from accounts.models import AuditEntry
from money import hooks as money_hooks
from money.models import ExchangeRate
from outcomes import agreements, measurements
from outcomes.measurements import NewReading
from outcomes.models import BenefitSegment, Measurement, Outcome
from outcomes.targets import target_facts
from outcomes.totals import benefit_by_initiative, benefit_by_month, benefit_by_outcome
from portfolio.facts.pending import pending_of_set
from tests.factories import InitiativeFactory, UserFactory
from tests.outcomes.factories import enter, make_flow, make_outcome, read

pytestmark = pytest.mark.django_db
MAY = {"period_start": date(2025, 5, 1)}
MAY_END = date(2025, 5, 31)


def benefit(outcome, as_of=date(2025, 12, 31), validated=False):
    return benefit_by_initiative([outcome.initiative_id], as_of, validated).get(outcome.initiative_id, Decimal(0))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"target": Decimal(14)}, "target"),
        ({"target": Decimal(15)}, "target"),
        ({"direction": "increase"}, "target"),
        ({"target_on": None}, "target_on"),
        ({"target_on": date(2025, 1, 1)}, "target_on"),
        ({"metric": " "}, "metric"),
        ({"unit": ""}, "unit"),
        ({"cadence_days": 0}, "cadence_days"),
        ({"attribution": Decimal("1.01")}, "attribution"),
        ({"worth": True, "volume_per_month": None}, "volume_per_month"),
        ({"worth": True, "baseline": None}, "baseline"),
        ({"worth": True, "unit_value_currency": "usd"}, "unit_value_currency"),
        ({"unit_value_currency": "ZZZ"}, "unit_value_currency"),
        ({"worth": True, "unit_value": Decimal(-1)}, "unit_value"),
        ({"direction": "maintain"}, "target"),
        ({"target_low": Decimal(1)}, "target_low"),
        ({"agreed_on": date(2999, 1, 1)}, "agreed_on"),
    ],
)
def test_outcome_that_breaks_a_rule_is_refused_at_its_field(fields, field):
    with pytest.raises(RuleError) as refused:
        make_outcome(**fields)
    assert (refused.value.field, refused.value.status) == (field, 422)


def test_bounds_must_be_in_order():
    with pytest.raises(RuleError) as refused:
        make_outcome(direction="maintain", target=None, target_low=Decimal(3), target_high=Decimal(2))
    assert refused.value.field == "target_high"


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        (None, MAY_END, "period_start"),
        (date(2025, 6, 1), MAY_END, "period_end"),
        (date(2025, 5, 31), date(2025, 6, 2), "period_start"),
        (date(2025, 4, 1), date(2025, 6, 30), "period_start"),
        (date(2025, 4, 1), date(2025, 5, 1), "period_start"),
    ],
)
def test_flow_reading_that_breaks_a_rule_is_refused_at_its_field(start, end, field):
    outcome = make_flow()
    read(outcome, MAY_END, 10, **MAY)
    with pytest.raises(RuleError) as refused:
        read(outcome, end, 10, period_start=start)
    assert refused.value.field == field
    assert Measurement.objects.count() == 1


def test_reading_of_tomorrow_is_refused():
    with pytest.raises(RuleError) as refused:
        read(make_outcome(), timezone.localdate() + timedelta(days=1), 10)
    assert refused.value.field == "period_end"


def test_evidence_is_a_web_address():
    with pytest.raises(RuleError) as refused:
        read(make_outcome(), MAY_END, 10, evidence_url="javascript:alert(1)")
    assert refused.value.field == "evidence_url"


def test_benefit_of_a_level_grows_by_the_day_and_stops_after_two_cadences():
    outcome = make_outcome(worth=True)
    read(outcome, date(2025, 3, 1), 10)
    daily = Decimal(4 * 9400 * 12) * Decimal("0.85") / Decimal("365.25")
    assert benefit(outcome, date(2025, 2, 28)) == 0
    assert benefit(outcome, date(2025, 3, 1)) == pytest.approx(daily)
    assert benefit(outcome, date(2025, 4, 10)) == pytest.approx(41 * daily)
    assert benefit(outcome) == pytest.approx(60 * daily)
    by_month = benefit_by_month(None, date(2025, 4, 10))
    assert by_month == {date(2025, 3, 1): pytest.approx(31 * daily), date(2025, 4, 1): pytest.approx(10 * daily)}


def test_flow_counts_once_its_period_is_over_and_lies_over_its_days():
    outcome = make_flow()
    read(outcome, date(2025, 6, 30), 61, period_start=date(2025, 5, 1))
    assert benefit(outcome, date(2025, 6, 29)) == 0
    assert benefit_by_month(None, date(2025, 6, 29)) == {}
    assert benefit(outcome, date(2025, 6, 30)) == 61 * 60
    assert benefit_by_month(None, date(2025, 6, 30)) == {
        date(2025, 5, 1): pytest.approx(Decimal(31 * 60)),
        date(2025, 6, 1): pytest.approx(Decimal(30 * 60)),
    }


def test_stopping_takes_the_days_after_it_out_and_reopening_brings_them_back():
    outcome = make_flow()
    read(outcome, MAY_END, 31, **MAY)
    enter(outcome.initiative, "stopped", date(2025, 5, 11))
    assert benefit(outcome) == 10 * 60
    enter(outcome.initiative, "prototype", date(2025, 5, 21))
    assert benefit(outcome) == 21 * 60


def test_validated_benefit_comes_from_validated_readings_alone():
    outcome = make_outcome(worth=True)
    read(outcome, date(2025, 3, 1), 10)
    second = read(outcome, date(2025, 3, 11), 12)
    measurements.validate(UserFactory(finance=True), [second])
    daily = Decimal(9400 * 12) * Decimal("0.85") / Decimal("365.25")
    assert benefit(outcome) == pytest.approx((10 * 4 + 60 * 2) * daily)
    assert benefit(outcome, validated=True) == pytest.approx(60 * 2 * daily)
    told = benefit_by_outcome([outcome.pk], date(2025, 12, 31))[outcome.pk]
    assert (told.since, told.pending) == (date(2025, 3, 1), 0)
    assert told.validated == pytest.approx(60 * 2 * daily)


def test_reading_without_a_rate_is_pending_until_one_is_added():
    outcome = make_flow(unit_value_currency="EUR")
    read(outcome, MAY_END, 10, **MAY)
    assert (benefit(outcome), pending_of_set(None, MAY_END).whole.readings) == (0, 1)
    assert pending_of_set(None, MAY_END - timedelta(days=1)).whole.readings == 0
    add_rate("EUR", date(2025, 5, 22), "1.10")
    assert (benefit(outcome), pending_of_set(None, MAY_END).whole.readings) == (10 * 60 * Decimal("1.10"), 0)


def test_rate_that_comes_later_revalues_nothing():
    outcome = make_flow(unit_value_currency="EUR")
    add_rate("EUR", date(2025, 5, 22), "1.10")
    read(outcome, MAY_END, 10, **MAY)
    add_rate("EUR", MAY_END, "2")
    enter(outcome.initiative, "prototype", date(2025, 1, 1))  # rebuilds
    assert benefit(outcome) == 660


@pytest.mark.parametrize(
    ("fields", "worth"),
    [
        ({"note": "Counted twice"}, 660),  # 10 hours at 60 EUR, at 1.10 as before
        ({"value": Decimal(11)}, 726),
        ({"period_end": date(2025, 5, 30)}, 660),  # another day: its own rate, of 22 May too
        ({"period_end": date(2025, 6, 1)}, 1200),  # at 2, which came on 31 May
    ],
    ids=["note", "value", "earlier", "later"],
)
def test_corrected_reading_of_the_same_day_keeps_its_rate(fields, worth):
    outcome = make_flow(unit_value_currency="EUR")
    add_rate("EUR", date(2025, 5, 22), "1.10")
    reading = read(outcome, MAY_END, 10, **MAY)
    add_rate("EUR", MAY_END, "2")
    measurements.correct(outcome.initiative.owner, reading, **fields)
    assert benefit(outcome) == worth


def test_corrected_reading_that_waits_takes_the_rate_that_comes():
    outcome = make_flow(unit_value_currency="EUR")
    reading = read(outcome, MAY_END, 10, **MAY)
    new = measurements.correct(None, reading, note="Still waiting")
    add_rate("EUR", MAY_END, "2")
    assert benefit(outcome) == 1200  # 10 × 60 × 2
    add_rate("EUR", date(2025, 5, 30), "9")
    measurements.correct(None, new, value=Decimal(11))
    assert benefit(outcome) == 1320


def add_rate(currency, on, rate):
    ExchangeRate.objects.create(currency=currency, on=on, rate=Decimal(rate))
    for callback in money_hooks.after_rates_added:
        callback([(currency, on)])


def test_change_holds_from_its_day_on():
    outcome = make_flow()
    read(outcome, MAY_END, 10, **MAY)
    read(outcome, date(2025, 6, 30), 10, period_start=date(2025, 6, 1))
    changed = agreements.revise(outcome, version=1, actor=None, effective_on=date(2025, 6, 1), unit_value=Decimal(100))
    assert changed.version == 2
    assert benefit(outcome) == 10 * 60 + 10 * 100


def test_change_on_the_agreed_day_corrects_from_the_start_but_not_what_was_changed_since():
    outcome = make_flow()
    read(outcome, MAY_END, 10, **MAY)
    read(outcome, date(2025, 6, 30), 10, period_start=date(2025, 6, 1))
    agreements.revise(outcome, version=1, actor=None, effective_on=date(2025, 6, 1), unit_value=Decimal(100))
    agreements.revise(
        outcome, version=2, actor=None, effective_on=date(2025, 1, 1), unit_value=Decimal(1), attribution=Decimal("0.5")
    )
    assert benefit(outcome) == 10 * Decimal("0.5") + 10 * 100 * Decimal("0.5")


def test_stale_change_is_refused():
    outcome = make_outcome()
    agreements.revise(outcome, version=1, actor=None, target=Decimal(8))
    with pytest.raises(agreements.StaleOutcomeError) as stale:
        agreements.revise(outcome, version=1, actor=None, target=Decimal(9))
    assert stale.value.current.version == 2


def test_change_that_changes_nothing_keeps_the_version():
    outcome = make_outcome()
    assert agreements.revise(outcome, version=1, actor=None, target=Decimal("7.0")).version == 1


def test_kind_cannot_change_once_there_are_readings():
    outcome = make_outcome()
    read(outcome, MAY_END, 10)
    with pytest.raises(RuleError) as refused:
        agreements.revise(outcome, version=1, actor=None, kind="flow")
    assert refused.value.field == "kind"


def test_an_outcome_of_no_kind_is_refused_and_so_is_a_change_to_none():
    with pytest.raises(RuleError) as refused:
        make_outcome(kind="")
    assert refused.value.errors == [("kind", "Say whether it is a level or an amount over a period.")]
    with pytest.raises(RuleError) as refused:
        agreements.revise(make_outcome(), version=1, actor=None, kind="")
    assert refused.value.field == "kind"


def test_a_reading_is_judged_by_the_kind_that_its_outcome_has_now():
    read_before = make_outcome()
    agreements.revise(Outcome.objects.get(pk=read_before.pk), version=1, actor=None, kind="flow")
    with pytest.raises(RuleError) as refused:
        read(read_before, MAY_END, 10)
    assert refused.value.field == "period_start"
    assert read(read_before, MAY_END, 62, period_start=date(2025, 4, 1)).per_month == 31


def test_correction_takes_the_place_of_a_reading_and_awaits_validation():
    outcome = make_flow()
    wrong = read(outcome, MAY_END, 100, **MAY)
    finance = UserFactory(finance=True)
    measurements.validate(finance, [wrong])
    right = measurements.correct(outcome.initiative.owner, wrong, value=Decimal(10))
    wrong.refresh_from_db()
    assert (wrong.replaced_by, right.state) == (right, "submitted")
    assert (benefit(outcome), benefit(outcome, validated=True)) == (600, 0)
    assert measurements.validate(finance, [wrong]) == []


def test_withdrawn_reading_frees_its_period():
    outcome = make_flow()
    measurements.withdraw(None, read(outcome, MAY_END, 100, **MAY))
    assert benefit(outcome) == 0
    read(outcome, MAY_END, 10, **MAY)
    assert benefit(outcome) == 600


def test_many_readings_are_recorded_all_or_none():
    outcome = make_flow()
    june = NewReading(outcome, date(2025, 6, 30), Decimal(1), period_start=date(2025, 6, 1))
    may = NewReading(outcome, MAY_END, Decimal(1), **MAY)
    with pytest.raises(RuleError):
        measurements.record_many(None, [may, june, may])
    assert not Measurement.objects.exists()
    assert [refusal.index for refusal in measurements.screen([may, june, may])] == [2]
    measurements.record_many(None, [may, june], source_import_id=7)
    assert measurements.take_back(None, 7) == 2
    assert not BenefitSegment.objects.exists()


def test_every_write_leaves_its_trace():
    outcome = make_outcome()
    reading = read(outcome, MAY_END, 10)
    measurements.validate(UserFactory(finance=True), [reading])
    agreements.revise(outcome, version=1, actor=None, target=Decimal(8))
    trail = AuditEntry.objects.filter(initiative_id=outcome.initiative_id).order_by("id")
    assert [entry.action for entry in trail] == ["create", "create", "validate", "edit"]
    assert trail.last().changes == {"target": ["7", "8"]}


def test_target_facts_tell_since_when_there_is_a_target():
    initiative = InitiativeFactory()
    indicator = make_outcome(initiative, target=None, target_on=None, baseline=None)
    facts = target_facts([initiative.pk], date(2025, 12, 31))[initiative.pk]
    assert (facts.has_outcomes, facts.targets) == (True, ())
    agreements.revise(
        indicator, version=1, actor=None, effective_on=date(2025, 3, 1), target=Decimal(7), target_on=date(2025, 12, 1)
    )
    agreements.revise(indicator, version=2, actor=None, effective_on=date(2025, 4, 1), baseline=Decimal(14))
    facts = target_facts(None, date(2025, 12, 31))[initiative.pk]
    assert [each.agreed_on for each in facts.targets] == [date(2025, 3, 1), date(2025, 4, 1)]
    assert [each.agreed_on for each in facts.complete] == [date(2025, 4, 1)]
    assert not target_facts(None, date(2025, 3, 31))[initiative.pk].complete


def test_a_target_that_was_given_up_is_none_any_more():
    outcome = make_outcome(agreed_on=date(2025, 1, 1))
    agreements.revise(outcome, version=1, actor=None, effective_on=date(2025, 6, 1), target=None, target_on=None)
    facts = target_facts(None, date(2025, 12, 31))[outcome.initiative_id]
    assert (facts.has_target(date(2025, 5, 31)), facts.has_target(date(2025, 6, 1))) == (True, False)
    assert [each.agreed_on for each in facts.targets] == [date(2025, 1, 1)]


def test_terms_from_before_the_agreement_were_not_agreed_before_it():
    outcome = make_outcome(agreed_on=date(2025, 1, 1))
    agreements.revise(outcome, version=1, actor=None, effective_on=date(2025, 2, 1), target=Decimal(6))
    agreements.revise(outcome, version=2, actor=None, agreed_on=date(2025, 3, 1))
    facts = target_facts(None, date(2025, 12, 31))[outcome.initiative_id]
    assert [each.agreed_on for each in facts.targets] == [date(2025, 3, 1)]
    assert not facts.has_target(date(2025, 2, 28))


def test_a_value_that_was_changed_and_changed_back_later_is_left_alone():
    outcome = make_outcome(agreed_on=date(2025, 1, 1), cadence_days=30)
    agreements.revise(outcome, version=1, actor=None, effective_on=date(2025, 3, 1), cadence_days=60)
    agreements.revise(outcome, version=2, actor=None, effective_on=date(2025, 5, 1), cadence_days=30)
    agreements.revise(outcome, version=3, actor=None, effective_on=date(2025, 2, 1), cadence_days=10)
    assert list(outcome.terms.order_by("effective_on").values_list("cadence_days", flat=True)) == [10, 60, 30, 30]


def turned(outcome, on: date, **fields):
    """Change which way is better from a day on."""
    return agreements.revise(outcome, version=outcome.version, actor=None, effective_on=on, **fields)


def test_a_changed_direction_leaves_the_benefit_of_a_level_before_it_as_it_was():
    # 10 minutes from 1 March are (14 - 10) × 9,400 × 12 ÷ 365.25 × 0.85 = 1,050.0205... a day. Ten days later more is
    # better: each day then takes as much away, so that the 10 days until 20 March leave nothing.
    outcome = make_outcome(worth=True)
    read(outcome, date(2025, 3, 1), 10)
    daily = Decimal("1050.0205338809")
    assert benefit(outcome, date(2025, 3, 10)) == pytest.approx(10 * daily)
    turned(outcome, date(2025, 3, 11), direction="increase", target=Decimal(20))
    assert benefit(outcome, date(2025, 3, 10)) == pytest.approx(10 * daily)
    assert benefit(outcome, date(2025, 3, 13)) == pytest.approx(7 * daily)
    assert benefit(outcome, date(2025, 3, 20)) == pytest.approx(0)


def test_a_flow_is_worth_what_its_direction_says_at_the_end_of_its_period():
    # May: (10 - 0 × 1) × 60 = 600 more is better; June, when less is: -(10 - 0 × 1) × 60 = -600.
    outcome = make_flow()
    read(outcome, MAY_END, 10, **MAY)
    read(outcome, date(2025, 6, 30), 10, period_start=date(2025, 6, 1))
    assert benefit(outcome) == 1200
    turned(outcome, date(2025, 6, 1), direction="decrease", target=Decimal(-5))
    months = benefit_by_month([outcome.initiative_id], date(2025, 12, 31))
    assert months == {date(2025, 5, 1): pytest.approx(600), date(2025, 6, 1): pytest.approx(-600)}


def test_what_is_only_to_be_kept_from_a_day_on_brings_no_more_money_and_keeps_what_it_brought():
    outcome = make_flow()
    read(outcome, MAY_END, 10, **MAY)
    read(outcome, date(2025, 6, 30), 10, period_start=date(2025, 6, 1))
    turned(outcome, date(2025, 6, 30), direction="maintain", target=None, target_low=Decimal(5))
    assert benefit(outcome) == 600


def test_the_agreed_day_corrects_a_direction_from_the_start():
    outcome = make_flow()
    read(outcome, MAY_END, 10, **MAY)
    turned(outcome, outcome.agreed_on, direction="decrease", target=Decimal(-5))
    assert benefit(outcome) == -600
    assert outcome.terms.filter(effective_on=None).last().direction == "decrease"


def test_a_direction_against_the_target_is_refused_and_so_is_none():
    outcome = make_outcome()
    for direction in ("increase", ""):
        with pytest.raises(RuleError) as refused:
            turned(outcome, date(2025, 3, 1), direction=direction)
        assert refused.value.field == ("target" if direction else "direction")
    assert outcome.terms.count() == 1


def test_a_later_direction_is_not_touched_by_a_change_before_it():
    outcome = make_outcome(target=None, target_on=None)
    turned(outcome, date(2025, 6, 1), direction="increase")
    outcome.refresh_from_db()
    turned(outcome, date(2025, 3, 1), direction="maintain")
    held = outcome.terms.order_by("effective_on").values_list("effective_on", "direction")
    assert list(held) == [(date(2025, 3, 1), "maintain"), (date(2025, 6, 1), "increase"), (None, "decrease")]


def test_months_in_which_benefits_cancel_out_have_a_benefit():
    owner = InitiativeFactory()
    good = make_flow(owner, baseline=Decimal(0), unit_value=Decimal(1))
    bad = make_flow(owner, baseline=Decimal(0), unit_value=Decimal(1), direction="decrease", target=Decimal(-5))
    neither = make_flow(owner, baseline=Decimal(0), unit_value=Decimal(1))
    read(neither, date(2025, 3, 31), 0, period_start=date(2025, 3, 1))  # brings nothing, so is none
    for outcome in (good, bad):
        read(outcome, MAY_END, 62, **MAY)  # +62 and −62: 0, but by two
    assert benefit_by_month(None, date(2025, 7, 31)) == {date(2025, 5, 1): 0}
    assert benefit_by_month(None, date(2025, 5, 30)) == {}  # its period is not over
    read(good, date(2025, 7, 31), 92, period_start=date(2025, 6, 1))
    assert list(benefit_by_month(None, date(2025, 7, 30))) == [date(2025, 5, 1)]
    assert list(benefit_by_month(None, date(2025, 7, 31))) == [date(2025, month, 1) for month in (5, 6, 7)]
