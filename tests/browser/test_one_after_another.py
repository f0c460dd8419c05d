"""What is done faster than the server answers: what came last counts, and nothing of it is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from projects.models import IntakeDraft
from tests.factories import InitiativeFactory

pytestmark = pytest.mark.django_db(transaction=True)


def hold(page: Page, address: str) -> None:
    """Keep requests to an address waiting, as a slow server does, until `page.unroute` lets them go."""
    page.route(address, lambda _route: None)


def test_a_search_is_one_step_of_the_way_back(page, live_server):
    InitiativeFactory(title="Claims triage")
    page.goto(f"{live_server.url}/initiatives/")
    before = page.evaluate("history.length")
    page.locator("#filter-q").press_sequentially("claims")
    page.press("#filter-q", "Enter")  # the field has changed, and its form is sent
    page.wait_for_url("**q=claims**")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("history.length") == before + 1
    assert page.text_content("#live") == "1 initiative, not in production yet."  # who does not see the list is told


def test_filters_chosen_quickly_all_hold(page, live_server):
    InitiativeFactory(title="Claims triage", hosting="saas")
    page.goto(f"{live_server.url}/initiatives/")
    page.click("#filter-fields summary")
    hold(page, "**/initiatives/?*")
    for name, value in (("stage", "draft"), ("hosting", "saas"), ("guidance", "aimless")):
        page.select_option(f"#filter-{name}", value)
        page.wait_for_timeout(50)
    page.unroute("**/initiatives/?*")
    page.wait_for_url("**guidance=aimless**", timeout=8_000)
    expect(page.locator("#list .chip.on")).to_have_count(3)
    assert [page.input_value(f"#filter-{name}") for name in ("stage", "hosting", "guidance")] == [
        "draft",
        "saas",
        "aimless",
    ]
    expect(page.locator(".toast")).to_have_count(0)


def test_what_is_typed_while_a_filter_is_answered_stays(page, live_server):
    InitiativeFactory(title="Claims triage", hosting="saas")
    page.goto(f"{live_server.url}/initiatives/")
    page.click("#filter-fields summary")
    held: list[Route] = []
    page.route("**/initiatives/?*", lambda route: held.append(route))
    page.select_option("#filter-hosting", "saas")
    expect(page.locator("#list")).to_have_class("htmx-request")  # what stands there is not the answer yet
    page.locator("#filter-q").press_sequentially("claims")
    held[0].continue_()
    expect(page.locator("#list .chip.on")).to_have_count(1)
    expect(page.locator("#filter-q")).to_have_value("claims")
    expect(page.locator("#filter-q")).to_be_focused()
    page.unroute("**/initiatives/?*")
    page.press("#filter-q", "Enter")
    page.wait_for_url("**q=claims**")


def test_the_last_words_are_saved_while_the_server_is_slow(page, live_server):
    alike = InitiativeFactory(title="Routing of motor claims")
    page.goto(f"{live_server.url}/initiatives/new/")
    page.fill("[name=title]", "Minutes")
    expect(page.locator("#intake-saved")).to_contain_text("Saved")
    hold(page, "**/initiatives/new/**")
    for words in ("Routing", "Routing of", "Routing of motor claims"):
        page.fill("[name=title]", words)
        page.wait_for_timeout(1_300)  # as long as it takes until a save is asked for
    with page.expect_request_finished(lambda request: "motor" in (request.post_data or ""), timeout=8_000):
        page.unroute("**/initiatives/new/**")
    expect(page.locator("#intake-side")).to_contain_text(alike.key)
    assert IntakeDraft.objects.get().typed["why"]["title"] == ["Routing of motor claims"]


def test_what_is_taken_out_again_while_it_is_saved_is_out(page, live_server):
    page.goto(f"{live_server.url}/initiatives/new/")
    page.fill("[name=title]", "Routing")
    expect(page.locator("#intake-saved")).to_contain_text("Saved")
    hold(page, "**/initiatives/new/**")
    for words in ("Slow", ""):
        page.fill("[name=problem]", words)
        page.wait_for_timeout(1_300)
    with page.expect_request_finished(lambda request: "&problem=&" in (request.post_data or ""), timeout=8_000):
        page.unroute("**/initiatives/new/**")
    assert IntakeDraft.objects.get().typed["why"]["problem"] == [""]
