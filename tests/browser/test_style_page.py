"""The style page in a real browser: every component, each two of theme, language and width together once."""

import csv
import io
from pathlib import Path

import pytest

from tests.browser.pages import listen, scrolls_sideways, violations

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.browser.urls")]

ROWS = "table => [...table.rows].map(row => [...row.cells].map(cell => cell.textContent.trim()))"


@pytest.mark.parametrize(
    ("width", "theme", "language"),
    [(1440, "light", "en"), (1440, "dark", "ja"), (390, "light", "ja"), (390, "dark", "en")],
)
def test_every_component_is_accessible_and_keeps_to_the_policy(signed_in, live_server, width, theme, language):
    signed_in.set_extra_http_headers({"Accept-Language": language})
    page = signed_in.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    heard = listen(page)
    page.goto(f"{live_server.url}/styleguide/?theme={theme}")
    page.wait_for_load_state("networkidle")
    assert page.get_attribute("html", "lang") == language
    assert violations(page) == []
    assert not scrolls_sideways(page)
    assert heard == []


def test_keys_lead_to_the_find_box_and_through_a_chart(signed_in, live_server):
    page = signed_in.new_page()
    page.goto(f"{live_server.url}/styleguide/")
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.press("Escape")
    page.locator(".chart-plot").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.text_content("#live").startswith("guided, month 1:")
    page.keyboard.press("ArrowDown")
    assert page.text_content("#live").startswith("partly guided, month 1:")
    assert page.locator(".chart-tip").first.is_visible()


def test_the_table_of_every_chart_is_had_as_a_file(signed_in, live_server):
    page = signed_in.new_page()
    heard = listen(page)
    page.goto(f"{live_server.url}/styleguide/")
    page.evaluate("document.querySelectorAll('.chart-table').forEach(details => { details.open = true })")
    titles = page.locator(".chart-table .table-wrap").evaluate_all("all => all.map(each => each.ariaLabel)")
    buttons = page.locator(".chart-table").get_by_role("button")
    assert buttons.evaluate_all("all => all.map(each => each.ariaLabel)") == [f"CSV: {title}" for title in titles] != []
    for number in (0, len(titles) - 1):
        name, content = file_of(page, buttons.nth(number))
        shown = page.locator(".chart-table table").nth(number).evaluate(ROWS)
        assert content.startswith(b"\xef\xbb\xbf")  # so that a Japanese Excel takes it for UTF-8
        assert list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))) == shown
        assert name == titles[number].translate({ord(sign): None for sign in '?:/"'}) + ".csv"
    assert heard == []
    page.emulate_media(media="print")
    assert not buttons.first.is_visible()


def test_the_file_of_a_chart_holds_no_formula(signed_in, live_server):
    page = signed_in.new_page()
    page.goto(f"{live_server.url}/styleguide/")
    page.locator(".chart-table > summary").first.click()
    cells = ["=1+1", "+1", "@a", "-1+1", "＝1", "−\u20601,234.5", "-5", 'say "a, b"', "−2 %", "費用"]
    page.locator(".chart-table table").first.evaluate(
        """(table, cells) => {
            const row = document.createElement("tr");
            row.append(...cells.map(text => Object.assign(document.createElement("td"), {textContent: text})));
            table.tBodies[0].replaceChildren(row);
        }""",
        cells,
    )
    _name, content = file_of(page, page.locator(".chart-table").first.get_by_role("button"))
    last = content.decode("utf-8-sig").split("\r\n")[1:]
    assert last == ['\'=1+1,\'+1,\'@a,\'-1+1,\'＝1,"-1,234.5",-5,"say ""a, b""",−2 %,費用', ""]


def file_of(page, button) -> tuple[str, bytes]:
    """Press a button and return the name and the content of the file that it gives."""
    with page.expect_download() as download:
        button.click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_the_way_out_of_a_warning_fills_the_field_in(signed_in, live_server):
    page = signed_in.new_page()
    page.goto(f"{live_server.url}/styleguide/")
    page.get_by_role("button", name="Use “handling time”").click()
    assert page.input_value("#id_metric") == "handling time"
    assert page.locator("#id_metric_warning").count() == 0


def test_a_narrow_window_shows_the_narrow_chart_and_the_menu(signed_in, live_server):
    page = signed_in.new_page()
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{live_server.url}/styleguide/")
    assert page.locator(".chart-large .chart-narrow").first.is_visible()
    assert not page.locator(".chart-large .chart-wide").first.is_visible()
    page.locator(".menu-narrow > summary").click()
    assert page.locator(".menu-narrow").get_by_role("link", name="Initiatives").is_visible()


def test_everything_reads_without_scripts(browser, live_server, signed_in):
    plain = browser.new_context(java_script_enabled=False, storage_state=signed_in.storage_state())
    page = plain.new_page()
    page.goto(f"{live_server.url}/styleguide/")
    page.locator(".chart-table > summary").first.click()
    assert page.locator(".chart-table table").first.is_visible()
    assert page.locator(".chart-table button").count() == 0  # the file is made by a script
    page.locator("summary.avatar").click()
    assert page.get_by_role("button", name="Sign out").is_visible()
    plain.close()


def test_a_sheet_takes_a_paste_and_grows(signed_in, live_server):
    page = signed_in.new_page()
    page.goto(f"{live_server.url}/styleguide/")
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const cell = document.querySelector('[name="category-2"]');
            cell.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        'People\t1,200.50\tEUR\r\n"two\nlines"\t5\tUSD\r\nTokens\t7\tJPY\r\n',
    )
    values = page.eval_on_selector_all("[data-sheet] tbody tr input", "fields => fields.map(field => field.value)")
    assert values[6:9] == ["People", "1,200.50", "EUR"]
    assert values[11:14] == ["two\nlines".replace("\n", ""), "5", "USD"]
    assert values[15:19] == ["", "Tokens", "7", "JPY"]
