"""What pointer and finger find: reasons within rows that are links, values of a chart."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.factories import InitiativeFactory

pytestmark = pytest.mark.django_db(transaction=True)

UNDER_THE_POINTER = """(element) => {
    const box = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
}"""


def test_the_reason_of_a_dash_is_had_in_a_row_that_is_a_link(page, live_server):
    InitiativeFactory()
    page.goto(f"{live_server.url}/initiatives/")
    dash = page.locator(".rows .missing").first
    assert dash.get_attribute("title")
    assert dash.evaluate(UNDER_THE_POINTER)


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
