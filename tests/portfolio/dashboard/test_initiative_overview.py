"""The overview of an initiative: what its chart and its cards say of cost and benefit; amounts added up by hand."""

import html
import re
from datetime import date
from decimal import Decimal

import pytest

from costs.budgets import lines as budget_lines
from money.months import last_day
from outcomes import measurements
from tests.costs.factories import add_line, on_day
from tests.factories import InitiativeFactory, UserFactory
from tests.outcomes.factories import enter, make_flow, make_outcome, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def initiative(monkeypatch):
    """In production since 1 June 2025; it is 31 January 2026."""
    on_day(monkeypatch, "2026-01-31")
    made = InitiativeFactory(owner=UserFactory(admin=True))
    enter(made, "prototype", date(2025, 1, 1))
    enter(made, "production", date(2025, 6, 1))
    return made


@pytest.fixture
def overview(client, initiative):
    """Return the words of the page."""

    def get():
        client.force_login(initiative.owner)
        answer = client.get(f"/initiatives/{initiative.key}/", headers={"accept-language": "en"})
        assert answer.status_code == 200
        words = html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))
        return re.sub(r"\s+", " ", words).replace("\u2060", "")

    return get


def saved(initiative, month: date, hours, **fields):
    """Record hours saved in a month, worth 10 each."""
    outcome = make_flow(initiative, unit_value=Decimal(10), **fields)
    return read(outcome, last_day(month), hours, period_start=month)


@pytest.mark.parametrize("how", [{"recoverable": True, "billed_on": "2025-02-10"}, {}])
def test_all_of_the_cost_is_recovered_or_credited(initiative, overview, how):
    # −100 in January, +100 in February: the running total is back at zero then.
    add_line(initiative, "2025-01-10", "100", **how)
    if not how:
        add_line(initiative, "2025-02-10", "-100")
    saved(initiative, date(2025, 3, 1), 1)
    assert "Measured benefit caught up with cost in February 2025" in overview()


def test_the_title_names_the_month_of_the_payback(initiative, overview):
    # Running total: January 50 − 10 = 40, March −960, December 1,040: below zero from March to December.
    outcome = make_flow(initiative, unit_value=Decimal(10))
    read(outcome, date(2025, 1, 31), 5, period_start=date(2025, 1, 1))
    read(outcome, date(2025, 12, 31), 200, period_start=date(2025, 12, 1))
    add_line(initiative, "2025-01-10", "10")
    add_line(initiative, "2025-03-10", "1000")
    assert "Measured benefit caught up with cost in December 2025" in overview()


def test_harm_is_a_benefit_and_shows_what_of_it_is_validated(initiative, overview):
    # Three hours where five had been saved before, worth 10 each: −20, of which finance has seen nothing, then all.
    add_line(initiative, "2025-01-10", "100")
    harm = saved(initiative, date(2025, 7, 1), 3, baseline=Decimal(5), target=Decimal(50))
    shown = overview()
    assert "No benefit" not in shown
    assert "Measured benefit how? −$20 $0 validated by finance" in shown
    measurements.validate(initiative.owner, [harm])
    assert "Measured benefit how? −$20 −$20 validated by finance" in overview()


@pytest.mark.parametrize(
    ("later", "card", "outcome"),
    [
        # 12 instead of 14 is worth $2 a day: 20 days of it, then 21 days of the later reading. Validated alone: 41 × 2.
        (11, "$103 80 % validated by finance", "$103 of which validated $82 "),  # 40 + 21 × 3
        (14, "$40 $82 validated by finance", "$40 Validated $82 "),  # 40 + 0
    ],
)
def test_what_is_validated_is_a_share_only_of_as_much_or_more(initiative, overview, later, card, outcome):
    a_day = {"unit_value": Decimal(1), "unit_value_currency": "USD", "volume_per_month": Decimal("30.4375")}
    minutes = make_outcome(initiative, **a_day)
    first = read(minutes, date(2025, 12, 22), 12)
    read(minutes, date(2026, 1, 11), later)
    measurements.validate(initiative.owner, [first])
    shown = overview()
    assert f"Measured benefit how? {card}" in shown
    assert outcome in shown


def test_a_negative_validated_benefit_is_no_share(initiative, overview):
    # Finance has seen the three hours where five had been saved before, −20, and not the nine after them: +20.
    outcome = {"baseline": Decimal(5), "target": Decimal(50)}
    harm = saved(initiative, date(2025, 7, 1), 3, **outcome)
    read(harm.outcome, date(2025, 8, 31), 9, period_start=date(2025, 8, 1))
    measurements.validate(initiative.owner, [harm])
    assert "Measured benefit how? $20 −$20 validated by finance" in overview()


def test_readings_that_even_out_are_a_benefit_of_0(initiative, overview):
    # 7 − 5 = 2 hours more in July, 3 − 5 = −2 in August: 20 − 20 = 0.
    add_line(initiative, "2025-01-10", "100")
    harm = saved(initiative, date(2025, 7, 1), 7, baseline=Decimal(5), target=Decimal(50))
    read(harm.outcome, date(2025, 8, 31), 3, period_start=date(2025, 8, 1))
    shown = overview()
    assert "Measured benefit how? $0 $0 validated by finance" in shown
    assert "Costs run ahead of measured benefit" in shown
    assert "No benefit" not in shown


def test_a_reading_that_equals_its_baseline_is_a_benefit_of_0(initiative, overview):
    # 5 − 5 = 0 hours saved in July, and no cost.
    saved(initiative, date(2025, 7, 1), 5, baseline=Decimal(5), target=Decimal(50))
    shown = overview()
    assert "Measured benefit comes to zero so far" in shown
    assert "Measured benefit how? $0 $0 validated by finance" in shown
    assert "Neither cost nor benefit" not in shown


@pytest.mark.parametrize(
    ("july", "august", "title"),
    [
        (7, 3, "Measured benefit comes to zero so far"),  # 20 − 20
        (3, 7, "Measured benefit comes to zero so far"),  # −20 + 20: it catches up with no cost
        (3, 6, "By what was measured it has done harm so far"),  # −20 + 10
        (7, 4, "Measured benefit is ahead of cost"),  # 20 − 10
    ],
)
def test_the_title_without_any_cost_tells_of_the_benefit_alone(initiative, overview, july, august, title):
    first = saved(initiative, date(2025, 7, 1), july, baseline=Decimal(5), target=Decimal(50))
    read(first.outcome, date(2025, 8, 31), august, period_start=date(2025, 8, 1))
    assert title in overview()
    add_line(initiative, "2025-01-11", "7", currency="EUR")
    assert "What it has cost waits for an exchange rate" in overview()


def test_a_benefit_of_just_its_later_cost_is_not_called_ahead_of_it(initiative, overview):
    # 20 in July, and 20 spent in August: 20, 0; never below zero, so never back at it.
    saved(initiative, date(2025, 7, 1), 2)
    add_line(initiative, "2025-08-10", "20")
    assert "Measured benefit and cost are even so far" in overview()


def test_without_cost_and_benefit_the_cards_say_so(initiative, overview):
    shown = overview()
    assert "Neither cost nor benefit is recorded yet" in shown
    assert "Cost to date how? — No cost is recorded. No budget" in shown
    assert "Measured benefit how? — No benefit measured yet ROI to date" in shown


def test_a_budget_of_months_to_come_is_not_called_absent(initiative, overview):
    # It is 31 January 2026: of what is approved for February nothing is due, of what is approved for January all.
    def approve(month):
        new = budget_lines.NewBudget(initiative, month, None, Decimal(500), "USD", date(2025, 1, 1))
        budget_lines.add(initiative.owner, [new])

    assert "No cost is recorded. No budget has been approved." in overview()
    approve(date(2026, 2, 1))
    assert "No cost is recorded. Nothing of the budget is due yet." in overview()
    approve(date(2026, 1, 1))
    assert "No cost is recorded. $500 planned to date" in overview()


def test_what_waits_for_a_rate_is_not_called_absent(initiative, overview):
    add_line(initiative, "2025-01-10", "100", currency="EUR")
    shown = overview()
    assert "What is recorded waits for an exchange rate" in shown
    line = "1 line waits for an exchange rate"
    assert f"Cost to date how? — {line} No budget" in shown
    saved(initiative, date(2025, 7, 1), 3, unit_value_currency="EUR")
    add_line(initiative, "2025-01-11", "7")
    shown = overview()
    assert "What was measured waits for an exchange rate" in shown
    reading = "1 reading waits for an exchange rate"
    assert f"Cost to date pending {line} how? $7" in shown
    assert f"Measured benefit how? — {reading}" in shown
    both = f"pending {line} · {reading}"
    assert f"ROI to date {both} how? −100 %" in shown
    assert f"Payback {both} how?" in shown
    saved(initiative, date(2025, 8, 1), 3)  # three hours, worth 10 each
    assert f"Measured benefit pending {reading} how? $30" in overview()


def test_a_rate_of_return_stands_only_beside_a_payback(initiative, overview):
    # 1,000 in January, 100 in March: XIRR is far below zero, and the money has not come back.
    add_line(initiative, "2025-01-10", "1000")
    outcome = make_flow(initiative, unit_value=Decimal(10))
    read(outcome, date(2025, 3, 31), 10, period_start=date(2025, 3, 1))
    assert "ternal rate of return" not in overview()
    read(outcome, date(2025, 4, 30), 100, period_start=date(2025, 4, 1))
    assert "Internal rate of return" in overview()
