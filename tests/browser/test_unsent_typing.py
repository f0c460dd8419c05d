"""Who leaves a form with something typed that was not sent is asked first."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from costs.budgets import lines as budget_lines
from costs.budgets.lines import NewBudget
from tests.browser.walking import paste

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(page: Page) -> list[str]:
    """The questions that the browser has asked on this page; the person stays each time."""
    found: list[str] = []

    def stay(dialog) -> None:
        found.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    return found


def test_a_stray_link_asks_before_a_grid_is_lost(page, live_server, portfolio, asked):
    december = NewBudget(portfolio, date(2026, 12, 1), None, Decimal(50), "USD", date(2026, 1, 1))
    budget_lines.add(None, [december])
    budget = f"{live_server.url}/initiatives/{portfolio.key}/budget/?year=2026"
    page.goto(budget)
    paste(page.locator("[data-sheet] tbody input").first, "100\n200\n")
    page.locator("header a").first.click()
    page.wait_for_function("true")
    assert asked == ["beforeunload"]
    page.locator("[name=delete]").first.click()  # another form: the grid would be lost
    page.wait_for_function("true")
    assert asked == ["beforeunload"] * 2
    page.locator("[name=delete]").first.click()  # whoever stays may press it again
    page.wait_for_function("true")
    assert asked == ["beforeunload"] * 3
    assert page.url == budget
    expect(page.locator("[data-sheet] tbody input").first).to_have_value("100")
    page.get_by_role("button", name="Save the budget").click()
    expect(page.get_by_text("budget lines are added")).to_be_visible()
    assert len(asked) == 3


def test_what_is_put_into_a_grid_and_not_saved_yet_is_asked_for_too(page, live_server, portfolio, asked):
    page.goto(f"{live_server.url}/costs/grid/")
    page.get_by_text("Paste as text").click()
    page.fill("[name=cells]", f"{portfolio.key}\t2026-03-05\tcloud\t1\tUSD")
    page.get_by_role("button", name="Save the costs").last.click()
    expect(page.get_by_text("Not saved yet.", exact=True)).to_be_visible()
    assert asked == []
    page.locator("header a").first.click()
    page.wait_for_function("true")
    assert asked == ["beforeunload"]


def test_filters_ask_nothing(page, live_server, portfolio, asked):
    page.goto(f"{live_server.url}/initiatives/")
    page.locator("main [name=q]").fill("x")
    page.locator("header a").first.click()
    page.wait_for_url(f"{live_server.url}/")
    assert asked == []


def test_the_intake_keeps_what_is_typed_and_cancel_is_meant(page, live_server, portfolio, asked):
    page.goto(f"{live_server.url}/initiatives/new/")
    page.fill("[name=title]", "Faster answers")
    page.locator("header a").first.click()
    page.wait_for_url(f"{live_server.url}/")
    page.goto(f"{live_server.url}/costs/categories/cloud/")
    page.fill("[name=label]", "Clouds")
    page.locator(".buttons a").first.click()
    page.wait_for_url("**/costs/categories/")
    assert asked == []
