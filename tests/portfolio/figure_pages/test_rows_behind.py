"""The rows behind a figure are those that it is computed over; those left out stand apart."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import User
from projects.models import Initiative
from tests.portfolio.figure_pages.built import add_hours, add_initiative, add_reading
from tests.portfolio.figure_pages.words import AS_OF, Visit, formula, titles, told

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("figures")]


@pytest.mark.parametrize(
    ("name", "counted", "left_out"),
    [
        ("median_days_to_production", ["Triage"], {"absent": ["Undated"]}),
        ("production_within_6", ["Stopped", "Triage"], {"absent": ["Undated"]}),
        ("direct_cost_per_production", ["Triage"], {"absent": ["Undated"]}),
        ("failure_adds", ["Triage", "Stopped", "Undated"], {"absent": ["Undated"], "pending-lines": ["Triage"]}),
        ("production_rate", ["Triage", "Stopped", "Undated"], {}),
        ("stage_conversion_prototype", ["Triage", "Stopped", "Undated"], {}),
        ("stage_days_pilot", [], {}),
        ("gross_cost", ["Triage", "Stopped", "Undated", "Proposal"], {"pending-lines": ["Triage"]}),
        ("cost_reached", ["Triage", "Undated"], {"pending-lines": ["Triage"]}),
        ("cost_no_prototype", ["Proposal"], {"pending-lines": ["Triage"]}),
        ("run_cost", ["Triage", "Undated"], {"pending-lines": ["Triage"]}),
        ("realised_benefit", ["Triage"], {"pending-readings": ["Triage"]}),
        ("validated_benefit", ["Triage"], {}),
        *(
            (
                name,
                ["Triage", "Proposal", "Undated", "Stopped"],
                {
                    "pending-lines": ["Triage"],
                    "pending-readings": ["Triage"],
                },
            )
            for name in ("net_benefit", "roi", "npv", "payback_months")
        ),
        ("recovered", [], {"pending-lines": ["Triage"]}),
        ("pending_lines", ["Triage"], {}),
    ],
)
def test_rows_are_those_that_the_figure_is_computed_over_and_those_left_out_stand_apart(
    visit: Visit, portfolio: list[Initiative], name: str, counted: list[str], left_out: dict[str, list[str]]
) -> None:
    page = visit(f"/portfolio/figures/{name}/?{AS_OF}")
    assert titles(page) == counted
    assert set(re.findall(r"left_out=([\w-]+)", page)) == set(left_out)
    for code, expected in left_out.items():
        assert titles(visit(f"/portfolio/figures/{name}/?{AS_OF}&left_out={code}")) == expected


def test_those_that_a_cohort_by_start_leaves_out_stand_with_their_money(
    visit: Visit, admin: User, portfolio: list[Initiative]
) -> None:
    # Undated cost 70 and saved 2 hours at 60 in November; the cohort itself cost 1,000 + 50 + 100.
    undated = portfolio[2]
    add_reading(admin, add_hours(admin, undated, "USD"), 11, 2)
    cohort = f"{AS_OF}&started_from=2025-01-01"
    page = visit(f"/portfolio/figures/production_rate/?{cohort}&left_out=absent")
    assert titles(page) == ["Undated"]
    cells = {name: re.findall(rf'data-label="{name}">([^<]+)<', page) for name in ("Gross cost", "Measured benefit")}
    assert cells == {"Gross cost": ["$70"], "Measured benefit": ["$120"]}
    assert formula(visit(f"/portfolio/figures/gross_cost/?{cohort}")).endswith("= $1,150.00")
    assert "= $1,800.00" in formula(visit(f"/portfolio/figures/realised_benefit/?{cohort}"))  # 20 + 10 hours at 60


def test_of_a_long_list_paper_says_which_part_it_shows(
    visit: Visit, portfolio: list[Initiative], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/portfolio/figures/gross_cost/?{AS_OF}"
    assert "on-paper" not in visit(address)
    monkeypatch.setattr("portfolio.explanations.views.ROWS_PER_PAGE", 3)
    assert re.search(r'<p class="card-note on-paper"> ?1–3 of 4 ?</p>', visit(address))


def test_no_benefit_measured_and_no_cost_recorded_are_no_amount_of_0(
    visit: Visit, admin: User, portfolio: list[Initiative]
) -> None:
    # Of the prototypes Triage alone has readings; a fourth has neither cost nor reading.
    add_initiative(admin, "Bare", proposed="2025-01-01", prototype="2025-02-01")
    page = told(visit(f"/portfolio/figures/prototypes/?{AS_OF}"))
    bare = page.partition(" Bare ")[2].split("</tr>")[0]
    assert "— No cost is recorded. — No benefit measured yet" in bare
    assert "$0" not in page
    assert "— No cost is recorded." in told(visit(f"/portfolio/figures/cost_per_production/?{AS_OF}"))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("gross_cost", ["Unallocated $40.00", "In all $1,265.00"]),
        ("net_benefit", ["Unallocated −$40.00", "In all $535.00"]),
        ("cost_per_production", ["In all $1,220.00"]),
        ("direct_cost_per_production", ["In all $1,000.00"]),
        ("run_cost", ["In all $50.00"]),
    ],
)
def test_rows_add_up_to_the_number_in_the_formula(
    visit: Visit, portfolio: list[Initiative], name: str, shown: list[str]
) -> None:
    page = told(visit(f"/portfolio/figures/{name}/?{AS_OF}"))
    assert [each for each in shown if each not in page] == []


@pytest.mark.parametrize(
    ("language", "name", "chips"),
    [
        ("en", "gross_cost", ["Counted 4 initiatives", "waiting for an exchange rate 3 cost lines"]),
        ("en", "realised_benefit", ["Counted 1 initiative", "waiting for an exchange rate 1 reading"]),
        ("en", "production_within_6", ["Counted 2 initiatives", "date absent in the source 1 initiative"]),
        ("ja", "gross_cost", ["対象 施策4件", "為替待ち コスト明細3件"]),
        ("ja", "production_within_6", ["対象 施策2件", "元データに日付なし 施策1件"]),
    ],
)
def test_each_chip_says_what_it_counts(
    client: Client, admin: User, portfolio: list[Initiative], language: str, name: str, chips: list[str]
) -> None:
    client.force_login(admin)
    page = client.get(f"/portfolio/figures/{name}/?{AS_OF}", headers={"accept-language": language}).content.decode()
    nav = page.partition('<nav class="chips" aria-label="')[2].partition("</nav>")[0].partition(">")[2]
    assert [told(chip).strip() for chip in re.findall(r"<a .*?</a>", nav, re.DOTALL)] == chips


def test_under_a_filter_gross_cost_is_the_sum_of_its_initiatives(visit: Visit, portfolio: list[Initiative]) -> None:
    page = visit(f"/portfolio/figures/gross_cost/?{AS_OF}&stage=production")
    assert formula(page) == "sum over 2 initiatives = $1,120.00"
    assert "Cost of what reached production" in page
    assert "Cost sunk" not in page  # of those there is none
