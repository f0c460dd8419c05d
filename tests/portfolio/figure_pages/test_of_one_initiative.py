"""The figures of an initiative and its outcomes: formulas with their numbers, months and readings."""

from __future__ import annotations

import pytest

from projects.models import Initiative
from tests.portfolio.figure_pages.words import AS_OF, Visit, formula, told

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("figures")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("realised_benefit", "$0.00 from 0 readings of a level + $1,800.00 from 2 readings of an amount = $1,800.00"),
        (
            "validated_benefit",
            "validated: $0.00 from 0 readings of a level + $1,200.00 from 1 reading of an amount = $1,200.00; "
            "measured: $1,800.00",
        ),
        ("irr", "11 monthly flows, discounted at r ≈ 122.6 %: $1,031.28 of gains − $1,031.28 of net costs = 0"),
        ("payback_months", "7.0308 + (8.0164 − 7.0308) × $1,050.00 ÷ ($1,050.00 + $150.00) ≈ 7.89 months"),
        ("discounted_payback_months", "7.0308 + (8.0164 − 7.0308) × $1,047.28 ÷ ($1,047.28 + $78.65) ≈ 7.95 months"),
        ("budget_total", "sum of its budget lines (months with a budget: 3) = $1,860.00"),
        ("budget_due", "$0.00 of full months + $620.00 × 31 ÷ 31 days of this month = $620.00"),
        ("budget_variance", "$1,050.00 gross cost − $620.00 budget to date = +$430.00"),
        ("estimate_at_completion", "$1,050.00 gross cost + $1,240.00 of the budget to come = $2,290.00"),
        ("estimate_by_performance", "$1,860.00 budget ÷ ($620.00 due ÷ $1,050.00 spent) = $3,150.00"),
    ],
)
def test_formula_of_an_initiative_has_its_numbers_in_it(
    visit: Visit, triage: Initiative, name: str, expected: str
) -> None:
    page = visit(f"/initiatives/{triage.key}/figures/{name}/?{AS_OF}")
    assert formula(page) == expected
    assert "<tbody>" in page


@pytest.mark.parametrize(
    ("as_of", "name", "expected"),
    [
        ("2025-10-31", "payback_months", "Running total after 7.03 months: −$1,050.00"),
        ("2025-10-31", "irr", "8 monthly flows: $0.00 of gains, $1,050.00 of net costs"),
        ("2025-02-01", "payback_months", "— + (— − —) × — ÷ (— + —) = —"),
        ("2025-02-01", "budget_variance", "$0.00 gross cost − $0.00 budget to date = $0.00"),
        ("2024-12-31", "budget_variance", "— gross cost − — budget to date = —"),
    ],
)
def test_formula_of_what_does_not_exist_says_how_far_it_got(
    visit: Visit, triage: Initiative, as_of: str, name: str, expected: str
) -> None:
    assert formula(visit(f"/initiatives/{triage.key}/figures/{name}/?as_of={as_of}")) == expected


def test_months_of_a_figure_are_discounted_at_its_rate(visit: Visit, triage: Initiative) -> None:
    page = visit(f"/initiatives/{triage.key}/figures/irr/?{AS_OF}")
    assert [each for each in ("+$702.91", "+$328.37", "−$31.28", "−$1,000.00") if each not in told(page)] == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("npv", "In all $1,050.00 $0.00 $1,800.00 +$750.00"),
        ("budget_variance", "In all $1,860.00 $620.00 $1,050.00 +$430.00"),
    ],
)
def test_months_of_an_initiative_add_up(visit: Visit, triage: Initiative, name: str, shown: str) -> None:
    assert shown in told(visit(f"/initiatives/{triage.key}/figures/{name}/?{AS_OF}"))


def test_the_rate_stands_in_a_formula_with_every_digit(visit, triage):
    assert "7.5\u202f%" in visit(f"{triage.url}figures/npv/?{AS_OF}&rate=0.075")


@pytest.mark.parametrize(
    ("name", "expected", "rows"),
    [
        ("attainment", "(10 − 0) ÷ (100 − 0) = 10 %, in hours a month", 1),
        ("status", "latest reading 31 December 2025", 1),
        (
            "realised_benefit",
            "Σ (reading − 0 hours a month × months) × $60.00 × 100 % over 2 readings = $1,800.00",
            2,
        ),
        (
            "validated_benefit",
            "Σ (reading − 0 hours a month × months) × $60.00 × 100 % over 1 reading = $1,200.00",
            1,
        ),
    ],
)
def test_figure_of_an_outcome_opens_its_formula_and_its_readings(
    visit: Visit, triage: Initiative, name: str, expected: str, rows: int
) -> None:
    outcome = triage.outcomes.get(metric="Hours saved (USD)")
    page = visit(f"/outcomes/{outcome.pk}/figures/{name}/")
    assert formula(page).startswith(expected)
    assert page.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr>") == rows
    visit(f"/outcomes/{outcome.pk}/figures/nonsense/", status=404)


def test_benefit_of_an_initiative_opens_that_of_its_outcomes(visit: Visit, triage: Initiative) -> None:
    page = visit(f"/initiatives/{triage.key}/figures/validated_benefit/?{AS_OF}")
    outcome = triage.outcomes.get(metric="Hours saved (USD)")
    assert f"/outcomes/{outcome.pk}/figures/validated_benefit/" in page
    assert "Hours saved (USD) $1,200.00" in told(page)
    assert "Hours saved (EUR)" not in told(page)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("over_budget", "Cost $1,050 against $620 planned to date (+69 %)"),
        ("no_benefit", "The rule does not hold."),
        ("past_planned_production", "The rule does not hold."),
        ("no_target_outcome", "The rule does not hold."),
    ],
)
def test_a_rule_that_asks_for_a_decision_opens_its_definition_and_its_months(
    visit: Visit, triage: Initiative, rule: str, expected: str
) -> None:
    page = visit(f"/initiatives/{triage.key}/figures/{rule}/?{AS_OF}")
    assert formula(page) == expected
    assert ("<tbody>" in page) == (rule != "past_planned_production")  # of which money says nothing
