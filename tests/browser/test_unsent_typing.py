"""Who leaves a form with something typed that was not sent is asked first."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import OperationalError
from playwright.sync_api import Page, Route, expect
from psycopg.errors import LockNotAvailable

from costs import lines
from costs.budgets import lines as budget_lines
from costs.budgets.lines import NewBudget
from costs.models import CostLine, LabourDays
from costs.new_line import NewLine
from projects import transitions
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


# What answers a form that was sent and not taken holds all that was typed, and nothing of it is saved.


def leave(page: Page) -> None:
    """Press a link that leads away."""
    page.locator("header a").first.click()
    page.wait_for_function("true")


def test_what_other_writes_were_in_the_way_of_is_asked_for(page, live_server, portfolio, asked, monkeypatch):
    def too_late(*_args, **_named) -> None:
        raise OperationalError from LockNotAvailable

    monkeypatch.setattr("costs.lines.correct", too_late)
    line = CostLine.objects.live().shown().get(invoice_ref="INV-1")
    page.goto(f"{live_server.url}/costs/lines/{line.key}/")
    page.fill("[name=amount]", "13")
    page.get_by_role("button", name="Save the correction").click()
    expect(page.locator("h1")).to_have_text("Send what you had typed?")
    leave(page)
    assert asked == ["beforeunload"]
    page.get_by_role("link", name="Throw it away").click()
    page.wait_for_url(f"{live_server.url}/")
    assert asked == ["beforeunload"]


def test_a_correction_that_came_too_late_is_asked_for(page, live_server, portfolio, asked):
    line = CostLine.objects.live().shown().get(invoice_ref="INV-1")
    page.goto(f"{live_server.url}/costs/lines/{line.key}/")
    lines.correct(None, line, replace(NewLine.of(line), amount=Decimal(14)))
    page.fill("[name=amount]", "13")
    page.get_by_role("button", name="Save the correction").click()
    expect(page.locator(".note.bad")).to_contain_text("Somebody else has corrected this line meanwhile.")
    leave(page)
    assert asked == ["beforeunload"]


def test_a_move_that_came_too_late_is_asked_for(page, live_server, portfolio, asked):
    page.goto(f"{live_server.url}/initiatives/{portfolio.key}/stage/")
    transitions.redate(portfolio, portfolio.transitions.latest("position").pk, date(2025, 7, 2), None)
    page.fill("[name=rationale]", "The board said so")
    page.locator("main form .btn:not(.quiet)").first.click()
    expect(page.locator("main [role=alert]").first).to_contain_text("meanwhile")
    leave(page)
    assert asked == ["beforeunload"]


def test_days_of_a_row_that_somebody_took_away_are_asked_for(page, live_server, portfolio, asked):
    page.goto(f"{live_server.url}/costs/labour/?year=2026")
    LabourDays.objects.all().delete()
    page.locator("[data-sheet] tbody input.days").first.fill("7")
    page.get_by_role("button", name="Save the days").click()
    expect(page.locator(".note.bad")).to_contain_text("Somebody else has taken away all days of a row meanwhile.")
    leave(page)
    assert asked == ["beforeunload"]


@pytest.mark.parametrize("wrong", ["approved_on", "copy_percent", "spread_amount"])
def test_a_budget_that_is_refused_is_asked_for(page, live_server, portfolio, asked, wrong):
    page.goto(f"{live_server.url}/initiatives/{portfolio.key}/budget/?year=2026")
    paste(page.locator("[data-sheet] tbody input").first, "100\n200\n")
    page.locator("details.more-fields").evaluate_all("all => all.forEach((each) => { each.open = true; })")
    page.fill(f"[name={wrong}]", {"approved_on": "", "copy_percent": "many", "spread_amount": "much"}[wrong])
    page.get_by_role("button", name="Save the budget").click()
    expect(page.locator(f"[name={wrong}]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[data-sheet] tbody input").first).to_have_value("100")
    leave(page)
    assert asked == ["beforeunload"]


def test_an_invoice_of_no_line_is_asked_for(page, live_server, portfolio, asked):
    page.goto(f"{live_server.url}/costs/recoverable/")
    page.fill("form[method=post] [name=invoice_ref]", "INV-2")
    page.get_by_role("button", name="Mark the selected lines as billed").click()
    expect(page.locator(".note.bad")).to_be_visible()
    expect(page.locator("form[method=post] [name=invoice_ref]")).to_have_value("INV-2")
    leave(page)
    assert asked == ["beforeunload"]


def test_what_is_asked_back_is_asked_for(page, live_server, portfolio, asked):
    page.goto(f"{live_server.url}/outcomes/{portfolio.outcomes.get().pk}/readings/new/")
    page.fill("[name=value]", "900000")
    page.locator("main form .btn:not(.quiet)").first.click()
    expect(page.get_by_text("Nothing is saved yet: there is a remark below.")).to_be_visible()
    leave(page)
    assert asked == ["beforeunload"]


def test_rows_that_are_read_and_not_saved_yet_are_asked_for(page, live_server, portfolio, asked):
    page.goto(f"{live_server.url}/costs/labour/?year=2026")
    page.get_by_text("Paste days from a list").click()
    page.fill("[name=cells]", f"{portfolio.key}\tData engineer\t2026-03\tmany")
    page.get_by_role("button", name="Check the rows").click()
    expect(page.locator(".note.bad")).to_contain_text("1 row has something wrong.")
    leave(page)
    assert asked == ["beforeunload"]


# A browser breaks off what is on its way before it asks about leaving.


@pytest.fixture
def held(page: Page) -> list[Route]:
    """The forms that were sent and that the server has not answered yet; all of a page is in sight."""
    found: list[Route] = []
    page.route("**/*", lambda route: found.append(route) if route.request.method == "POST" else route.continue_())
    page.set_viewport_size({"width": 1440, "height": 4000})
    return found


@pytest.fixture
def answers(page: Page) -> list[str]:
    """The questions that the browser has asked on this page; the person leaves each time."""
    found: list[str] = []

    def leave(dialog) -> None:
        found.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    return found


def place(page: Page, name: str) -> tuple[float, float]:
    """Return where something is, to be pressed while a page is on its way, when nothing else is told of this one."""
    box = page.locator(name).first.bounding_box()
    return box["x"] + 5, box["y"] + 5


def choose_a_file(page: Page, live_server) -> None:
    page.goto(f"{live_server.url}/imports/")
    file = b"incurred_on,amount,currency,category\n2026-03-05,12,USD,cloud\n"
    page.set_input_files("[name=file]", {"name": "costs.csv", "mimeType": "text/csv", "buffer": file})


def test_a_file_on_its_way_is_broken_off_only_when_that_is_meant(page, live_server, asked, held):
    choose_a_file(page, live_server)
    link, find = place(page, "header a"), place(page, "header [name=q]:visible")
    page.mouse.click(*place(page, "[data-sending]"))
    page.wait_for_timeout(500)
    assert (asked, len(held)) == ([], 1)
    page.mouse.click(*link)
    page.wait_for_timeout(300)
    assert asked == ["confirm"]
    page.mouse.click(*find)
    page.keyboard.type("claims")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert asked == ["confirm"] * 2
    held[0].continue_()
    page.wait_for_url(re.compile(r"/imports/\d+/"))
    assert len(held) == 1


def test_closing_the_page_of_a_file_on_its_way_is_asked_for(page, live_server, asked, held):
    choose_a_file(page, live_server)
    button = place(page, "[data-sending]")
    page.mouse.click(*button)
    page.wait_for_timeout(500)
    page.close(run_before_unload=True)
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    page.mouse.click(*button)  # Chromium breaks it off when it asks; the file is still chosen
    page.wait_for_timeout(500)
    assert (asked, len(held)) == (["beforeunload"], 2)


def test_who_breaks_a_file_off_is_asked_once(page, live_server, answers, held):
    choose_a_file(page, live_server)
    link = place(page, "header a")
    page.mouse.click(*place(page, "[data-sending]"))
    page.wait_for_timeout(500)
    page.mouse.click(*link)
    page.wait_for_url(f"{live_server.url}/")
    assert answers == ["confirm"]


def test_who_leaves_a_grid_by_a_button_presses_it_once(page, live_server, portfolio, answers, held):
    december = NewBudget(portfolio, date(2026, 12, 1), None, Decimal(50), "USD", date(2026, 1, 1))
    budget_lines.add(None, [december])
    page.goto(f"{live_server.url}/initiatives/{portfolio.key}/budget/?year=2026")
    paste(page.locator("[data-sheet] tbody input").first, "100\n200\n")
    button = place(page, "[name=delete]")
    for _press in range(2):
        page.mouse.click(*button)
        page.wait_for_timeout(1500)
    assert (answers, len(held)) == (["beforeunload"], 1)
    held[0].continue_()
    expect(page.locator("h1")).to_contain_text("Delete this budget line of")
