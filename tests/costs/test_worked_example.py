"""The costs, rates and budgets of the shared worked example, through our doors: every cost figure it expects."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from costs import lines, totals
from costs.budgets import lines as budget_lines
from costs.new_line import NewLine
from money.exact import EXACT
from money.ledger import NewRate, add_all
from portfolio.facts.pending import pending_of_set
from projects.models import Initiative
from tests.costs.factories import category, new_line
from tests.factories import InitiativeFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def expected(shared_data: Path) -> dict:
    return json.loads((shared_data / "worked-example/expected.json").read_text())


@pytest.fixture
def example(shared_data: Path) -> tuple[date, dict[str, Initiative]]:
    """Load the example, rates last for half of the initiatives, so that pending lines are valued as well."""
    portfolio = json.loads((shared_data / "worked-example/portfolio.json").read_text())
    finance = UserFactory(finance=True)
    made = {each["external_ref"]: InitiativeFactory() for each in portfolio["initiatives"]}
    rates = [NewRate(date.fromisoformat(r["on"]), r["currency"], Decimal(r["rate"])) for r in portfolio["rates"]]
    half = len(portfolio["initiatives"]) // 2
    for each in portfolio["initiatives"][:half]:
        lines.add(finance, list(_lines(each["costs"], made[each["external_ref"]])))
    add_all(finance, rates)
    for each in portfolio["initiatives"][half:]:
        lines.add(finance, list(_lines(each["costs"], made[each["external_ref"]])))
    lines.add(finance, list(_lines(portfolio["unallocated"], None)))
    for each in portfolio["initiatives"]:
        _add_budgets(each, made[each["external_ref"]], finance)
    return date.fromisoformat(portfolio["as_of"]), made


def _lines(costs: list[dict], initiative: Initiative | None) -> Iterator[NewLine]:
    for cost in costs:
        values = {name: value for name, value in cost.items() if name not in ("incurred_on", "amount")}
        yield new_line(initiative, cost["incurred_on"], cost["amount"], **values)


def _add_budgets(each: dict, initiative: Initiative, finance) -> None:
    rows = [
        budget_lines.NewBudget(
            initiative,
            date.fromisoformat(f"{budget['month']}-01"),
            category(budget["category"]) if budget.get("category") else None,
            Decimal(budget["amount"]),
            budget["currency"],
            date.fromisoformat(budget["approved_on"]),
        )
        for budget in each["budgets"]
    ]
    budget_lines.add(finance, rows)


def close(got: Decimal, wanted: str) -> bool:
    return abs(got - Decimal(wanted)) <= Decimal("0.000001")


def test_each_initiative_costs_what_the_example_says(example, expected):
    as_of, made = example
    flows = totals.flows_by_initiative(None, as_of)
    for ref, want in expected["initiatives"].items():
        flow = flows.get(made[ref].pk, totals.NO_COST)
        assert close(flow.gross, want["gross_cost"]), ref
        assert close(flow.net, want["net_cost"]), ref


def test_the_whole_costs_what_the_example_says(example, expected):
    as_of, _ = example
    months = totals.flows_by_month(None, as_of, with_unallocated=True)
    gross = recovered = Decimal(0)
    for flow in months.values():
        gross, recovered = EXACT.add(gross, flow.gross), EXACT.add(recovered, flow.recovered)
    assert close(gross, expected["gross_cost"])
    assert close(recovered, expected["recovered"])
    assert close(totals.unallocated(as_of).gross, expected["unallocated"]["value"])
    assert pending_of_set(None, as_of, with_unallocated=True).whole.lines == expected["pending_lines"]


def test_the_categories_of_each_initiative_add_up_to_what_it_costs(example, expected):
    as_of, made = example
    for ref, want in expected["initiatives"].items():
        flow = totals.NO_COST
        for kinds in totals.by_category_month([made[ref].pk], as_of).values():
            flow = sum(kinds.values(), flow)
        assert close(flow.gross, want["gross_cost"]), ref
        assert close(flow.net, want["net_cost"]), ref
