"""Costs on a telephone: rows come as they are needed, tabs show where one is, what a key was called goes with it."""

import re

import pytest
from playwright.sync_api import Page, expect

from costs.models import AllocationRule, Asset
from tests.browser.walking import paste

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def telephone(page: Page) -> Page:
    page.set_viewport_size({"width": 390, "height": 844})
    return page


def rows_in_sight(page: Page) -> int:
    return page.locator("[data-sheet] tbody tr:visible").count()


def test_a_blank_row_stands_below_what_is_typed_and_all_of_what_is_pasted_is_there(telephone, live_server, portfolio):
    telephone.goto(f"{live_server.url}/costs/grid/")
    assert rows_in_sight(telephone) == 3
    telephone.get_by_label("Vendor, row 3").fill("Stratus")
    assert rows_in_sight(telephone) == 4
    paste(telephone.get_by_label("Initiative, row 1"), "AI-0001\t2026-03-31\n" * 6)
    assert rows_in_sight(telephone) == 7  # six, and a blank one
    telephone.get_by_role("button", name="More rows").click()
    expect(telephone.get_by_label("Vendor, row 18")).to_be_visible()


def test_of_tabs_wider_than_the_screen_the_one_that_is_shown_is_in_sight(telephone, live_server, portfolio):
    telephone.goto(f"{live_server.url}/costs/ai-categories/")
    for name in ("Settings", "AI categories"):
        expect(telephone.locator("[aria-current]", has_text=re.compile(f"^\\s*{name}\\s*$")).last).to_be_in_viewport()


def test_what_a_key_was_called_goes_once_another_is_typed(telephone, live_server, portfolio):
    telephone.goto(f"{live_server.url}/costs/assets/{Asset.objects.first().pk}/edit/")
    expect(telephone.locator(".called")).to_have_count(1)
    telephone.locator("[name=shares-0-initiative]").fill("AI-0002")
    expect(telephone.locator(".called")).to_have_count(0)


def test_a_rule_names_the_initiative_whose_key_is_typed(telephone, live_server, portfolio):
    telephone.goto(f"{live_server.url}/costs/allocation/{AllocationRule.objects.get().pk}/")
    said = telephone.locator("#id_initiative_0_help")
    expect(said).to_have_text(portfolio.title)
    for key, title in (("AI-9999", ""), (portfolio.key.lower(), portfolio.title)):
        telephone.locator("[name=initiative_0]").fill(key)
        expect(said).to_have_text(title)


def test_filters_of_the_ledger_are_folded_and_say_how_many_are_set(telephone, live_server, portfolio):
    telephone.goto(f"{live_server.url}/costs/?vendor=Stratus&unallocated=on")
    folded = telephone.get_by_text("Filters (2)", exact=True)
    expect(folded).to_be_visible()
    expect(telephone.get_by_label("Vendor", exact=True)).to_be_hidden()
    expect(telephone.get_by_role("heading", name="Cost lines")).to_be_in_viewport()
    folded.click()
    expect(telephone.get_by_label("Vendor", exact=True)).to_have_value("Stratus")
    telephone.set_viewport_size({"width": 1440, "height": 900})
    telephone.reload()
    expect(telephone.get_by_label("Vendor", exact=True)).to_be_visible()
    expect(folded).to_be_hidden()


def test_what_is_done_with_a_reading_is_large_enough_for_a_finger(telephone, live_server, portfolio):
    telephone.goto(f"{live_server.url}/outcomes/{portfolio.outcomes.get().pk}/")
    doing = telephone.locator(".doing").first
    heights = {
        each.inner_text().strip(): each.bounding_box()["height"]
        for each in [*doing.get_by_role("button").all(), *doing.get_by_role("link").all()]
    }
    assert list(heights) == ["Validate", "Correct", "Withdraw"]
    assert [name for name, height in heights.items() if height < 44] == []
