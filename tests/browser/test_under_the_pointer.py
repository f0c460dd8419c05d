"""What pointer and finger find: reasons within rows that are links, values of a chart."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.pages import listen, violations
from tests.browser.walking import tab_to
from tests.factories import InitiativeFactory

pytestmark = pytest.mark.django_db(transaction=True)

UNDER_THE_POINTER = """(element) => {
    const box = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
}"""

IN_SIGHT = """(element) => {
    const box = element.getBoundingClientRect();
    return box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
}"""


def test_the_reason_of_a_dash_is_had_in_a_row_that_is_a_link(page, live_server):
    InitiativeFactory()
    page.goto(f"{live_server.url}/initiatives/")
    dash = page.locator(".rows .missing").first
    assert dash.get_attribute("title")
    assert dash.evaluate(UNDER_THE_POINTER)


def test_the_reason_of_a_dash_is_had_by_keyboard_and_finger(page, live_server):
    for _number in range(3):
        InitiativeFactory()
    page.goto(f"{live_server.url}/initiatives/?columns=guidance&columns=planned&columns=gross_cost")
    dashes, tip = page.locator(".rows .missing"), page.locator(".reason-tip")
    expect(dashes).to_have_count(9)
    expect(page.locator(".rows .missing[tabindex='0']")).to_have_count(1)  # a table is one stop
    tab_to(page, "—")
    expect(tip).to_have_text("Not a prototype")
    page.keyboard.press("ArrowRight")
    expect(tip).to_have_text("No date is planned.")
    page.keyboard.press("ArrowDown")
    expect(dashes.nth(4)).to_be_focused()
    page.keyboard.press("End")
    expect(tip).to_have_text("No cost is recorded.")
    assert tip.evaluate(IN_SIGHT)
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(tip).to_have_count(0)
    dashes.first.dispatch_event("pointerup", {"pointerType": "touch"})
    expect(tip).to_have_text("Not a prototype")
    page.locator("h1").dispatch_event("pointerup", {"pointerType": "touch"})
    expect(tip).to_have_count(0)


def test_all_digits_of_a_figure_are_had_by_keyboard(page, live_server, portfolio):
    heard = listen(page)
    page.goto(f"{live_server.url}/costs/")
    figure = page.locator("main data[title]").first
    figure.focus()
    expect(page.locator(".reason-tip")).to_have_text(figure.get_attribute("title"))
    assert heard == []


def test_a_value_of_a_chart_stays_when_the_finger_is_lifted(page, live_server, portfolio):
    page.goto(live_server.url)
    chart = page.locator(".chart-plot[data-points]").first
    chart.focus()
    page.keyboard.press("ArrowRight")
    tip = chart.locator(".chart-tip")
    chart.dispatch_event("pointerleave", {"pointerType": "touch"})
    expect(tip).to_be_visible()
    chart.dispatch_event("pointerleave", {"pointerType": "mouse"})
    expect(tip).to_be_hidden()
