"""The row of a large file in a real browser: looked for when somebody asks, with a script and without one."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from costs.models import CostLine
from imports import tables
from imports.kinds import FileKind
from tests.browser.pages import listen
from tests.imports.files import SAMPLES, bring_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_row_comes_into_the_page_when_it_is_asked_for(signed_in, live_server, monkeypatch):
    bring_in("costs_csv", SAMPLES / "costs.csv")
    monkeypatch.setitem(tables.AT_ONCE, FileKind.CSV, 0)
    page = signed_in.new_page()
    heard = listen(page)
    address = f"{live_server.url}/costs/lines/{CostLine.objects.latest('recorded_at').key}/"
    page.goto(address)
    expect(page.locator("dt", has_text="incurred_on")).to_have_count(0)
    page.locator("a[href$='/row/']").click()
    expect(page.locator("dt", has_text="incurred_on")).to_have_count(1)
    expect(page.get_by_role("heading", name="The row of the file")).to_be_focused()
    assert page.url == address
    assert heard == []
