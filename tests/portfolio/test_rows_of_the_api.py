"""GET /portfolio/initiatives: every figure of a row against values worked out by hand, and its sorts by number.

On 30 June 2025. Alpha cost 800, and 200 that came back in April: net 800. It brought 10 hours in April (validated) and
10 in May at 60: 1,200. So 400 net, 0.5 of what it cost. 10 of 100 hours a month are 0.1 of the way, where 180 of 364
days were 0.49 of it. Beta cost 300 without an aim, its production was planned for May, and it has been a prototype for
149 days, as which Alpha, the only one that left that stage, had 59. Gamma cost 500 where 400
were planned, with 50 to come, and nobody has measured it since December. Draft has nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from costs.budgets import lines as budget_lines
from costs.budgets.lines import NewBudget
from outcomes import measurements
from portfolio.decisions.signals import RULES
from projects import initiatives, transitions
from tests.costs.budgets.test_totals import add_budget
from tests.costs.factories import add_line
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.outcomes.factories import make_flow, make_outcome, read

pytestmark = pytest.mark.django_db
NAMES = (
    "stage", "started_on", "production_on", "gross_cost", "net_cost", "realised_benefit", "validated_benefit",
    "net_benefit", "roi", "budget_total", "budget_variance", "estimate_at_completion", "attainment", "status",
    "signals",
)  # fmt: skip
WORKED_OUT = {
    "Alpha": (
        "production", "2025-01-01", "2025-03-01", "1000", "800", "1200", "600", "400", 0.5,
        None, None, None, 0.1, "off_track", ["off_track"],
    ),
    "Beta": (
        "prototype", "2025-02-01", None, "300", "300", "0", "0", "-300", -1.0, None, None, None, None, None,
        ["past_planned_production", "no_target_outcome", "stalled"],
    ),
    "Gamma": (
        "production", "2024-12-01", "2024-12-01", "500", "500", "0", "0", "-500", -1.0,
        "450", "100", "550", None, "overdue",
        ["over_budget", "no_benefit", "overdue_measurement"],
    ),
    "Draft": ("draft", None, None, "0", "0", "0", "0", "0", None, None, None, None, None, None, []),
}  # fmt: skip
Listed = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def listed(client: Client) -> Listed:
    """Make the four; return what asks for their rows."""
    admin = UserFactory(admin=True)
    alpha, _draft, gamma = (initiatives.create(admin, title=title) for title in ("Alpha", "Draft", "Gamma"))
    beta = initiatives.create(
        admin, title="Beta", planned_production_on=date(2025, 5, 31), plan_agreed_on=date(2025, 1, 15)
    )
    for each, stages in (
        (alpha, {"prototype": date(2025, 1, 1), "production": date(2025, 3, 1)}),
        (beta, {"prototype": date(2025, 2, 1)}),
        (gamma, {"production": date(2024, 12, 1)}),
    ):
        transitions.move(each, "proposed", date(2024, 11, 1), admin)
        for stage, on in stages.items():
            transitions.move(each, stage, on, admin)
    add_line(alpha, "2025-02-01", "800")
    add_line(alpha, "2025-02-02", "200", recoverable=True, billed_on="2025-04-01")
    add_line(beta, "2025-03-01", "300")
    add_line(gamma, "2025-01-10", "500")
    budget_lines.add(
        admin,
        [
            NewBudget(gamma, date(2025, month, 1), None, Decimal(much), "USD", approved_on=date(2024, 12, 1))
            for month, much in ((1, 400), (7, 50))
        ],
    )
    hours = make_flow(alpha)
    april, _may = (
        read(hours, date(2025, on, last), 10, period_start=date(2025, on, 1)) for on, last in ((4, 30), (5, 31))
    )
    measurements.validate(admin, [april])
    make_outcome(gamma)

    def rows(**query: str) -> list[dict[str, Any]]:
        query = {"as_of": "2025-06-30"} | query
        answer = client.get("/api/v1/portfolio/initiatives", query, headers=bearer(admin))
        assert answer.status_code == 200
        return answer.json()["items"]

    return rows


def test_a_row_has_the_figures_of_its_initiative(listed: Listed) -> None:
    assert {row["title"]: tuple(row[name] for name in NAMES) for row in listed()} == WORKED_OUT


@pytest.mark.parametrize(
    ("stages", "holds"),
    [((), True), (("proposed", "approved"), True), (("proposed", "declined"), False)],
)  # fmt: skip
def test_every_rule_holds_before_there_is_a_prototype_and_none_where_it_has_ended(
    client: Client, stages: tuple[str, ...], holds: bool
) -> None:
    admin, on = UserFactory(admin=True), date(2025, 1, 15)
    made = initiatives.create(admin, title="Early", planned_production_on=date(2025, 5, 31), plan_agreed_on=on)
    for stage in stages:
        transitions.move(made, stage, on, admin)
    add_line(made, "2025-02-01", "150")
    add_budget(made, "2025-02", "100", approved_on="2025-01-15")
    expected = ["over_budget", "past_planned_production", "no_target_outcome"] if holds else []
    query = {"as_of": "2025-06-30"}
    (row,) = client.get("/api/v1/portfolio/initiatives", query, headers=bearer(admin)).json()["items"]
    assert row["signals"] == expected
    client.force_login(admin)  # and the page of each rule says the same
    for rule in RULES:
        page = client.get(reverse("portfolio:initiative-figure", args=[made.key, rule]), query)
        assert (page.context["explained"].value != "no") == (rule in expected), rule


def test_more_rows_ask_no_more_of_the_database(listed: Listed) -> None:
    asked = []
    for _time in range(2):
        with CaptureQueriesContext(connection) as queries:
            listed(sort="-budget_variance")
        asked.append(len(queries))
        for each in InitiativeFactory.create_batch(5):
            add_line(each, "2025-03-01", "3")
            add_budget(each, "2025-03", "2")
    assert asked[0] == asked[1]


def test_sorts_by_numbers_days_and_stages(listed: Listed) -> None:
    # Equal ones stand by key (Alpha, Draft, Gamma, Beta), also downwards; what has none comes last either way.
    expected = {
        "gross_cost": "Draft Beta Gamma Alpha",
        "-gross_cost": "Alpha Gamma Beta Draft",
        "realised_benefit": "Draft Gamma Beta Alpha",
        "-realised_benefit": "Alpha Draft Gamma Beta",
        "net_benefit": "Gamma Beta Draft Alpha",
        "-net_benefit": "Alpha Draft Beta Gamma",
        "roi": "Gamma Beta Alpha Draft",
        "-roi": "Alpha Gamma Beta Draft",
        "budget_total": "Gamma Alpha Draft Beta",
        "-budget_variance": "Gamma Alpha Draft Beta",
        "estimate_at_completion": "Gamma Alpha Draft Beta",
        "started_on": "Gamma Alpha Beta Draft",
        "-started_on": "Beta Alpha Gamma Draft",
        "production_on": "Gamma Alpha Draft Beta",
        "stage": "Draft Beta Alpha Gamma",
        "-stage": "Alpha Gamma Beta Draft",
        "-key": "Beta Gamma Draft Alpha",
        "net_cost": "Draft Beta Gamma Alpha",
        "-net_cost": "Alpha Gamma Beta Draft",
        "-validated_benefit": "Alpha Draft Gamma Beta",
        "attainment": "Alpha Draft Gamma Beta",
        "status": "Gamma Alpha Draft Beta",
        "-status": "Alpha Gamma Draft Beta",
    }
    assert {sort: " ".join(row["title"] for row in listed(sort=sort)) for sort in expected} == expected
