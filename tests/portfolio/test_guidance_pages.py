"""What the guidance cohorts mean stands a click away from each place that names one, with what an initiative lacked."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from costs.budgets import lines as budget_lines
from projects import initiatives
from projects.models import Initiative
from tests.factories import UserFactory
from tests.markup import tight
from tests.outcomes.factories import enter, make_outcome

pytestmark = pytest.mark.django_db
START = date(2025, 3, 1)
AS_OF = "as_of=2026-01-31"


@pytest.fixture
def partly() -> Initiative:
    """A prototype with a why, a target and a plan agreed in time; its budget came a day too late."""
    office = UserFactory(portfolio=True)
    made = initiatives.create(
        office, title="Triage", owner=office, problem="Slow", desired_outcome="Fast",
        planned_production_on=date(2025, 9, 1), plan_agreed_on=date(2025, 2, 15),
    )  # fmt: skip
    enter(made, "prototype", START)
    make_outcome(made, agreed_on=date(2025, 2, 20))
    late = budget_lines.NewBudget(made, date(2025, 4, 1), None, Decimal(1_000), "USD", date(2025, 3, 16))
    budget_lines.add(office, [late])
    return made


@pytest.fixture
def bare(partly: Initiative) -> Initiative:
    """Another prototype, of which nothing was ever agreed."""
    made = initiatives.create(partly.owner, title="Bare", owner=partly.owner)
    enter(made, "prototype", START)
    return made


@pytest.fixture
def shown(client: Client, partly: Initiative):
    client.force_login(partly.owner)
    return lambda path, **headers: tight(client.get(path, headers=headers).content.decode())


def told(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_badge_of_an_initiative_opens_what_it_had_and_what_it_lacked(shown, partly):
    address = f"/initiatives/{partly.key}/figures/guidance/"
    assert re.search(
        rf'href="{address}" data-definition> ?<span class="tag partly">Partly', shown(f"/initiatives/{partly.key}/")
    )
    for page in (shown(f"{address}?{AS_OF}"), shown(f"{address}?{AS_OF}", hx_request="true")):
        said = told(page)
        assert "but that lacked something of what a guided one has" in said
        assert "4 of 5 by 15 March 2025, 14 days after the start on 1 March 2025" in said
        assert re.findall(r'">(\w+)</span> ?</td>', page.partition("In time")[2]) == ["there"] * 4 + ["lacking"]
        assert "A planned production date there 15 Feb 2025" in said
        assert "A budget lacking 16 Mar 2025" in said
    assert "<h1>Guidance: <b>Partly guided</b>" in shown(f"{address}?{AS_OF}")


def test_what_was_never_agreed_is_a_dash_with_its_reason(shown, bare):
    said = told(shown(f"/initiatives/{bare.key}/figures/guidance/?{AS_OF}"))
    assert "Guidance: Aimless" in said
    assert "0 of 5 by" in said
    assert said.count("— Nothing was agreed.") == 4


def test_before_its_14_days_are_over_what_is_there_is_said_to_be_so_far(shown, partly):
    counted = "4 of 5 so far; what is agreed until 15 March 2025, 14 days after the start, counts too"
    for as_of, expected in (("2025-03-14", counted), ("2025-03-15", "by 15 March 2025, 14 days after the start on")):
        said = told(shown(f"/initiatives/{partly.key}/figures/guidance/?as_of={as_of}")).replace("\u00a0", " ")
        assert expected in said


def test_before_there_is_a_prototype_the_page_says_what_it_takes(shown, partly):
    said = told(shown(f"/initiatives/{partly.key}/figures/guidance/?as_of=2025-02-28"))
    assert "It is not a prototype yet." in said
    assert "a planned production date, and a budget." in said


def test_the_cohorts_of_the_portfolio_open_what_they_are_and_who_is_in_them(shown, partly, bare):
    page = shown(f"/?{AS_OF}")
    for name, label, title in (("partly_guided", "Partly guided", "Triage"), ("aimless", "Aimless", "Bare")):
        address = f"/portfolio/figures/{name}/?{AS_OF}"
        assert f'href="{address}" data-definition>{label}</a>' in page
        whole = shown(address)
        assert f"<h1>{label}: <b>1</b>" in whole
        assert '<p class="formula">1 of 2 prototypes</p>' in whole
        assert re.findall(r'<span class="key">[^<]+</span> ([^<]+)</a>', whole) == [title]
    assert "no target outcome at all was agreed" in shown(f"/portfolio/figures/aimless/?{AS_OF}")


def test_the_curves_open_the_ratio_of_their_title_where_there_is_one(shown, partly, bare):
    assert 'class="how" href="/portfolio/figures/guided_to_aimless/' not in shown(f"/?{AS_OF}")
    early = budget_lines.NewBudget(partly, date(2025, 4, 1), None, Decimal(1_000), "USD", date(2025, 2, 16))
    budget_lines.add(partly.owner, [early])
    assert f'class="how" href="/portfolio/figures/guided_to_aimless/?{AS_OF}"' in shown(f"/?{AS_OF}")
