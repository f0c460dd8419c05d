"""`/initiatives/{key}/budget`: the figures of the budget page, by API, worked out by hand."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse

from costs.budgets import figures as budget_figures
from costs.models import BudgetLine
from projects.models import Initiative
from tests.costs.budgets.test_totals import add_budget, initiative  # noqa: F401 - fixture
from tests.costs.factories import add_line
from tests.costs.test_removal_api import caller
from tests.factories import InitiativeFactory, UserFactory
from tests.markup import tight

pytestmark = pytest.mark.django_db
D = "2026-06-12"
NO_INDEX = "Nothing is due or nothing was spent yet, so there is no cost performance index."


@pytest.fixture
def api(client: Client) -> Any:
    return caller(client, executive=True)


def ask(api: Any, of: Initiative, as_of: str = D) -> dict[str, Any]:
    answer = api("get", f"/initiatives/{of.key}/budget?as_of={as_of}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_figures_are_those_worked_out_by_hand(api, initiative) -> None:  # noqa: F811
    add_line(initiative, "2026-04-20", "500")
    add_line(initiative, "2026-05-20", "3500")
    add_line(initiative, "2026-06-12", "1250")
    add_line(initiative, "2026-06-13", "999")  # after D
    add_line(initiative, "2026-06-01", "7", currency="EUR")  # has no rate
    add_budget(initiative, "2026-07", "50", currency="EUR")
    told = ask(api, initiative)
    months, categories = told.pop("months"), told.pop("categories")
    # Due: 3,000 of May, 12 of 30 days of June's 3,000. 5,250 + 4,800 to come; 9,000 ÷ (4,200 ÷ 5,250).
    assert told == {
        "key": initiative.key, "as_of": D, "currency": "USD", "gross_cost": "5250", "pending_lines": 1,
        "pending_budget_lines": 1, "budget_at_completion": "9000", "budget_phased": "4200", "budget_to_come": "4800",
        "budget_used": 5250 / 9000, "budget_variance": "1050", "budget_variance_share": 0.25, "cpi": 0.8,
        "eac": "10050", "eac_by_cpi": "11250", "reasons": {},
    }  # fmt: skip
    assert [list(month.values()) for month in months] == [
        ["2026-04", "0", "0", "500", "500", "0", "500"],
        ["2026-05", "3000", "3000", "3500", "500", "3000", "4000"],
        ["2026-06", "3000", "1200", "1250", "50", "6000", "5250"],
        ["2026-07", "3000", None, None, None, "9000", None],
    ]
    assert [list(category.values()) for category in categories] == [
        ["cloud", "0", "0", "5250", "5250", "5250", 0],
        [None, "9000", "4200", "0", "-4200", "4800", 1],
    ]


def test_a_category_that_is_over_is_seen_beside_one_that_is_under_by_as_much(api, client: Client) -> None:
    made = InitiativeFactory()
    for month in ("2026-05", "2026-07"):
        add_budget(made, month, "1000", of="people")
        add_budget(made, month, "1000", of="cloud")
        add_budget(made, month, "50")
    add_line(made, "2026-05-20", "900", category="people")
    add_line(made, "2026-06-12", "500", category="people")
    add_line(made, "2026-06-13", "77", category="people")  # after D
    add_line(made, "2026-05-02", "600", category="cloud")
    add_line(made, "2026-05-03", "50", category="data")  # without a budget of its own
    told = ask(api, made)
    assert told["budget_variance"] == "0"
    categories = told["categories"]
    assert [list(category.values()) for category in categories] == [
        ["cloud", "2000", "1000", "600", "-400", "1600", 0],
        ["people", "2000", "1000", "1400", "400", "2400", 0],
        ["data", "0", "0", "50", "50", "50", 0],
        [None, "100", "50", "0", "-50", "50", 0],
    ]
    sums = ("budget_at_completion", "budget_phased", "gross_cost", "budget_variance", "eac")
    for name in sums:
        assert sum(Decimal(category[name]) for category in categories) == Decimal(told[name]), name
    client.force_login(UserFactory(executive=True))
    with patch("django.utils.timezone.localdate", return_value=date.fromisoformat(D)):
        page = tight(client.get(reverse("costs:budget", args=[made.key])).content.decode())
    shown = page[page.index("<h2>Category by category") :].partition("</table>")[0]
    cells = [re.sub(r"<[^>]+>|\u2060", "", cell).strip() for cell in re.findall(r"<t[hd] .*?</t[hd]>", shown)]
    assert [cells[at : at + 6] for at in range(6, len(cells), 6)] == [
        ["Cloud", "$2,000", "$1,000", "$600", "−$400", "$1,600"],
        ["People", "$2,000", "$1,000", "$1,400", "+$400", "$2,400"],
        ["Data", "$0", "$0", "$50", "+$50", "$50"],
        ["Any category", "$100", "$50", "$0", "−$50", "$50"],
        ["In all", "$4,100", "$2,050", "$2,050", "$0", "$4,100"],
    ]


def test_categories_are_compared_where_there_is_a_budget(api) -> None:
    made = InitiativeFactory()
    add_line(made, "2026-05-20", "900", category="people")
    assert ask(api, made)["categories"] == []


def test_what_cannot_be_worked_out_is_null_with_its_reason(api) -> None:
    made = InitiativeFactory()
    told = ask(api, made)
    nothing = [name for name, value in told.items() if value is None]
    assert (told["gross_cost"], told["reasons"]) == ("0", dict.fromkeys(nothing, "No budget has been approved."))
    assert nothing == [
        "budget_at_completion", "budget_phased", "budget_to_come", "budget_used", "budget_variance",
        "budget_variance_share", "cpi", "eac", "eac_by_cpi",
    ]  # fmt: skip
    add_budget(made, "2026-07", "100", currency="EUR")
    assert ask(api, made)["reasons"]["eac"] == "The budget waits for an exchange rate."
    add_budget(made, "2026-07", "100")
    told = ask(api, made)
    assert (told["budget_variance"], told["eac"]) == ("0", "100")
    assert told["reasons"] == {
        "budget_variance_share": "No budget is due yet.", "cpi": NO_INDEX, "eac_by_cpi": NO_INDEX,
    }  # fmt: skip
    assert ask(api, made, "2025-12-31")["reasons"]["eac"] == "No budget has been approved."


def test_the_page_shows_what_the_api_gives(api, initiative, client: Client) -> None:  # noqa: F811
    add_line(initiative, "2026-05-20", "4000")
    add_line(initiative, "2026-06-12", "1250")
    told = ask(api, initiative)
    client.force_login(UserFactory(executive=True))
    with patch("django.utils.timezone.localdate", return_value=date.fromisoformat(D)):
        page = client.get(reverse("costs:budget", args=[initiative.key]) + "?year=2026&eac=cpi")
    shown = page.context["figures"]
    assert {
        "gross_cost": shown.gross, "budget_at_completion": shown.budget.total, "budget_phased": shown.budget.phased,
        "budget_to_come": shown.left, "budget_variance": shown.variance, "eac": shown.by_remaining,
        "eac_by_cpi": shown.estimate,
    } == {
        name: Decimal(told[name])
        for name in (
            "gross_cost", "budget_at_completion", "budget_phased", "budget_to_come", "budget_variance", "eac",
            "eac_by_cpi",
        )
    }  # fmt: skip
    rows = {f"{row.month:%Y-%m}": row for row in page.context["month_rows"]}
    for month in told["months"]:
        row: budget_figures.MonthRow = rows[month["month"]]
        assert [row.budget, row.due, row.cost, row.difference] == [
            each and Decimal(each)
            for each in (month["budget"], month["budget_phased"], month["gross_cost"], month["budget_variance"])
        ]
    body = page.content.decode()
    assert "$5,250" in body and "$11,250" in body


def test_many_budget_lines_come_at_once_or_not_at_all(client: Client, django_assert_max_num_queries) -> None:
    one, other = InitiativeFactory(), InitiativeFactory()
    office = caller(client, portfolio=True)
    sent = [
        {"initiative": each.key, "month": f"2026-{month:02}", "amount": "10", "currency": "USD", "category": "cloud"}
        for each in (one, other)
        for month in range(1, 13)
    ]
    wrong = [*sent, sent[0] | {"initiative": "AI-9999", "category": "tea"}, sent[0] | {"approved_on": "2101-01-01"}]
    answer = office("post", "/budgets", wrong[:-1])
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["24.initiative", "24.category"]
    answer = office("post", "/budgets", wrong)
    assert [error["field"] for error in answer.json()["errors"]] == ["25.approved_on"]
    assert office("post", "/budgets", sent * 42).status_code == 422  # more than 1,000
    assert not BudgetLine.objects.exists()
    with django_assert_max_num_queries(16):
        answer = office("post", "/budgets", sent)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert [(item["initiative"], item["month"]) for item in made] == [(row["initiative"], row["month"]) for row in sent]
    assert BudgetLine.objects.filter(base_amount=10).count() == 24 == len({item["id"] for item in made})
    assert office("post", "/budgets", []).json() == []


def test_whoever_may_not_set_one_budget_of_many_sets_none(client: Client) -> None:
    mine = caller(client)
    row = {"initiative": InitiativeFactory().key, "month": "2026-03", "amount": "1", "currency": "USD"}
    answer = mine("post", "/budgets", [row, row])
    assert answer.status_code == 403
    assert [error["field"] for error in answer.json()["errors"]] == ["0.initiative", "1.initiative"]


def test_nobody_learns_of_what_they_may_not_see(client: Client) -> None:
    hidden = InitiativeFactory(confidential=True)
    contributor = caller(client)
    assert contributor("get", f"/initiatives/{hidden.key}/budget").status_code == 404
    assert contributor("get", "/initiatives/AI-9999/budget").status_code == 404
    assert contributor("get", f"/initiatives/{InitiativeFactory().key}/budget?as_of=x").status_code == 422
