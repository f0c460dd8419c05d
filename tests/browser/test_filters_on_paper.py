"""On paper a list says what it is filtered by, although its filters are folded on a telephone, and nothing else."""

import pytest
from playwright.sync_api import Page

SAID = """form => [...form.querySelectorAll("input:not([type=hidden]), select")].filter(field => field.offsetWidth)
    .map(field => `${field.name}=${field.type == "checkbox" ? field.checked : field.value}`)"""


def printed(page: Page, address: str) -> list[str]:
    """Return the fields of the search that are on paper, with what they say."""
    page.set_viewport_size({"width": 700, "height": 900})
    page.emulate_media(media="print")
    page.goto(address)
    assert not page.locator("form.card[role=search] summary:visible, form.card[role=search] .btn:visible").count()
    return page.locator("form.card[role=search]").evaluate(SAID)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("", []),
        ("?initiative={key}&source=manual", ["initiative={key}", "source=manual"]),
        ("?vendor=Stratus&since=2025-01&recoverable=on", ["vendor=Stratus", "since=2025-01", "recoverable=true"]),
    ],
)
def test_the_ledger_says_what_it_is_filtered_by(page, live_server, portfolio, asked, said):
    found = printed(page, f"{live_server.url}/costs/{asked.format(key=portfolio.key)}")
    assert found == [each.format(key=portfolio.key) for each in said]
    assert page.locator("form.card[role=search]").is_visible() == bool(said)


def test_prices_say_what_they_are_filtered_by(page, live_server, portfolio):
    assert "q=claude" in printed(page, f"{live_server.url}/costs/prices/?q=claude")
