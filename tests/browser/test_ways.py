"""The main ways through the product, in a real browser."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.models import User
from costs.models import AllocationRule, CostLine
from imports.models import Import
from imports.tasks import run_import
from outcomes.models import Measurement
from projects.models import Initiative, IntakeDraft
from projects.stages import Stage
from tests.browser.pages import listen, violations
from tests.browser.walking import fill, go_on, paste, press, tab_to
from tests.costs.factories import add_line
from tests.factories import InitiativeFactory

pytestmark = pytest.mark.django_db(transaction=True)

PASTED = "{key}\t2026-03-31\tcloud\t1200.50\tUSD\tStratus\tmarch\n{key}\t2026-04-30\tcloud\tmuch\tUSD\tStratus\tapril\n"


def test_from_sign_in_to_the_portfolio_by_keyboard(live_server, context, django_user_model):
    django_user_model.objects.create_user("mika@example.org", "a long pass phrase", name="Mika Oda", role="admin")
    page = context.new_page()
    heard = listen(page)
    page.goto(f"{live_server.url}/login/")
    fill(page, "E-mail", "mika@example.org")
    fill(page, "Password", "a long pass phrase")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    press(page, "Register an initiative")
    _register(page)
    assert Initiative.objects.get().stage == Stage.PROPOSED

    press(page, "Move stage")
    tab_to(page, "Approved")
    page.keyboard.press("Space")
    press(page, "Move stage")
    assert Initiative.objects.get().stage == Stage.APPROVED

    press(page, "Record a reading")
    _add_an_outcome(page)
    press(page, "Record a reading")
    fill(page, "What was the reading?", "12.5")
    press(page, "Record the reading")
    assert Measurement.objects.get().value == Decimal("12.5")

    press(page, "Log a cost")
    fill(page, "Amount", "1234.5")
    press(page, "Log the cost")
    assert CostLine.objects.get().amount == Decimal("1234.5")
    press(page, "Portfolio")
    expect(page.locator("main")).to_contain_text("$1,230")
    assert heard == []


def _register(page: Page) -> None:
    fill(page, "What is it called?", "Claims triage")
    fill(page, "What is the problem today?", "14 minutes a claim")
    fill(page, "What will be different?", "From 14 minutes to 7")
    fill(page, "For whom?", "Claims")
    for _step in range(6):
        go_on(page)
    assert page.text_content("h1") == "Is this what you want to say?"
    press(page, "Send")


def _add_an_outcome(page: Page) -> None:
    press(page, "Agree the first outcome")
    fill(page, "What will you measure?", "Minutes per claim")
    fill(page, "In which unit?", "minutes")
    fill(page, "Baseline", "14")
    fill(page, "Target", "7")
    fill(page, "By", "12312030")
    press(page, "Agree the outcome")
    expect(page.locator("main")).to_contain_text("Minutes per claim")


def test_intake_asks_at_once_and_saves_what_is_typed_by_itself(page, live_server):
    page.goto(f"{live_server.url}/initiatives/new/")
    assert not IntakeDraft.objects.exists()
    page.fill("[name=title]", "Half a ti")
    expect(page.locator("#intake-saved")).to_contain_text("Saved")
    draft = IntakeDraft.objects.get()
    assert page.url.endswith(f"/initiatives/new/{draft.pk}/why/")
    page.fill("[name=title]", "Half a title")
    page.get_by_role("button", name="Outcome", exact=True).click()
    page.wait_for_url("**/outcome/")
    assert IntakeDraft.objects.get().typed["why"]["title"] == ["Half a title"]
    page.goto(f"{live_server.url}/initiatives/new/")
    assert page.get_by_role("link", name="Half a title").first.is_visible()


def test_intake_while_signed_out_says_so_and_keeps_what_is_typed(page, live_server):
    page.goto(f"{live_server.url}/initiatives/new/")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.fill("[name=title]", "Half a title")
    expect(page.locator(".toast")).to_contain_text("You were signed out meanwhile")
    assert page.input_value("[name=title]") == "Half a title"
    expect(page.locator("main")).to_have_count(1)


def test_a_form_sent_after_the_session_has_ended_is_sent_after_the_sign_in(page, live_server, django_user_model):
    page.goto(f"{live_server.url}/profile/")
    person = django_user_model.objects.get()
    person.set_password("quiet-river-17")  # which ends the session
    person.save()
    fill(page, "Name", "Mika Oda-Lang")
    press(page, "Save")
    expect(page.locator("main")).to_contain_text("You were signed out meanwhile")
    fill(page, "E-mail address", person.email)
    fill(page, "Password", "quiet-river-17")
    press(page, "Sign in")
    press(page, "Send it now")
    page.wait_for_load_state()
    person.refresh_from_db()
    assert person.name == "Mika Oda-Lang"


def test_intake_without_scripts(browser, live_server, signed_in):
    plain = browser.new_context(java_script_enabled=False, storage_state=signed_in.storage_state(), locale="en")
    page = plain.new_page()
    page.goto(f"{live_server.url}/initiatives/new/")
    page.fill("[name=title]", "Claims triage")
    page.get_by_role("button", name="Continue").last.click()
    assert "Without a problem nobody can tell later" in page.text_content("main")
    page.get_by_role("button", name="Check and send").click()
    page.get_by_role("button", name="Send").last.click()
    assert page.text_content("h1") == "Claims triage"
    assert Initiative.objects.get().stage == Stage.PROPOSED
    assert not IntakeDraft.objects.exists()
    plain.close()


def test_the_date_of_the_portfolio_is_chosen_and_stands_in_the_address(page, live_server, portfolio):
    page.goto(live_server.url)
    assert "1 prototype" in page.text_content("h1")
    page.locator("summary.chip").first.click()
    page.fill("[name=as_of]", "2024-12-31")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**as_of=2024-12-31**")
    assert page.locator("summary.chip").first.inner_text().split() == ["as", "of", "31", "December", "2024"]
    assert "1 prototype" not in page.text_content("h1")


def test_how_opens_the_definition_and_gives_the_focus_back(page, live_server, portfolio):
    page.goto(live_server.url)
    link = page.locator("[data-definition]").first
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog.definition .formula")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.definition")).to_have_count(0)
    assert link.evaluate("link => link === document.activeElement")


def test_what_is_pressed_twice_is_recorded_once(page, live_server, portfolio):
    page.goto(f"{live_server.url}/initiatives/{portfolio.key}/costs/")
    before = CostLine.objects.count()
    page.fill("[name=amount]", "7")
    button = page.get_by_role("button", name="Log the cost")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    for _press in range(2):  # as quickly as a hand does it, so that the first is on its way
        page.mouse.click(box["x"] + 5, box["y"] + 5)
        page.wait_for_timeout(80)
    expect(page.locator(".messages")).to_contain_text("The cost is recorded.")
    page.reload()
    assert CostLine.objects.count() == before + 1
    page.fill("[name=amount]", "8")
    button.click()
    expect(page.locator(".messages")).to_contain_text("The cost is recorded.")
    assert CostLine.objects.count() == before + 2


def test_a_form_from_before_the_last_sign_in_is_asked_about_and_sent(page, live_server, portfolio, signed_in):
    page.goto(f"{live_server.url}/initiatives/{portfolio.key}/costs/")
    page.fill("[name=vendor]", "Contoso")
    page.fill("[name=amount]", "8")
    _sign_in_anew(signed_in.new_page(), live_server.url)
    page.get_by_role("button", name="Log the cost").click()
    expect(page.locator("main")).to_contain_text("was opened before the last sign-in in this browser")
    assert not CostLine.objects.filter(amount=8).exists()
    page.get_by_role("button", name="Send it now").click()
    expect(page.locator(".messages")).to_contain_text("The cost is recorded.")
    expect(page.locator("main")).to_contain_text("Contoso")
    assert CostLine.objects.filter(amount=8).count() == 1


def _sign_in_anew(tab: Page, url: str) -> None:
    """Sign in again in another tab, as another password asks for, which changes the token of this browser."""
    user = User.objects.get(email="mika.oda@example.org")
    user.set_password("a long pass phrase")
    user.save()
    tab.goto(f"{url}/login/")
    fill(tab, "E-mail", user.email)
    fill(tab, "Password", "a long pass phrase")
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    tab.close()


def test_costs_pasted_into_the_grid_are_checked_and_saved_all_at_once(page, live_server, portfolio):
    page.goto(f"{live_server.url}/costs/grid/")
    before = CostLine.objects.count()
    paste(page.locator("[name=row-0-initiative]"), PASTED.format(key=portfolio.key))
    expect(page.locator("[name=row-1-amount]")).to_have_value("much")
    page.get_by_role("button", name="Save the costs").click()
    expect(page.locator(".row-error")).to_contain_text("Amount, row 2")
    expect(page.locator("[name=row-1-amount]")).to_have_attribute("aria-invalid", "true")
    assert CostLine.objects.count() == before
    page.fill("[name=row-1-amount]", "900")
    page.get_by_role("button", name="Save the costs").click()
    expect(page.locator(".messages")).to_contain_text("2 lines are recorded.")
    assert CostLine.objects.count() == before + 2


def test_a_paste_with_headings_goes_by_them_and_the_grid_grows(page, live_server, portfolio):
    page.goto(f"{live_server.url}/costs/grid/")
    rows = "".join(f"{amount}\t2026-03-05\t{portfolio.key}\n" for amount in range(1, 13))
    paste(page.locator("[name=row-2-category]"), f"amount\tDate\tInitiative\n{rows}")
    expect(page.locator("[name=row-13-amount]")).to_have_value("12")
    expect(page.locator("[name=row-13-initiative]")).to_have_value(portfolio.key)
    expect(page.get_by_label("Amount, row 14")).to_have_value("12")
    expect(page.locator("[data-sheet-over]")).to_be_hidden()
    paste(page.locator("[name=row-0-vendor]"), "Contoso\tMarch\tover\n")
    expect(page.locator("[name=row-0-description]")).to_have_value("March")
    expect(page.locator("[data-sheet-over]")).to_be_visible()
    paste(page.locator("[name=row-0-vendor]"), "V\n" * 1_003)
    expect(page.locator("[name=row-999-vendor]")).to_have_value("V")
    expect(page.locator("[name=row-1000-vendor]")).to_have_count(0)
    expect(page.locator("[data-sheet-full]")).to_contain_text("At most 1,000 rows")


def test_days_pasted_into_the_grid_become_rows_and_cost(page, live_server, portfolio):
    page.goto(f"{live_server.url}/costs/labour/?year=2026")
    cells = "".join(f"{portfolio.key}\tengineer\t{days}\n" for days in (1, 2, 3, 4))
    paste(page.locator("[name=new-0-initiative]"), "AI-9\n" * 101)
    expect(page.locator("[name^=new-][name$=-initiative]")).to_have_count(100)  # as many as are saved, and it is said
    expect(page.locator("[data-sheet-full]")).to_contain_text("At most 101 rows")
    page.reload()
    paste(page.locator("[name=new-0-initiative]"), cells)
    expect(page.locator('[name="new-4-2026.01.days"]')).to_have_value("4")  # the fourth row was added for it
    page.get_by_role("button", name="Save the days").click()
    expect(page.get_by_text("2.5 days stand there by now")).to_be_visible()
    page.get_by_role("button", name="Save the days").click()
    expect(page.locator("tbody tr").first).to_contain_text("$3,200")  # the last of the same initiative and role holds


def test_hardware_is_registered_with_its_shares_and_can_be_followed_into_the_ledger(page, live_server, portfolio):
    page.goto(f"{live_server.url}/costs/assets/new/")
    fields = {"name": "Rack", "price": "2400", "purchased_on": "2025-01-01", "in_service_on": "2025-01-01"}
    for name, text in {
        **fields,
        "life_months": "24",
        "shares-0-initiative": portfolio.key,
        "shares-0-share": "50",
    }.items():
        page.fill(f"[name={name}]", text)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("$1,200.00")  # a year of 100 a month
    page.get_by_role("link", name="Its cost lines").click()
    expect(page.locator("tbody tr").first).to_contain_text("$50.00")
    page.locator("tbody a.row-link").first.click()
    page.get_by_role("link", name="Open the register").click()
    expect(page.locator("h1")).to_contain_text("Rack")


def test_a_budget_is_spread_saved_and_told_when_it_is_used_up(page, live_server, portfolio):
    page.goto(f"{live_server.url}/initiatives/{portfolio.key}/budget/")
    page.get_by_text("Spread an amount").click()
    page.fill("[name=spread_amount]", "1000")
    page.get_by_role("button", name="Spread it").click()
    expect(page.locator("tfoot").first).to_contain_text("1,000")
    assert not portfolio.budget_lines.exists()
    page.get_by_role("button", name="Save the budget").click()
    expect(page.locator(".messages")).to_contain_text("12 budget lines are added.")
    expect(page.locator(".note.bad")).to_contain_text("of the whole budget was reached by")
    page.goto(f"{live_server.url}/costs/notices/")
    assert "1 budget notice is new to you." in page.text_content("h1")
    page.get_by_role("button", name=f"Mark as seen: {portfolio.key}").click()
    expect(page.locator("h1")).to_have_text("No budget notice is new to you.")


def test_an_import_shows_how_far_it_is_and_then_its_report(page, live_server, tmp_path):
    file = Path(tmp_path) / "portfolio.csv"
    file.write_text("title,problem\nClaims triage,14 minutes a claim\nMail routing,too slow\n")
    page.goto(f"{live_server.url}/imports/")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Import").click()
    expect(page.locator("progress")).to_be_visible()
    run_import(Import.objects.get().pk)
    expect(page.locator("progress")).to_have_count(0, timeout=8_000)
    expect(page.locator("h1")).to_contain_text("2")
    assert Initiative.objects.count() == 2


def test_columns_of_an_unknown_file_are_mapped_once_and_known_the_next_time(page, live_server, tmp_path):
    file = Path(tmp_path) / "bill.csv"
    file.write_text("Rechnungsdatum;Betrag\n5.3.2026;1.234,56\n")
    for number, name in enumerate(("Contoso", "")):
        page.goto(f"{live_server.url}/imports/")
        page.set_input_files("input[type=file]", file)
        page.get_by_role("button", name="Import").click()
        expect(page.locator("h1")).to_have_text("Which column is which field?")
        assert violations(page) == []
        if name:
            page.get_by_role("button", name="Import").click()
            expect(page.locator(".note.bad")).to_contain_text("2 fields need another look")
            page.fill("[name=constant-currency]", "USD")
            page.fill("[name=constant-category]", "cloud")
            page.get_by_label("Dates").select_option("dmy")
            page.get_by_label("Numbers").select_option("comma")
            page.get_by_label("Save this mapping as").fill(name)
        page.get_by_role("button", name="Import").click()
        page.wait_for_url("**/imports/*/")
        run_import(Import.objects.first().pk)
        assert (Import.objects.first().rows_created, Import.objects.count()) == (1 - number, number + 1)


def test_the_language_is_switched_and_the_page_stays(page, live_server, portfolio):
    page.goto(f"{live_server.url}{portfolio.url}")
    page.get_by_role("button", name="日本語").click()
    page.wait_for_selector("html[lang=ja]")
    assert page.url.endswith(portfolio.url)
    stages = page.locator(".stage-line li").all_text_contents()
    assert [text.split()[0] for text in stages] == ["提案", "承認", "プロトタイプ", "パイロット", "本番"]
    page.get_by_role("button", name="EN").click()
    page.wait_for_selector("html[lang=en]")


def test_a_stale_edit_shows_both_versions_and_keeps_what_was_typed(page, live_server, portfolio):
    page.goto(f"{live_server.url}{portfolio.url}edit/")
    Initiative.objects.update(title="Claims triage, renamed", version=99)
    page.fill("[name=title]", "Claims triage, mine")
    expect(page.locator("#intake-saved")).to_contain_text("Saved")
    expect(page.locator("#intake-side")).to_contain_text("Changed so far")
    page.goto(f"{live_server.url}{portfolio.url}")
    page.get_by_role("link", name="Go on editing").click()
    page.locator(".buttons").get_by_role("button", name="Check and save").click()
    versions = page.locator(".versions").text_content()
    assert "Claims triage, renamed" in versions
    assert "Claims triage, mine" in versions
    page.get_by_label("Claims triage, mine").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**{portfolio.url}")
    assert page.text_content("h1") == "Claims triage, mine"


def test_an_initiative_is_changed_without_scripts(browser, live_server, signed_in, portfolio):
    plain = browser.new_context(java_script_enabled=False, storage_state=signed_in.storage_state(), locale="en")
    page = plain.new_page()
    page.goto(f"{live_server.url}{portfolio.url}edit/")
    page.fill("[name=title]", "Claims triage, again")
    page.get_by_role("button", name="Data, hosting, risk").click()
    page.fill("[name=tags]", "motor")
    page.locator(".buttons").get_by_role("button", name="Check and save").click()
    assert "motor" in page.text_content("main")
    page.get_by_role("button", name="Save", exact=True).click()
    assert page.text_content("h1") == "Claims triage, again"
    assert not IntakeDraft.objects.exists()
    plain.close()


def test_people_stand_in_the_menu_of_administrators_only(page, live_server):
    page.goto(f"{live_server.url}/profile/")
    page.locator("summary.avatar").click()
    assert page.get_by_role("link", name="People").is_visible()
    User.objects.update(role="contributor")
    page.goto(f"{live_server.url}/profile/")
    page.locator("summary.avatar").click()
    assert page.get_by_role("link", name="Profile").is_visible()
    assert not page.get_by_role("link", name="People").count()


def test_nothing_moves_where_motion_is_reduced(page, live_server):
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{live_server.url}/profile/")
    assert page.locator(".btn").first.evaluate("button => getComputedStyle(button).transitionDuration") == "0s"


def test_from_the_explorer_to_the_lines_of_a_cell(page, live_server, portfolio):
    heard = listen(page)
    page.goto(f"{live_server.url}/costs/")
    page.get_by_role("link", name="Explorer").click()
    page.get_by_label("From month").fill("2025-01")
    page.get_by_label("Rows").select_option("initiative")
    page.get_by_label("Columns").select_option("category")
    with page.expect_navigation():
        page.get_by_role("button", name="Show").click()
    cell = page.locator(".pivot tbody td a").first
    amount = Decimal(cell.inner_text().replace(",", ""))
    with page.expect_navigation():
        cell.click()
    lines = page.locator("table.rows tbody td:last-child").all_inner_texts()
    assert round(sum(Decimal(text.strip("$").replace(",", "")) for text in lines)) == amount
    assert heard == []


def test_from_unallocated_to_an_applied_rule_by_keyboard(page, live_server, portfolio):
    add_line(None, "2026-03-31", "1200", vendor="Meridian AI")
    other, heard = InitiativeFactory(), listen(page)
    page.goto(f"{live_server.url}/costs/unallocated/")
    press(page, "Make a rule: Meridian AI")
    assert page.input_value("[name=glob_0]") == "Meridian AI"
    fill(page, "Initiative 1", portfolio.key)
    fill(page, "Share 1", "25")
    fill(page, "Initiative 2", other.key)  # which gets the rest
    press(page, "What would it move?")
    expect(page.locator("#effect")).to_contain_text("1 line would move, $1,200.00 of it to another place")
    assert AllocationRule.objects.count() == 1  # the one that was there
    press(page, "Save the rule")
    press(page, "Apply the rules")
    expect(page.get_by_role("link", name="Meridian AI", exact=True)).to_be_visible()  # the rule, by its name
    page.goto(f"{live_server.url}/costs/?initiative={portfolio.key}&vendor=Meridian AI")
    expect(page.locator("main")).to_contain_text("of $1,200.00")
    assert heard == []
