"""What stands before the server answers in its place, or nothing does: the page stays, and says so."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from projects.models import IntakeDraft
from tests.factories import InitiativeFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db(transaction=True)

FAILED = "That did not work: the server answered with an error."
# What nginx says of a server that does not answer, word for word.
BAD_GATEWAY = """<html>\r
<head><title>502 Bad Gateway</title></head>\r
<body>\r
<center><h1>502 Bad Gateway</h1></center>\r
<hr><center>nginx/1.22.1</center>\r
</body>\r
</html>\r
"""


def bad_gateway(route: Route) -> None:
    route.fulfill(status=502, content_type="text/html", body=BAD_GATEWAY)


def a_sign_in(route: Route) -> None:
    """Answer as a proxy of an organisation does, which knows of no list."""
    route.fulfill(status=200, content_type="text/html", body="<!doctype html><h1>Sign in to Contoso</h1>")


@pytest.mark.parametrize("answer", [bad_gateway, a_sign_in])
def test_the_list_stays_at_its_address(page: Page, live_server, answer) -> None:
    InitiativeFactory(title="Claims triage", hosting="saas")
    page.goto(f"{live_server.url}/initiatives/")
    page.click("#filter-fields summary")
    page.route("**/initiatives/?*", answer)
    page.select_option("#filter-hosting", "saas")
    expect(page.locator(".toast")).to_contain_text(FAILED)
    expect(page.locator("#list h1")).to_contain_text("1 initiative")
    assert page.url == f"{live_server.url}/initiatives/"
    page.unroute("**/initiatives/?*")
    page.select_option("#filter-hosting", "")
    page.wait_for_url("**/initiatives/?*")  # and the next one works


def test_what_is_typed_is_saved_once_the_server_is_back(page: Page, live_server) -> None:
    page.goto(f"{live_server.url}/initiatives/new/")
    page.route("**/initiatives/new/", bad_gateway)
    page.fill("[name=title]", "Minutes")
    toast = page.locator(".toast")
    expect(toast).to_contain_text(FAILED)
    expect(page.locator("#intake-saved")).to_have_text("Not saved")
    page.wait_for_timeout(6_500)
    expect(toast).to_contain_text(FAILED)  # until somebody has read it
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)
    page.fill("[name=title]", "Minutes of")
    expect(toast).to_have_count(1)
    page.unroute("**/initiatives/new/")
    page.fill("[name=title]", "Minutes of meetings")
    expect(page.locator("#intake-saved")).to_contain_text("Saved")
    expect(toast).to_have_count(0)
    assert IntakeDraft.objects.get().typed["why"]["title"] == ["Minutes of meetings"]


def test_a_report_goes_on_after_an_answer_that_is_none(page: Page, live_server) -> None:
    job = bring_in("costs_csv", "incurred_on,amount,currency,category\n2026-03-05,12,USD,cloud\n")
    type(job).objects.update(state="running", rows_done=500, bytes_done=20)
    page.goto(f"{live_server.url}/imports/{job.pk}/")
    page.route(f"**/imports/{job.pk}/", bad_gateway, times=1)
    with page.expect_response(lambda response: response.status == 502):
        pass
    type(job).objects.update(rows_done=700)
    expect(page.locator("#report")).to_contain_text("700 rows read")
    expect(page.locator(".toast")).to_have_count(0)  # nobody has done anything


def test_what_is_read_in_a_report_stays_while_it_is_taken_back(page: Page, live_server) -> None:
    rows = "".join(f"2026-13-{day % 28 + 1},12,USD,cloud\n" for day in range(45))
    job = bring_in("costs_csv", f"incurred_on,amount,currency,category\n2026-03-05,12,USD,cloud\n{rows}")
    type(job).objects.update(revert_asked_at=timezone.now())
    page.goto(f"{live_server.url}/imports/{job.pk}/")
    page.locator("#report details summary").first.click()
    link = page.get_by_role("link", name="errors.csv")
    link.focus()
    held = link.element_handle()
    for _answer in range(2):
        with page.expect_response(f"**/imports/{job.pk}/"):
            pass
    page.wait_for_timeout(300)
    assert held.evaluate("link => link === document.activeElement")
    assert page.locator("#report details").first.get_attribute("open") is not None


def test_back_leads_to_the_whole_page_of_which_a_part_came_last(page: Page, live_server) -> None:
    job = bring_in("costs_csv", "incurred_on,amount,currency,category\n2026-03-05,12,USD,cloud\n")
    type(job).objects.update(state="running")
    page.goto(f"{live_server.url}/imports/{job.pk}/")
    with page.expect_response(f"**/imports/{job.pk}/"):
        pass
    page.wait_for_timeout(300)
    page.goto(f"{live_server.url}/imports/")
    page.go_back()
    expect(page.locator("header.top")).to_have_count(1)


# While a page is on its way nothing is asked of the one that is left: it looks at itself, presses again, and gives up.
A_MINUTE_LATER = """() => setTimeout(() => {
    const button = document.querySelector("[aria-disabled]");
    window.seen = button && [button.textContent, document.getElementById("live").textContent];
    const now = performance.now() + 60_000;
    performance.now = () => now;
    button?.click();
    setTimeout(() => window.stop(), 300);
}, 1000)"""


def test_a_file_on_its_way_says_so_and_is_not_begun_anew(page: Page, live_server) -> None:
    page.goto(f"{live_server.url}/imports/")
    begun = held_uploads(page)
    page.set_input_files("input[type=file]", {"name": "bill.csv", "mimeType": "text/csv", "buffer": b"a,b"})
    page.evaluate(A_MINUTE_LATER)
    button = page.locator("[data-sending]")
    button.click(no_wait_after=True)
    expect(button).to_have_text("Import")
    assert page.evaluate("window.seen") == ["The file is being sent …"] * 2
    assert len(begun) == 1
    page.evaluate("setTimeout(() => window.stop(), 500)")
    button.click(no_wait_after=True)
    expect(button).not_to_have_attribute("aria-disabled", "true")
    assert len(begun) == 2


def held_uploads(page: Page) -> list[str]:
    """Let no upload come to its end; return the addresses of those begun, as they come."""
    begun: list[str] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            begun.append(route.request.url)
        else:
            route.continue_()

    page.route("**/imports/", hold)
    return begun
