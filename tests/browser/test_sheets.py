"""Cells pasted into the tables of registers, budgets and labour: all of them arrive, or it is said which do not."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import expect

from costs.models import Asset, RecurringCost
from tests.browser.walking import paste

pytestmark = pytest.mark.django_db(transaction=True)


def test_months_of_a_share_arrive_as_a_spreadsheet_writes_them(page, live_server, portfolio):
    asset = Asset.objects.get()
    page.goto(f"{live_server.url}/costs/assets/{asset.pk}/edit/")
    paste(page.locator("[name=shares-0-initiative]"), f"{portfolio.key}\t60\t2026/03\tJune\n")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".row-error")).to_contain_text("Write the month as 2026-03.")
    expect(page.locator("[name=shares-0-last_month]")).to_have_value("June")
    page.fill("[name=shares-0-last_month]", "2026/06/15")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**/costs/assets/{asset.pk}/")
    share = asset.shares.get()
    assert (share.first_month, share.last_month) == (date(2026, 3, 1), date(2026, 6, 1))


def test_a_day_of_an_amount_arrives_as_a_spreadsheet_writes_it(page, live_server, portfolio):
    cost = RecurringCost.objects.get()
    page.goto(f"{live_server.url}/costs/recurring/{cost.pk}/edit/")
    paste(page.locator("[name=amounts-1-since]"), "2026/07/01\t1300\n")
    expect(page.locator("[name=amounts-1-since]")).to_have_value("2026/07/01")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**/costs/recurring/{cost.pk}/")
    assert [row.since for row in cost.amounts.order_by("since")] == [date(2026, 1, 1), date(2026, 7, 1)]


def test_what_a_table_of_fixed_size_leaves_out_is_said(page, live_server, portfolio):
    page.goto(f"{live_server.url}/initiatives/{portfolio.key}/budget/?year=2026")
    first = page.locator("[data-sheet] tbody input").first
    paste(first, "100\n" * 12)
    expect(page.locator("[data-sheet-full]")).to_be_hidden()
    paste(first, "100\n" * 24)
    expect(page.locator("[data-sheet-full]")).to_contain_text("more rows than the table")
    expect(page.locator("[data-sheet-over]")).to_be_hidden()
    paste(first, "1\t" * 30 + "1\n")
    expect(page.locator("[data-sheet-over]")).to_be_visible()
    expect(page.locator("[data-sheet-full]")).to_be_hidden()


def test_a_price_beyond_the_last_column_is_said(page, live_server, portfolio):
    page.goto(f"{live_server.url}/costs/prices/new/")
    paste(page.locator("[data-sheet] tbody input").first, "1\t" * 30 + "1\n")
    expect(page.locator("[data-sheet-over]")).to_be_visible()


def test_a_role_that_is_in_no_list_is_kept_in_sight(page, live_server, portfolio):
    page.goto(f"{live_server.url}/costs/labour/?year=2026")
    paste(page.locator("[name=new-0-initiative]"), f"{portfolio.key}\tEngineer\t1\n{portfolio.key}\tPilot\t2\n")
    expect(page.locator("[name=new-0-role] option:checked")).to_have_text("Engineer")
    role = page.locator("[name=new-1-role]")
    expect(role).to_have_value("")
    expect(role).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[data-sheet-unknown]")).to_contain_text("Pilot")
    role.select_option("Engineer")
    expect(role).not_to_have_attribute("aria-invalid", "true")


def test_what_is_typed_into_a_grid_of_days_begins_below_its_head(page, live_server, portfolio):
    page.goto(f"{live_server.url}/costs/labour/?year=2026")
    begins = page.evaluate("""() => ["thead th:nth-child(1)", "[name=new-0-initiative]",
        "thead th:nth-child(2)", "[name=new-0-role]"].map((selector) => {
            const element = document.querySelector(`[data-sheet] ${selector}`);
            return element.getBoundingClientRect().left + parseFloat(getComputedStyle(element).paddingLeft);
        })""")
    assert abs(begins[0] - begins[1]) <= 1
    assert abs(begins[2] - begins[3]) <= 1
