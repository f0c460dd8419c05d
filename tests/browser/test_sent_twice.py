"""A form sent again by a real browser without scripts, after "Back"."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from outcomes.models import Measurement
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plain(browser_type, browser_type_launch_args, signed_in) -> Iterator[Page]:
    """A page of the administrator without scripts, in a browser that keeps pages to go back to, as people's do."""
    keeps_pages = {"executable_path": str(CHROMIUM), "ignore_default_args": ["--disable-back-forward-cache"]}
    browser = browser_type.launch(**browser_type_launch_args | keeps_pages)
    context = browser.new_context(java_script_enabled=False, storage_state=signed_in.storage_state(), locale="en")
    yield context.new_page()
    browser.close()


def test_a_reading_sent_again_after_going_back_is_there_once(plain, live_server, portfolio):
    address = f"{live_server.url}/outcomes/{portfolio.outcomes.get().pk}/readings/new/"
    before = Measurement.objects.count()
    plain.goto(address)
    plain.fill("[name=value]", "9")
    plain.click("form.form button.btn")
    plain.wait_for_url("**/outcomes/")
    plain.go_back(wait_until="commit")  # a kept page is not loaded again
    assert plain.input_value("[name=value]") == "9"
    plain.click("form.form button.btn")
    plain.wait_for_url("**/outcomes/")
    assert "You sent this form already" in plain.inner_text("body")
    assert Measurement.objects.count() == before + 1
