"""Cost pages by keyboard alone: the explorer, a month to reconcile, a price of one's own, the grid of a budget."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from costs.models import AllocationRule, BudgetLine, ChargeGroup, Kind, Reconciliation, TokenPrice
from costs.pricing import Tokens
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from tests.browser.pages import faults, listen
from tests.browser.walking import fill, press, tab_to
from tests.costs.factories import add_line

pytestmark = pytest.mark.django_db(transaction=True)
MONTH = "/costs/reconciliation/openai/2026-10/"


@pytest.fixture
def metered() -> None:
    """A month of a provider: usage that we price, a model without a price, and a bill."""
    about = [About("test", "openai", model, account="proj-1") for model in ("gpt-4o", "gpt-0")]
    usage_lines.add(None, [UsageRow(each, date(2026, 10, 3), Tokens(2_000_000, 500_000), 40) for each in about])
    line = add_line(None, "2026-10-03", "7.5", vendor="openai")
    ChargeGroup.objects.filter(pk=line.group_id).update(kind=Kind.BILL, sku="gpt-4o, input")


def test_the_explorer_from_another_grouping_to_the_lines_of_a_cell_and_back(page, live_server, portfolio):
    heard = listen(page)
    page.goto(f"{live_server.url}/costs/explore/?since=2025-01&until=2025-12")
    tab_to(page, "Rows")
    page.keyboard.type("Init")
    tab_to(page, "Columns")
    page.keyboard.type("Cat")
    press(page, "Show")
    assert "rows=initiative" in page.url
    assert "columns=category" in page.url
    grouped = page.url
    tab_to(page, "Gross cost")  # the table itself, so that it can be moved sideways
    press(page, page.locator(".pivot tbody td a").first.inner_text())
    expect(page.locator("h1")).to_contain_text("line")
    page.go_back()
    assert page.url == grouped
    assert heard == []


def test_a_month_is_marked_as_reconciled_with_a_note(page, live_server, metered):
    heard = listen(page)
    page.goto(f"{live_server.url}/costs/reconciliation/")
    press(page, page.locator(".row-link").first.inner_text())
    fill(page, "Note", "Agreed with purchasing")
    press(page, "Mark as reconciled")
    assert Reconciliation.objects.get().note == "Agreed with purchasing"
    expect(page.locator(".crumb")).to_contain_text("Reconciled")
    expect(page.locator("main")).to_contain_text("Agreed with purchasing")
    press(page, "Open again")
    expect(page.locator(".crumb")).to_contain_text("Open")
    assert not Reconciliation.objects.exists()
    assert heard == []


def test_a_price_of_ones_own_from_the_model_that_lacks_one(page, live_server, metered):
    heard = listen(page)
    page.goto(f"{live_server.url}/costs/usage/")
    press(page, "Add a price: gpt-0")
    fill(page, "Input, Price", "1.25")
    fill(page, "Cached input, Price", "0.5")
    press(page, "Record the price")
    price = TokenPrice.objects.own().get()
    assert (price.model, price.row.rates[0].prices["input"]) == ("gpt-0", Decimal("1.25"))
    assert heard == []


def test_enter_in_a_rule_saves_it(page, live_server, portfolio):
    rule = AllocationRule.objects.get()
    page.goto(f"{live_server.url}/costs/allocation/{rule.pk}/")
    fill(page, "Priority", "7")
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile(f"/{rule.pk}/$"))
    rule.refresh_from_db()
    assert rule.priority == 7


def test_the_grid_of_a_budget(page, live_server, portfolio):
    heard = listen(page)
    page.goto(f"{live_server.url}/initiatives/{portfolio.key}/budget/?year=2026")
    first = page.locator(".budget-sheet input").nth(1)
    fill(page, first.get_attribute("aria-label"), "1200")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.budget-sheet') !== null")  # the next cell, in reading order
    with page.expect_navigation():  # Enter saves: the button is 100 cells away
        page.keyboard.press("Enter")
    assert [line.amount for line in BudgetLine.objects.all()] == [1200]
    assert heard == []


def test_pages_of_reconciliation_are_accessible(page_as, live_server, metered):
    page = page_as("ja", "dark", 390)
    heard, wrong = listen(page), []
    for address in ("/costs/reconciliation/", MONTH, "/costs/usage/", "/costs/prices/?q=gpt-4o"):
        wrong += faults(page, live_server.url + address, "ja")
    assert wrong == []
    assert heard == []


@pytest.mark.parametrize("address", ["/initiatives/{key}/budget/", "/costs/labour/"])
def test_a_grid_of_a_hundred_inputs_is_passed_in_one_step(page, live_server, portfolio, address):
    page.goto(live_server.url + address.format(key=portfolio.key))
    press(page, "Past the table, to saving")
    page.keyboard.press("Tab")
    after = page.evaluate("document.activeElement.closest('#past-the-grid') !== null")
    assert after
    assert page.evaluate("document.activeElement.getBoundingClientRect().bottom <= innerHeight")


@pytest.mark.parametrize("address", ["/costs/assets/new/", "/costs/recurring/new/", "/costs/labour/roles/new/"])
def test_rows_of_a_register_fit_a_telephone(page, live_server, portfolio, address):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}{address}")
    widths = page.eval_on_selector_all(".sheet", "all => all.map(one => one.scrollWidth - one.clientWidth)")
    assert widths
    assert max(widths) <= 0


def test_an_identifier_of_a_cloud_breaks_instead_of_pushing_the_button_out_of_the_card(page, live_server, portfolio):
    add_line(
        None,
        "2025-05-01",
        "1",
        vendor="Oracle",
        tags={"app": "ocid1.tenancy.oc1..aaaaaaaa" + "qnpeq6xok1okj8vknc9p" * 5},
    )
    page.goto(f"{live_server.url}/costs/unallocated/?by=vendor&by=tag:app&by=source")
    wrap = page.locator(".table-wrap", has=page.get_by_role("link", name="Make a rule").first)
    assert wrap.evaluate("one => one.scrollWidth - one.clientWidth") <= 0
