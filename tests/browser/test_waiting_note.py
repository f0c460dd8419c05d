"""The note of costs that wait for a worker, in a real browser: it changes by itself, and what is typed stays."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from costs.models import AllocationRun

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_typed_stays_when_a_run_ends(page: Page, live_server) -> None:
    run = AllocationRun.objects.create(about="labels")
    page.goto(f"{live_server.url}/costs/assets/")
    page.get_by_role("button", name="Save the price").click()  # refused: the page is the answer to a form
    page.fill("[name=amount]", "0.3")
    note = page.locator(".runs")
    expect(note).to_contain_text("are being brought to the rules")
    AllocationRun.objects.filter(pk=run.pk).update(finished_at=timezone.now())
    expect(note).to_contain_text("That is done", timeout=10_000)
    assert page.input_value("[name=amount]") == "0.3"
    with page.expect_navigation():
        note.get_by_role("link").click()
    assert page.url == f"{live_server.url}/costs/assets/"
    expect(page.locator("[name=amount]")).to_have_value("")
    expect(note).to_have_count(0)
