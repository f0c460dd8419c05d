"""The page of the API: what is ours around Swagger UI, once that is drawn."""

import pytest

from tests.browser.pages import listen, scrolls_sideways, violations

pytestmark = [pytest.mark.django_db(transaction=True)]
NOT_OURS = {"nested-interactive", "target-size"}  # Swagger UI's own markup: links in buttons


def test_it_is_drawn_on_a_page_of_ours(page_as, live_server):
    page = page_as("ja", "dark", 390)
    heard = listen(page)
    page.goto(f"{live_server.url}/api/v1/docs")
    page.locator(".opblock").first.wait_for()
    assert page.get_attribute("html", "lang") == "ja"
    assert page.locator("h1:visible").count() == 1
    assert [found for found in violations(page) if found.split(":")[0] not in NOT_OURS] == []
    assert not scrolls_sideways(page)
    assert heard == []
