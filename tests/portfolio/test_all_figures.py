"""Every figure has a place on a page that a reader can reach, with its value or the reason why there is none."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from costs.budgets import lines as budget_lines
from costs.budgets.lines import NewBudget
from portfolio.explanations.texts.initiative import OF_ONE
from portfolio.explanations.texts.portfolio import names
from portfolio.metrics.names import BUDGET
from projects.models import Initiative
from tests.costs.factories import add_line, add_rate
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.markup import tight

pytestmark = pytest.mark.django_db
AS_OF = "as_of=2026-06-12"
JANUARY = date(2026, 1, 1)


def add_budget(initiative: Initiative, month: date, amount: str, currency: str = "USD") -> None:
    budget_lines.add(None, [NewBudget(initiative, month, None, Decimal(amount), currency, JANUARY)])


@pytest.fixture
def planned() -> tuple[Initiative, ...]:
    """Two initiatives with budgets, one that spends without, one whose budget waits for an exchange rate."""
    one, two, without, waits = (InitiativeFactory() for _ in range(4))
    for month in (5, 6, 7):
        add_budget(one, date(2026, month, 1), "3000")
    add_budget(two, date(2026, 5, 1), "800")
    add_budget(waits, date(2026, 5, 1), "100", "EUR")
    add_line(one, "2026-05-20", "4000")
    add_line(one, "2026-06-12", "1250")
    add_line(one, "2026-06-13", "999")  # after the as-of date
    add_line(two, "2026-05-20", "300")
    add_line(without, "2026-05-20", "70000")
    return one, two, without, waits


def rows(page: str) -> dict[str, str]:
    """Return what stands beside each figure of the page, by the address of its definition."""
    found = re.findall(r'<dt>\s*<a class="link" href="([^"]+)".*?</dt>\s*<dd class="num">(.*?)</dd>', page, re.DOTALL)
    return {address: " ".join(re.sub(r"<[^>]+>", " ", beside).split()) for address, beside in found}


def test_every_figure_of_the_portfolio_is_on_the_page_that_the_portfolio_links(client: Client, planned: object) -> None:
    client.force_login(UserFactory(finance=True))
    front = client.get(f"/?{AS_OF}").content.decode()
    assert f'href="/portfolio/figures/?{AS_OF}"' in front
    page = client.get(f"/portfolio/figures/?{AS_OF}").content.decode()
    found = rows(page)
    missing = {name for name in names() if f"/portfolio/figures/{name}/?{AS_OF}" not in found}
    assert missing == {"funnel"}  # its steps are there, one by one
    assert all(found.values())
    for address in found:
        assert client.get(address).status_code == 200


def test_every_figure_of_an_initiative_is_on_its_page(client: Client, planned: tuple[Initiative, ...]) -> None:
    one = planned[0]
    client.force_login(one.owner)
    assert f'href="/initiatives/{one.key}/figures/"' in client.get(f"/initiatives/{one.key}/").content.decode()
    found = rows(client.get(f"/initiatives/{one.key}/figures/?{AS_OF}").content.decode())
    of_sets = set(names()) - {
        "gross_cost", "recovered", "net_cost", "pending_lines", "realised_benefit", "validated_benefit", "net_benefit",
        "roi", "roi_pv", "bcr", "npv", "irr", "payback_months", "discounted_payback_months", *BUDGET,
    }  # fmt: skip
    assert set(found) == {f"/initiatives/{one.key}/figures/{name}/?{AS_OF}" for name in OF_ONE.keys() - of_sets - {
        "production_within", "stage_conversion", "stage_days"}}  # fmt: skip
    assert found[f"/initiatives/{one.key}/figures/budget_variance/?{AS_OF}"] == "+\u2060$1,050.00 +25.0 %"
    assert found[f"/initiatives/{one.key}/figures/irr/?{AS_OF}"].startswith("— ")


def test_the_budget_of_a_set_is_that_of_those_that_have_one(client: Client, planned: object) -> None:
    # Due by 12 June: 3,000 + 3,000 × 12 ÷ 30 of one, 800 of the other; spent 5,250 + 300.
    client.force_login(UserFactory(finance=True))
    page = client.get(f"/portfolio/figures/?{AS_OF}").content.decode()
    found = rows(page)
    note = tight(page.partition(">Budget</h2>")[2].partition("</p>")[0])
    assert "Without 1 initiative: No budget has been approved." in note
    assert "Without 1 budget line: waiting for an exchange rate" in note
    want = {
        "budget_total": "$9,800.00",
        "budget_due": "$5,000.00",
        "budget_variance": "+\u2060$550.00 +11.0 %",
        "estimate_at_completion": "$10,350.00",  # 5,550 + 4,800 to come
        "estimate_by_performance": "$10,878.00",  # 9,800 ÷ (5,000 ÷ 5,550)
    }
    assert {name: found[f"/portfolio/figures/{name}/?{AS_OF}"] for name in BUDGET} == want


def test_what_only_some_figures_of_a_section_leave_out_stands_beside_them(client: Client, planned: object) -> None:
    add_line(planned[0], "2026-05-21", "5", currency="EUR")  # type: ignore[index]
    client.force_login(UserFactory(finance=True))
    found = rows(client.get(f"/portfolio/figures/?{AS_OF}").content.decode())
    waits = "Without 1 cost line: waiting for an exchange rate"
    assert waits in found[f"/portfolio/figures/budget_variance/?{AS_OF}"]
    assert waits not in found[f"/portfolio/figures/budget_total/?{AS_OF}"]
    assert "Without 1 budget line" in found[f"/portfolio/figures/budget_total/?{AS_OF}"]


def test_the_formula_of_a_sets_budget_and_who_stands_behind_it(client: Client, planned: tuple[Initiative, ...]) -> None:
    client.force_login(UserFactory(finance=True))
    page = tight(client.get(f"/portfolio/figures/budget_variance/?{AS_OF}").content.decode())
    assert "$5,550.00 gross cost of 2 initiatives − $5,000.00 budget to date = +\u2060$550.00" in page
    behind = page.partition('id="rows"')[2]
    assert [planned[at].key in behind for at in range(4)] == [True, True, False, False]
    assert ("$1,050.00" in behind, "−\u2060$500.00" in behind) == (True, True)
    apart = client.get(f"/portfolio/figures/budget_variance/?{AS_OF}&left_out=no-budget").content.decode()
    assert planned[2].key in apart.partition('id="rows"')[2]
    waits = client.get(f"/portfolio/figures/budget_variance/?{AS_OF}&left_out=pending-budget-lines").content.decode()
    assert planned[3].key in waits.partition('id="rows"')[2]


def test_the_summary_and_the_economics_give_the_same(client: Client, planned: tuple[Initiative, ...]) -> None:
    headers = bearer(UserFactory(finance=True))
    found = client.get(f"/api/v1/portfolio/summary?{AS_OF}", headers=headers).json()
    assert (found["budget_total"], found["budget_due"]) == ("9800", "5000")
    assert found["budget_variance"] == {"value": "550", "share": 0.11}
    assert (found["estimate_at_completion"], found["estimate_by_performance"]) == ("10350", "10878")
    assert found["left_out"]["budget_total"] == {"no budget": 1, "pending budget lines": 1}
    add_rate("2026-01-01", "EUR", "1.10")
    again = client.get(f"/api/v1/portfolio/summary?{AS_OF}", headers=headers).json()
    assert (again["budget_total"], again["left_out"]["budget_total"]) == ("9910.00", {"no budget": 1})
    one = client.get(f"/api/v1/initiatives/{planned[0].key}/economics?{AS_OF}", headers=headers).json()
    assert (one["budget_variance"], one["estimate_at_completion"]) == ({"value": "1050", "share": 0.25}, "10050")
    none = client.get(f"/api/v1/initiatives/{planned[2].key}/economics?{AS_OF}", headers=headers).json()
    assert (none["budget_variance"], none["reasons"]["budget_variance"]) == (None, "no budget")


def test_the_pages_take_the_same_number_of_queries_whatever_there_is(
    client: Client, planned: tuple[Initiative, ...], django_assert_num_queries: object
) -> None:
    client.force_login(UserFactory(finance=True))
    client.get(f"/portfolio/figures/?{AS_OF}")
    for _more in range(2):
        with django_assert_num_queries(9):  # type: ignore[operator]  # none is in production, or has an outcome
            client.get(f"/portfolio/figures/?{AS_OF}")
        with django_assert_num_queries(12):  # type: ignore[operator]
            client.get(f"/initiatives/{planned[0].key}/figures/?{AS_OF}")
        add_line(InitiativeFactory(), "2026-05-20", "4000")
