"""The page of an outcome's benefit: what it adds up, each piece with the terms and the rate it was worked out with."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from django.utils import translation

from money import ledger
from outcomes import agreements, measurements
from outcomes.models import Outcome
from tests.factories import InitiativeFactory, UserFactory
from tests.outcomes.factories import enter, make_flow, make_outcome, read

pytestmark = pytest.mark.django_db
EARLY, LATE = (date(2025, 3, 1), date(2025, 3, 31)), (date(2025, 4, 1), date(2025, 4, 30))


@pytest.fixture
def shown(client):
    client.force_login(UserFactory(admin=True))

    def get(outcome: Outcome, query: str = "", name: str = "realised_benefit"):
        answer = client.get(f"/outcomes/{outcome.pk}/figures/{name}/{query}", headers={"accept-language": "en"})
        assert answer.status_code == 200
        return answer.context["explained"]

    return get


def flow(**fields) -> Outcome:
    initiative = InitiativeFactory()
    enter(initiative, "production", date(2025, 1, 1))
    return make_flow(initiative, **fields)


def month(outcome: Outcome, period: tuple[date, date], value: int) -> None:
    read(outcome, period[1], value, period_start=period[0])


def from_april(outcome: Outcome, unit_value: Decimal | None) -> None:
    admin = UserFactory(admin=True)
    agreements.revise(
        outcome, version=outcome.version, actor=admin, effective_on=date(2025, 4, 1), unit_value=unit_value
    )


def test_each_piece_has_the_terms_of_its_time_and_the_formula_names_what_differs(shown):
    outcome = flow(attribution=Decimal("0.125"))
    month(outcome, EARLY, 10)  # 10 hours × 60 × 12.5 % = 75
    agreements.revise(
        outcome,
        version=outcome.version,
        actor=UserFactory(admin=True),
        effective_on=date(2025, 4, 1),
        unit_value=Decimal(80),
    )
    month(outcome, LATE, 10)  # 10 hours × 80 × 12.5 % = 100
    explained = shown(outcome)
    assert explained.formula.replace("\u00a0", " ") == (
        "Σ (reading − 0 hours a month × months) × unit value × 12.5\u202f% over 2 readings = $175.00"
    )
    assert [(piece.working, piece.amount) for piece in explained.pieces] == [
        ("(10 − 0 × 1) × $80.00 × 12.5\u202f%", Decimal(100)),
        ("(10 − 0 × 1) × $60.00 × 12.5\u202f%", Decimal(75)),
    ]


def test_a_unit_value_in_another_currency_has_its_rate_beside_it(shown):
    ledger.add_all(UserFactory(finance=True), [ledger.NewRate(EARLY[1], "EUR", Decimal("1.1"))])
    outcome = flow(unit_value_currency="EUR")
    month(outcome, EARLY, 10)  # 10 × 60 EUR × 1.1 = 660
    explained = shown(outcome)
    assert explained.formula.replace("\u00a0", " ") == (
        "Σ (reading − 0 hours a month × months) × €60.00 × 100\u202f% × 1.1 over 1 reading = $660.00"
    )
    assert [piece.working for piece in explained.pieces] == ["(10 − 0 × 1) × €60.00 × 100\u202f% × 1.1"]


def test_what_was_worth_money_once_is_still_counted_and_shown(shown):
    outcome = flow()
    month(outcome, EARLY, 10)
    agreements.revise(
        outcome, version=outcome.version, actor=UserFactory(admin=True), effective_on=date(2025, 4, 1), unit_value=None
    )
    explained = shown(outcome)
    assert explained.value == "$600.00"
    assert [piece.working for piece in explained.pieces] == ["(10 − 0 × 1) × $60.00 × 100\u202f%"]


def test_of_a_benefit_of_which_nothing_is_validated_nothing_is(client, shown):
    outcome = flow()
    month(outcome, EARLY, 10)
    explained = shown(outcome, name="validated_benefit")
    assert explained.value == "$0.00"
    assert formula(explained) == "Σ (reading − 0 hours a month × months) × $60.00 × 100 % over 0 readings = $0.00"
    page = client.get(f"/outcomes/{outcome.pk}/figures/validated_benefit/", headers={"accept-language": "en"})
    assert "No reading has been validated." in page.content.decode()
    unread = shown(flow(), name="validated_benefit")
    assert (unread.value, unread.why_not) == ("", "No reading that counts has been taken.")


def test_a_benefit_that_waits_for_a_rate_is_not_called_absent(client, shown):
    outcome = flow(unit_value_currency="EUR")
    month(outcome, EARLY, 10)
    measurements.validate(UserFactory(finance=True), outcome.measurements.all())
    waits = "The benefit that has been measured waits for an exchange rate."
    for name in ("realised_benefit", "validated_benefit"):
        explained = shown(outcome, name=name)
        assert (explained.value, explained.why_not) == ("", waits)
    page = client.get(f"/outcomes/{outcome.pk}/", headers={"accept-language": "en"}).content.decode()
    assert waits in page
    assert "No reading that counts has been taken." not in page
    ledger.add_all(UserFactory(finance=True), [ledger.NewRate(LATE[1], "EUR", Decimal("1.1"))])
    month(outcome, LATE, 10)  # counts, and is not validated
    explained = shown(outcome, name="validated_benefit")
    waits = "The benefit that has been validated waits for an exchange rate."
    assert (explained.value, explained.why_not) == ("$0.00", waits)


def test_of_the_readings_that_wait_a_validated_benefit_leaves_out_the_validated(shown):
    outcome = flow(unit_value_currency="EUR")
    month(outcome, EARLY, 10)
    month(outcome, LATE, 10)
    measurements.validate(UserFactory(finance=True), outcome.measurements.order_by("period_end")[:1])
    assert shown(outcome).pending == 2
    assert shown(outcome, name="validated_benefit").pending == 1


def test_it_is_that_of_the_day_that_was_asked_for(client, shown):
    outcome = flow()
    month(outcome, EARLY, 10)
    month(outcome, LATE, 10)
    assert (shown(outcome).value, shown(outcome, "?as_of=2025-04-15").value) == ("$1,200.00", "$600.00")
    for none in ("2025-02-30", "9999-12-31", "2025-W25-3", "20250415"):
        assert client.get(f"/outcomes/{outcome.pk}/figures/realised_benefit/?as_of={none}").status_code == 404


def worked_out(working: str) -> Fraction:
    """Return what a product that is written out comes to: signs, brackets and per cent read as a reader does."""
    plain = re.sub(r"[$€,\s]", "", working).translate(str.maketrans("−×÷", "-*/")).replace("%", "/100")
    assert re.fullmatch(r"[-+*/().\d]+", plain), working
    return eval(re.sub(r"\d+(\.\d+)?", r"Fraction('\g<0>')", plain), {"Fraction": Fraction})


def pieces(explained) -> list[tuple[str, Decimal]]:
    """Return each piece's product and its amount to the cent, after both have been found to be the same."""
    for piece in explained.pieces:
        assert abs(worked_out(piece.working) - Fraction(piece.amount)) < Fraction(1, 10**20), piece.working
    written = [(" ".join(piece.working.split()), round(piece.amount, 2)) for piece in explained.pieces]
    assert sum(amount for _written, amount in written) == Decimal(re.sub(r"[$,]", "", explained.value))
    return written


def formula(explained) -> str:
    return " ".join(explained.formula.split())


def level(**fields) -> Outcome:
    """Minutes per claim, less of them better: 14 before; a minute less of 9,400 claims a month is worth $0.85 each."""
    initiative = InitiativeFactory()
    enter(initiative, "production", date(2025, 1, 1))
    return make_outcome(initiative, worth=True, cadence_days=30, **fields)


def test_a_level_counts_the_days_until_the_day_that_was_asked_for(shown):
    outcome = level()
    read(outcome, date(2025, 3, 1), 10)
    # 1 to 10 March: 10 days × 4 minutes × 9,400 × 12 ÷ 365.25 × 0.85 = 3,835,200 ÷ 365.25
    explained = shown(outcome, "?as_of=2025-03-10")
    assert pieces(explained) == [("10 × (14 − 10) × 9,400 × 12 ÷ 365.25 × $0.85 × 100 %", Decimal("10500.21"))]
    assert [(piece.start, piece.last) for piece in explained.pieces] == [(date(2025, 3, 1), date(2025, 3, 10))]
    assert formula(explained).startswith(
        "Σ days × (14 minutes − reading) × 9,400 a month × 12 ÷ 365.25 × $0.85 × 100 % over 1 reading"
    )
    assert formula(explained).endswith("over 1 reading ≈ $10,500.21")
    # without a day: two cadences, 60 days
    assert [amount for _working, amount in pieces(shown(outcome))] == [Decimal("63001.23")]


def test_a_level_counts_no_day_after_the_end_of_the_initiative(shown):
    outcome = level(direction="increase", baseline=Decimal(2), target=Decimal(20))
    read(outcome, date(2025, 3, 1), 10)
    enter(outcome.initiative, "stopped", date(2025, 3, 6))
    # 1 to 5 March: 5 days × 8 × 9,400 × 12 ÷ 365.25 × 0.85 = 3,835,200 ÷ 365.25
    assert pieces(shown(outcome)) == [("5 × (10 − 2) × 9,400 × 12 ÷ 365.25 × $0.85 × 100 %", Decimal("10500.21"))]


def test_a_level_has_a_piece_for_each_of_its_terms_and_the_formula_names_the_volume(shown):
    outcome = level()
    read(outcome, date(2025, 3, 22), 10)
    admin = UserFactory(admin=True)
    agreements.revise(
        outcome, version=outcome.version, actor=admin, effective_on=date(2025, 4, 1), volume_per_month=Decimal(4700)
    )
    explained = shown(outcome, "?as_of=2025-04-10")
    assert pieces(explained) == [
        ("10 × (14 − 10) × 4,700 × 12 ÷ 365.25 × $0.85 × 100 %", Decimal("5250.10")),
        ("10 × (14 − 10) × 9,400 × 12 ÷ 365.25 × $0.85 × 100 %", Decimal("10500.21")),
    ]
    assert formula(explained).startswith("Σ days × (14 minutes − reading) × volume a month × 12 ÷ 365.25 × $0.85")


def test_an_amount_counts_for_the_days_of_its_period_before_the_end_of_the_initiative(shown):
    outcome = flow()
    month(outcome, EARLY, 10)
    enter(outcome.initiative, "stopped", date(2025, 3, 16))
    explained = shown(outcome)  # 600 × 15 of March's 31 days = 290.32
    assert pieces(explained) == [("(10 − 0 × 1) × 15 ÷ 31 × $60.00 × 100 %", Decimal("290.32"))]
    assert formula(explained).startswith(
        "Σ (reading − 0 hours a month × months) × days ÷ days of the period × $60.00 × 100 % over 1 reading"
    )


def test_an_amount_over_parts_of_months_has_its_baseline_for_them(shown):
    outcome = flow(baseline=Decimal(2))
    month(outcome, (date(2025, 1, 16), date(2025, 3, 14)), 10)  # 16 ÷ 31 + 1 + 14 ÷ 31 = 61 ÷ 31 months
    # (10 − 122 ÷ 31) × 60 = 188 × 60 ÷ 31 = 363.87
    assert pieces(shown(outcome)) == [("(10 − 2 × 61 ÷ 31) × $60.00 × 100 %", Decimal("363.87"))]


def test_an_amount_that_is_to_fall_is_taken_from_its_baseline(shown):
    outcome = flow(direction="decrease", baseline=Decimal(30), target=Decimal(0))
    month(outcome, EARLY, 10)
    explained = shown(outcome)  # (30 − 10) × 60 = 1,200
    assert pieces(explained) == [("(30 × 1 − 10) × $60.00 × 100 %", Decimal(1200))]
    assert formula(explained) == "Σ (30 hours a month × months − reading) × $60.00 × 100 % over 1 reading = $1,200.00"


def test_a_rate_that_differs_is_named_in_the_formula_and_stands_at_each_piece(shown):
    rates = [ledger.NewRate(EARLY[1], "EUR", Decimal("1.1")), ledger.NewRate(LATE[1], "EUR", Decimal("1.25"))]
    ledger.add_all(UserFactory(finance=True), rates)
    outcome = flow(unit_value_currency="EUR")
    month(outcome, EARLY, 10)
    month(outcome, LATE, 10)
    explained = shown(outcome)  # 600 EUR × 1.1 = 660, × 1.25 = 750
    assert pieces(explained) == [
        ("(10 − 0 × 1) × €60.00 × 100 % × 1.25", Decimal(750)),
        ("(10 − 0 × 1) × €60.00 × 100 % × 1.1", Decimal(660)),
    ]
    assert formula(explained) == (
        "Σ (reading − 0 hours a month × months) × €60.00 × 100 % × exchange rate over 2 readings = $1,410.00"
    )


def test_what_is_below_zero_stands_in_brackets_behind_a_sign(shown):
    rising = flow(baseline=Decimal(-5))
    month(rising, EARLY, 10)  # (10 + 5) × 60
    falling = flow(direction="decrease", baseline=Decimal(-5), target=Decimal(-20))
    month(falling, EARLY, -10)  # (−5 + 10) × 60
    assert pieces(shown(rising)) == [("(10 − (−5) × 1) × $60.00 × 100 %", Decimal(900))]
    assert pieces(shown(falling)) == [("(−5 × 1 − (−10)) × $60.00 × 100 %", Decimal(300))]
    assert formula(shown(rising)).startswith("Σ (reading − (−5 hours a month) × months) × $60.00")
    assert formula(shown(falling)).startswith("Σ (−5 hours a month × months − reading) × $60.00")


def test_where_the_direction_changed_each_piece_says_its_own_change(shown):
    outcome = flow()
    month(outcome, EARLY, 10)  # (10 − 0) × 60 = 600
    agreements.revise(
        outcome, version=1, actor=None, effective_on=LATE[0], direction="decrease", target=Decimal(-5)
    )  # fmt: skip
    month(outcome, LATE, 4)  # (0 − 4) × 60 = −240
    explained = shown(outcome)
    assert pieces(explained) == [
        ("(0 × 1 − 4) × $60.00 × 100 %", Decimal(-240)),
        ("(10 − 0 × 1) × $60.00 × 100 %", Decimal(600)),
    ]
    assert formula(explained) == "Σ change × $60.00 × 100 % over 2 readings = $360.00"


@pytest.mark.parametrize(("language", "unit"), [("en", ", in hours a month"), ("ja", "（単位：時間/月）")])
def test_a_baseline_below_zero_stands_in_brackets_in_the_attainment(client, language, unit):
    outcome = flow(baseline=Decimal(-5), target=Decimal(15), unit="hours" if language == "en" else "時間")
    month(outcome, EARLY, 5)  # (5 + 5) ÷ (15 + 5) = 50 %
    client.force_login(UserFactory(admin=True))
    page = client.get(f"/outcomes/{outcome.pk}/figures/attainment/", headers={"accept-language": language})
    with translation.override(language):
        found = formula(page.context["explained"])
    assert found.startswith("(5 − (−5)) ÷ (15 − (−5)) = 50")
    assert found.endswith(unit)


@pytest.mark.parametrize(("values", "counted"), [([50], "1 within"), ([50, 51], "2 within"), ([10], "0 within")])
def test_readings_within_bounds_are_counted_as_so_many(client, values, counted):
    outcome = make_outcome(
        direction="maintain", baseline=None, baseline_on=None, target=None, target_low=Decimal(40),
        target_high=Decimal(60), unit="%",
    )  # fmt: skip
    for at, value in enumerate(values, start=1):
        read(outcome, date(2025, 3, at), value)
    client.force_login(UserFactory(admin=True))
    page = client.get(f"/outcomes/{outcome.pk}/figures/attainment/", headers={"accept-language": "en"})
    noun = "reading" if len(values) == 1 else "readings"
    assert formula(page.context["explained"]).startswith(f"{counted} 40 – 60 % ÷ {len(values)} {noun} = ")


def test_a_measurement_a_day_says_that_it_is_late_by_days(client):
    outcome = make_outcome(cadence_days=1)
    read(outcome, date(2025, 3, 1), 10)
    client.force_login(UserFactory(admin=True))
    page = client.get(f"/outcomes/{outcome.pk}/figures/status/?as_of=2025-03-03", headers={"accept-language": "en"})
    assert formula(page.context["explained"]) == "latest reading 1 March 2025, 2 days ago: more than 1.5 × 1 day"


def test_an_attainment_that_is_rounded_says_so(client):
    outcome = make_outcome()  # from 14 to 7
    read(outcome, date(2025, 3, 1), 12)  # 2 ÷ 7
    client.force_login(UserFactory(admin=True))
    page = client.get(f"/outcomes/{outcome.pk}/figures/attainment/", headers={"accept-language": "ja"})
    assert formula(page.context["explained"]) == "(12 − 14) ÷ (7 − 14) ≈ 29%（単位：minutes）"


def test_how_far_it_is_behind_adds_up_at_one_decimal(shown):
    outcome = make_outcome()  # from 14 to 7, within 364 days
    read(outcome, date(2025, 7, 1), 12)  # 2 ÷ 7
    explained = shown(outcome, "?as_of=2025-07-02", "status")
    assert formula(explained) == "28.6 % attained, 50.0 % expected by now: 21.4 percentage points behind"


def test_the_sum_of_a_page_of_readings_is_called_that_of_all(client, monkeypatch):
    monkeypatch.setattr("outcomes.views.PER_PAGE", 1)
    outcome = flow()
    month(outcome, EARLY, 10)
    month(outcome, LATE, 10)
    client.force_login(UserFactory(admin=True))
    page = client.get(f"/outcomes/{outcome.pk}/figures/realised_benefit/", headers={"accept-language": "en"})
    shown = " ".join(page.content.decode().split())
    assert "Rows 1–1 of 2; the sum is that of all." in shown
    assert "All 2 readings </th>" in shown
    assert "In all" not in shown
