"""The definition of a figure in a dialog: one at a time, closed by a click beside it, a page where nothing comes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.django_db(transaction=True)

DEFINITIONS = "**/portfolio/figures/**"


@pytest.fixture
def start(page, live_server, portfolio) -> Page:
    """The first page, with links to definitions."""
    page.goto(live_server.url)
    return page


def test_what_is_pressed_twice_opens_once(start):
    start.route(DEFINITIONS, lambda _route: None)  # the server takes its time
    link = start.locator("a[data-definition]").first
    link.click()
    link.click()
    start.unroute(DEFINITIONS)
    start.wait_for_load_state("networkidle")
    expect(start.locator("dialog.definition")).to_have_count(1)
    start.wait_for_timeout(200)
    expect(start.locator("dialog.definition")).to_have_count(1)


def test_one_that_hangs_keeps_no_other_from_opening(start):
    links = start.locator("a[data-definition]")
    hanging, wanted = (links.nth(at).evaluate("link => link.href") for at in (0, 3))
    assert hanging != wanted
    start.route(hanging, lambda route: None if "hx-request" in route.request.headers else route.continue_())
    links.nth(0).click()
    links.nth(3).click()
    expect(start.locator("dialog.definition")).to_have_count(1)
    start.keyboard.press("Escape")
    links.nth(0).click()
    start.wait_for_url(hanging, timeout=12_000)  # which takes too long: it is followed as the link that it is


def test_a_click_into_the_margin_keeps_it_and_a_click_beside_closes_it(start):
    start.locator("a[data-definition]").first.click()
    dialog = start.locator("dialog.definition")
    expect(dialog).to_be_visible()
    box = dialog.bounding_box()
    start.mouse.click(box["x"] + 5, box["y"] + 5)
    expect(dialog).to_be_visible()
    start.mouse.click(box["x"] - 5, box["y"] + 5)
    expect(dialog).to_have_count(0)
    start.locator("a[data-definition]").first.click()  # and it opens again
    expect(dialog).to_be_visible()


def test_where_nothing_comes_the_link_is_followed(start):
    def answer(route: Route) -> None:
        if "hx-request" in route.request.headers:
            route.abort()
        else:
            route.continue_()

    start.route(DEFINITIONS, answer)
    link = start.locator("a[data-definition]").first
    address = link.evaluate("link => link.href")
    link.click()
    start.wait_for_url(address, timeout=8_000)
