"""Rates, curves, changes in a year and the funnel tell how they come about."""

from __future__ import annotations

import re

import pytest

from accounts.models import User
from projects.models import Initiative
from tests.portfolio.figure_pages.built import add_initiative
from tests.portfolio.figure_pages.words import AS_OF, Visit, formula, links, titles, told

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("figures")]


def test_a_rate_tells_the_formula_of_its_interval_with_its_numbers(visit: Visit, portfolio: list[Initiative]) -> None:
    # 2 of 3, z² = 3.8415: 3.8415 / 6 = 0.6402; 0.2222 / 3 = 0.0741; 3.8415 / 36 = 0.1067; 1 + 3.8415 / 3 = 2.2805.
    page = told(visit(f"/portfolio/figures/production_rate/?{AS_OF}"))
    assert "95 % interval: (p + z² ÷ 2n ± z √(p (1 − p) ÷ n + z² ÷ 4n²)) ÷ (1 + z² ÷ n) at p = 0.6667, n = 3" in page
    assert "z = 1.96: (0.6667 + 0.6402 ± 1.96 × √(0.07407 + 0.1067)) ÷ 2.28, from 20.8 % to 93.9 %" in page


@pytest.mark.parametrize(("language", "said"), [("en", "<b>66.7 %</b> (21–94)"), ("ja", "<b>66.7%</b>（21～94）")])
def test_the_heading_has_the_interval_in_brackets_of_the_language(
    visit: Visit, portfolio: list[Initiative], language: str, said: str
) -> None:
    page = visit(f"/portfolio/figures/production_rate/?{AS_OF}", **{"accept-language": language})
    heading = page.partition("<h1>")[2].partition("</h1>")[0].replace("\u202f", " ")
    assert heading.strip().endswith(said)


def test_the_curve_of_production_is_told_step_by_step(visit: Visit, admin: User, portfolio: list[Initiative]) -> None:
    # Of three with known dates one is stopped on day 120, one in production on day 181, one in flight since day 364.
    add_initiative(admin, "Under way", proposed="2025-01-01", prototype="2025-02-01")
    page = visit(f"/portfolio/figures/production_within_6/?{AS_OF}")
    steps = page.partition("step by step</h2>")[2].partition("<tbody>")[2].partition("</tbody>")[0]
    assert [told(row).split() for row in steps.split("</tr>")[:-1]] == [
        ["120", "3", "0", "1", "1.0000", "0.0000", "0.0000"],
        ["181", "2", "1", "0", "0.6667", "0.3333", "0.3333"],
    ]
    in_words = "F before the last day with an event + S × into production ÷ at risk"
    assert formula(page) == f"F(6 months) = {in_words} = 0 + 0.6667 × 1 ÷ 2 ≈ 33.3 %"
    # V = (1/3)² × 1/(3 × 2) + (2/3)² × 1 × (2 − 1)/2³ − 0 = 0.0741
    assert (
        "F^exp(±z √V ÷ (F ln F)) at F = 0.3333, √V = 0.2722, z = 1.96: "
        "0.3333^exp(±1.96 × 0.2722 ÷ (0.3333 × (−1.099))), from 0.9 % to 77.4 %"
    ) in told(page)


def test_each_curve_of_the_chart_opens_its_own_figure_and_its_cohort(visit: Visit, portfolio: list[Initiative]) -> None:
    # In September Triage has been followed for 18 months, and the one that was stopped for four.
    as_of = "as_of=2026-09-01"
    card = visit(f"/?{as_of}").partition("What each cohort is:")[2].partition("</p>")[0]
    assert links(card) == [
        f"/portfolio/figures/aimless/?{as_of}",
        f"/portfolio/figures/partly_guided/?{as_of}",
        f"/portfolio/figures/production_within_6/?{as_of}&guidance=aimless",
        f"/portfolio/figures/production_within_6/?{as_of}&guidance=partly_guided",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Two in production by September 2025, for 1,000 + 100 + 70; a year later for 50 more.
        ("cost_per_production", "$610.00 − $585.00 a year before = +$25.00"),
        ("net_benefit", "$535.00 − (−$1,215.00) a year before = +$1,750.00"),
    ],
)
def test_a_change_in_a_year_opens_both_of_its_figures(
    visit: Visit, portfolio: list[Initiative], name: str, expected: str
) -> None:
    as_of = "as_of=2026-09-01"
    assert f"/portfolio/figures/{name}_in_a_year/?{as_of}" in links(visit(f"/?{as_of}"))
    page = visit(f"/portfolio/figures/{name}_in_a_year/?{as_of}")
    assert formula(page) == expected
    assert f"/portfolio/figures/{name}/?{as_of}" in links(page)  # how today's comes about
    assert titles(page) == titles(visit(f"/portfolio/figures/{name}/?{as_of}"))


def test_what_failure_adds_tells_what_is_in_it(visit: Visit, portfolio: list[Initiative]) -> None:
    # Triage 1,000 until August 2025 and 50 since, stopped 100, undated 70: 1,220 ÷ 2 − 1,000 ÷ 1; nothing in flight.
    page = visit(f"/portfolio/figures/failure_adds/?{AS_OF}")
    assert formula(page) == "$610.00 per deployment − $1,000.00 direct = −$390.00"
    for part in (
        "Cost per production deployment $1,220.00 spent on prototypes ÷ 2 in production = $610.00",
        "Direct cost per production deployment $1,000.00 spent until production ÷ 1 with a known date = $1,000.00",
        "Cost sunk gross cost of 1 initiative that failed = $100.00",
        "Cost in flight gross cost of 0 initiatives = $0.00",
    ):
        assert part in told(page)


def test_funnel_opens_each_of_its_steps(visit: Visit, portfolio: list[Initiative]) -> None:
    page = visit(f"/portfolio/figures/funnel/?{AS_OF}")
    assert formula(page).startswith(
        "4 proposals, of which 3 got to approval, 3 to a prototype, 2 to a pilot, 2 to production"
    )
    step = visit(f"/portfolio/figures/stage_conversion_pilot/?{AS_OF}")
    assert formula(step) == "2 entered it or a later one ÷ 3 entered the stage before ≈ 66.7 %"
    assert "Prototype → Pilot" in told(step)


def test_a_part_that_is_nothing_stands_among_the_parts_of_the_funnel(visit, triage):
    # By March 2025 two had begun a prototype, and none a pilot.
    shown = visit("/portfolio/figures/funnel/?as_of=2025-03-15")
    conversion = re.search(r'figures/stage_conversion_pilot/[^"]*">.*?</dd>', shown, re.S)
    assert conversion is not None, re.findall(r"figures/[^/]*/", shown)
    assert "0\u202f%" in conversion[0]
