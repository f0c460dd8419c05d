"""`/initiatives/{key}/budget`: the figures of the budget page, by API, worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse

from costs.budgets import figures as budget_figures
from projects.models import Initiative
from tests.costs.budgets.test_totals import add_budget, initiative  # noqa: F401 - fixture
from tests.costs.factories import add_line
from tests.costs.test_removal_api import caller
from tests.factories import InitiativeFactory, UserFactory

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
    months = told.pop("months")
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


def test_nobody_learns_of_what_they_may_not_see(client: Client) -> None:
    hidden = InitiativeFactory(confidential=True)
    contributor = caller(client)
    assert contributor("get", f"/initiatives/{hidden.key}/budget").status_code == 404
    assert contributor("get", "/initiatives/AI-9999/budget").status_code == 404
    assert contributor("get", f"/initiatives/{InitiativeFactory().key}/budget?as_of=x").status_code == 422
