"""On paper a why that is too long for the head of a page is whole, and stands there once."""

import pytest

from projects.models import Initiative

LONG = " ".join(f"reason {number}" for number in range(60))


@pytest.mark.parametrize("problem", [LONG, "Short"])
def test_the_why_is_whole_on_paper(page, live_server, portfolio, problem):
    Initiative.objects.update(problem=problem, desired_outcome="Seven minutes")
    page.emulate_media(media="print")
    page.goto(f"{live_server.url}{portfolio.url}")
    told = page.locator("main").inner_text()
    assert told.count(problem) == 1
    assert told.count("Seven minutes") == 1
