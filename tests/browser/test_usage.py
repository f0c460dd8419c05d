"""Token usage in a real browser: from a model without a price to its price, and to the period priced anew."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from costs.models import CostLine, Repricing, UsageLine
from costs.prices import repricing
from costs.pricing import Tokens
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from tests.browser.pages import faults, listen

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def used() -> None:
    """Usage with a price and without."""
    usage_lines.add(
        None,
        [
            UsageRow(About("test", "openai", model, account="proj-1"), date(2026, 10, 3), Tokens(2_000_000), 40)
            for model in ("gpt-4o", "gpt-0")
        ],
    )


def test_from_a_model_without_a_price_to_its_cost(signed_in, live_server, used):
    signed_in.set_extra_http_headers({"Accept-Language": "en"})
    page = signed_in.new_page()
    heard = listen(page)
    page.goto(f"{live_server.url}/costs/usage/")
    page.get_by_role("link", name="Add a price: gpt-0").click()
    assert page.input_value("[name=since]") == "2026-10-01"
    page.get_by_label("Input, Price", exact=True).fill("1.25")
    page.get_by_role("button", name="Record the price").click()
    expect(page.locator("h1")).to_contain_text("gpt-0")
    page.goto(f"{live_server.url}/costs/usage/")
    page.get_by_role("link", name="Recalculate: gpt-0").click()
    page.get_by_role("button", name="Show the difference").click()
    _worked(page)
    expect(page.locator("h1")).to_contain_text("1 of 2 lines would change.")
    expect(page.locator("main")).to_contain_text("$2.50")
    page.get_by_role("button", name="Apply the new prices").click()
    _worked(page)
    expect(page.locator("h1")).to_contain_text("1 line was recalculated.")
    assert CostLine.objects.live().get(group__sku="gpt-0").amount == 2.5
    assert heard == []


def _worked(page: Page) -> None:
    """Do what the worker does; the page notices by itself."""
    expect(page.locator("#repricing progress")).to_be_visible()
    repricing.run_next()


def test_pages_with_usage_are_accessible(page_as, live_server, used, portfolio):
    line, admin = UsageLine.objects.get(group__sku="gpt-4o"), portfolio.owner
    planned = Repricing.objects.create(
        since=date(2026, 10, 1), until=date(2026, 11, 1), created_by=admin, state="ready", lines=2,
        differences=[
            {"provider": "openai", "model": "gpt-0", "currency_before": "", "currency_after": "USD", "lines": 1,
             "before": "0", "after": "2.5"},
        ],
    )  # fmt: skip
    page = page_as("en", "light", 1440)
    heard, wrong = listen(page), []
    addresses = ("/costs/usage/", f"/costs/usage/lines/{line.key}/", "/costs/usage/pricing/", "/costs/prices/?q=gpt-4o")
    for address in (*addresses, f"/costs/usage/pricing/{planned.pk}/", f"/costs/prices/{line.price_id}/"):
        wrong += faults(page, live_server.url + address, "en")
    assert wrong == []
    assert heard == []
