"""Ways that somebody goes without a mouse: every stop is reached with Tab and seen, Escape closes and gives back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from imports.models import Import
from imports.tasks import run_import
from projects import initiatives, transitions
from projects.stages import Stage
from tests.browser.pages import listen
from tests.browser.walking import NAMED, fill, press, tab_to
from tests.factories import InitiativeFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_portfolio_through_a_figure_to_its_rows(page, live_server, portfolio):
    heard = listen(page)
    page.goto(live_server.url)
    tab_to(page, "How is this computed? In production")
    page.keyboard.press("Enter")
    expect(page.locator("dialog.definition .formula")).to_be_visible()
    press(page, "1 initiative stands behind it")
    press(page, portfolio.key)
    assert page.text_content("h1") == portfolio.title
    assert heard == []


def test_from_the_portfolio_to_all_that_need_a_decision(page, live_server, django_user_model):
    owner = django_user_model.objects.create_user("o@example.org", "x", name="Olive", role="portfolio")
    for number in range(6):
        late = initiatives.create(
            owner,
            title=f"Late {number}",
            owner=owner,
            planned_production_on=date(2025, 5, 1),
            plan_agreed_on=date(2025, 1, 1),
        )
        for stage, day in ((Stage.PROPOSED, date(2025, 1, 1)), (Stage.PROTOTYPE, date(2025, 2, 1))):
            transitions.move(late, stage, day, owner)
    page.goto(live_server.url)
    press(page, "all 6")
    press(page, late.key)
    assert page.text_content("h1") == "Late 5"


def test_the_list_is_filtered_sorted_paged_and_its_columns_chosen(page, live_server, django_user_model):
    owner = django_user_model.objects.create_user("o@example.org", "x", name="Olive", role="portfolio")
    for number in range(51):
        initiatives.create(owner, title=f"Initiative {number:02d}", problem="Slow", hosting="saas", owner=owner)
    page.goto(f"{live_server.url}/initiatives/")
    tab_to(page, "Filters")
    page.keyboard.press("Enter")
    tab_to(page, "Hosting")
    page.keyboard.type("S")
    page.wait_for_url("**hosting=saas**")  # the list follows at once, and the way goes on from the same field
    expect(page.locator("#list .chip.on")).to_contain_text("SaaS")
    assert page.evaluate(NAMED).startswith("Hosting")
    press(page, "Apply")
    assert "hosting=saas" in page.url
    tab_to(page, "Columns")
    page.keyboard.press("Enter")
    tab_to(page, "Tags")
    page.keyboard.press("Escape")
    assert page.evaluate(NAMED) == "Columns"
    expect(page.locator("#column-tags")).to_be_hidden()
    page.keyboard.press("Enter")
    tab_to(page, "Tags")
    page.keyboard.press("Space")
    press(page, "Show")
    assert "hosting=saas" in page.url and "columns=tags" in page.url
    press(page, "Title")
    expect(page.locator("tbody .row-link").first).to_have_text("Initiative 00")
    press(page, "Page 2")
    expect(page.locator("tbody .row-link")).to_have_text(["Initiative 50"])


def test_a_day_is_typed_whole_before_the_list_follows(page, live_server):
    InitiativeFactory(title="Claims triage")
    page.goto(f"{live_server.url}/initiatives/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    tab_to(page, "Filters")
    page.keyboard.press("Enter")
    tab_to(page, "As of")
    page.keyboard.type("03152026", delay=150)  # each digit of the year makes another day that is valid
    page.wait_for_load_state("networkidle")
    assert page.input_value("#filter-as_of") == "2026-03-15"
    assert asked == []
    page.keyboard.press("Enter")
    page.wait_for_url("**as_of=2026-03-15**")
    expect(page.locator("#list .chip.on")).to_contain_text("15 March 2026")


def test_a_day_that_is_picked_counts_at_once(page, live_server):
    InitiativeFactory(title="Claims triage")
    page.goto(f"{live_server.url}/initiatives/")
    page.get_by_text("Filters", exact=True).click()
    day = page.locator("#filter-as_of")
    day.click(position={"x": 20, "y": 15})
    page.keyboard.type("03", delay=150)
    pick(day, "2026-03-15")  # though some of it had been typed
    page.wait_for_url("**as_of=2026-03-15**")
    expect(page.locator("#list .chip.on")).to_contain_text("15 March 2026")
    pick(day, "")
    expect(page.locator("#list .chip.on")).to_have_count(0)


def pick(day, value: str) -> None:
    """Do what the calendar of a browser does, which no test reaches: a press, a value, and no key."""
    day.dispatch_event("pointerdown")
    day.evaluate(
        """(day, value) => {
            day.value = value;
            for (const kind of ["input", "change"]) day.dispatchEvent(new Event(kind, {bubbles: true}));
        }""",
        value,
    )


def test_an_unknown_file_is_mapped_tried_and_its_errors_read(page, live_server, portfolio, tmp_path):
    file = Path(tmp_path) / "bill.csv"
    file.write_text("Day;Betrag;Team\n2026-03-05;12.5;AI-0001\n2026-13-05;12.5;AI-0001\n")
    page.goto(f"{live_server.url}/imports/")
    tab_to(page, "File")
    page.set_input_files("main input[type=file]", file)  # the picker itself is the system's
    press(page, "Import")
    fill(page, "Day", "Date")  # typing chooses the field of the column
    fill(page, "Category", "cloud")
    fill(page, "Currency", "USD")
    press(page, "Dry run")
    run_import(Import.objects.get().pk)
    expect(page.locator("h1")).to_contain_text("2 rows", timeout=8_000)
    tab_to(page, "errors.csv")


def test_the_browser_s_own_keys_and_a_single_letter_stay_what_they_are(page, live_server, portfolio):
    page.goto(live_server.url)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement === document.body")
    chart = page.locator(".chart-plot[data-points]").first
    chart.focus()
    page.evaluate("""() => addEventListener("keydown", (event) => { window.taken = event.defaultPrevented; })""")
    for keys, is_taken in (("Control+End", False), ("ArrowRight", True), ("Alt+ArrowDown", False)):
        page.keyboard.press(keys)
        assert page.evaluate("taken") is is_taken, keys
