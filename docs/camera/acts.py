"""What is done on a page before its picture is taken."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin

from playwright.sync_api import Page

from camera.instance import ROOT, Instance

Act = Callable[[Page], None]
WHY = {
    "en": {
        "title": "Claim letters, first draft by machine",
        "problem": "Handlers write 9,400 letters a month by hand.",
        "desired_outcome": "Seven minutes a letter instead of 14, with no more complaints.",
        "business_unit": "Claims",
    },
    "ja": {
        "title": "保険金請求の返信文の下書き",
        "problem": "担当者が毎月9,400通の返信文を手作業で書いている。",
        "desired_outcome": "苦情を増やさずに、1通14分を7分にする。",
        "business_unit": "",
    },
}
METRIC = {"en": "improve efficiency of claims handling", "ja": "請求処理の効率化"}
UNIT = {"en": "minutes", "ja": "分"}
OUTCOME = {"baseline": "14.2", "target": "7", "target_on": "2027-11-30"}
WORTH = {"unit_value": "0.85", "volume_per_month": "9400"}
ROWS = """AI-0001\t2026-10-31\ttokens\t1204.50\tUSD\tMeridian AI\tOctober
AI-0001\t2026-10-31\tcloud\t310\tUSD\tStratus Cloud\tOctober
AI-0002\t31 October\tpeople\t8400\tUSD\t\tTwo engineers"""
COSTS = """incurred_on,category,amount,currency,initiative,vendor
2026-11-02,tokens,1204.50,USD,AI-0001,Meridian AI
2026-11-02,cloud,310.00,USD,AI-0001,Stratus Cloud
2026-11-31,tokens,88.20,USD,AI-0002,Meridian AI
2026-11-09,tokens,"1.204,50",EUR,AI-0002,Meridian AI
2026-11-16,people,8400.00,USD,AI-9999,
"""
ACCOUNTS = """Date,Cost centre,Net,Currency,Supplier,AI project,Text
30.09.2026,4711,"1.204,50",USD,Meridian AI,AI-0001,Tokens September
30.09.2026,4711,"310,00",USD,Stratus Cloud,AI-0001,Hosting
02.10.2026,4720,"8.400,00",EUR,Brookfield Consulting,AI-0002,Two engineers
"""
FOCUS = ROOT / "static/samples/focus.csv"
NOTE = "Our own count took some cached tokens for other input until 14 November. The bill is right: agreed with Ann."


def nothing(_page: Page) -> None:
    """Take the page as it is."""


def sign_in(page: Page, place: Instance) -> None:
    """Sign in through the form, as a person does."""
    page.goto(f"{place.address}/login/")
    page.fill("input[name=login]", place.email)
    page.fill("input[type=password]", place.password)
    press(page, "main form button")


def press(page: Page, button: str) -> None:
    """Press a button and wait until the next page is there."""
    page.locator(button).first.click()
    page.wait_for_load_state("networkidle")


def describe_outcome(page: Page) -> None:
    """Begin an initiative and describe an outcome that nobody could measure."""
    language = page.evaluate("document.documentElement.lang")
    _fill(page, WHY[language])
    _to_step(page, "outcome")
    _fill(page, {"metric": METRIC[language], "unit": UNIT[language], **OUTCOME, **WORTH})
    _to_step(page, "outcome")


def go_to_check(page: Page) -> None:
    """Begin an initiative and go to the end at once."""
    _fill(page, WHY["en"])
    _to_step(page, "outcome")
    _fill(page, {"metric": "Minutes per letter", "unit": UNIT["en"], **OUTCOME, **WORTH})
    _to_step(page, "check")


def change_and_check(page: Page) -> None:
    """Change two things about an initiative and look at both once more."""
    _fill(page, {"desired_outcome": WHY["en"]["desired_outcome"]})
    _to_step(page, "data")
    _fill(page, {"tags": "claims, letters"})
    _to_step(page, "check")


def open_first_outcome(page: Page) -> None:
    """Open the page of the first outcome."""
    press(page, "main section.card h2 a")


def record_reading(page: Page) -> None:
    """Open the form for a reading of the first outcome."""
    press(page, "main section.card .buttons .btn")


def paste_costs(page: Page) -> None:
    """Paste three rows of which one has a date that cannot be read."""
    page.click("main details summary")
    page.fill("textarea", ROWS)
    press(page, "main button[value=table]")


def open_first_row(page: Page) -> None:
    """Open the page of the first row of a list."""
    press(page, "main .row-link")


def map_columns(page: Page) -> None:
    """Hand in costs under headings of which no format knows any, and ask for the fields of costs."""
    file = {"name": "accounts.csv", "mimeType": "text/csv", "buffer": ACCOUNTS.encode()}
    page.set_input_files("main input[type=file]", [file])
    press(page, "main form .btn")
    page.select_option("#id_format", "costs_csv")
    press(page, "main form[method=get] .btn")


def save_mapping(page: Page) -> None:
    """Name the mapping of such a file, without importing it, and open the list of those that are saved."""
    map_columns(page)
    page.fill("[name=constant-category]", "cloud")
    page.fill("[name=save_as]", "Export of the accounts")
    press(page, "main [value=try]")
    _go(page, "/imports/mappings/")
    page.wait_for_selector("main .row-link")


def import_costs(page: Page) -> None:
    """Try a file of costs of which three rows are wrong, without changing anything, and wait for its report."""
    file = {"name": "bill-november.csv", "mimeType": "text/csv", "buffer": COSTS.encode()}
    page.set_input_files("main input[type=file]", [file])
    page.check("main input[name=dry_run]")
    press(page, "main form .btn")
    page.wait_for_selector("#report:not([hx-get])")


def import_focus(page: Page) -> None:
    """Bring a FOCUS bill in, and wait for its report."""
    page.set_input_files("main input[type=file]", FOCUS)
    press(page, "main form .btn")
    page.wait_for_selector("#report:not([hx-get])")


def simulate_rule(page: Page) -> None:
    """Divide what the address names between two initiatives, and ask what that would move."""
    for at, (key, share) in enumerate((("AI-0001", "60"), ("AI-0011", ""))):
        page.fill(f"[name=initiative_{at}]", key)
        page.fill(f"[name=share_{at}]", share)
    press(page, "main [name=simulate]")


def preview_rules(page: Page) -> None:
    """Save such a rule and look at what all rules would move now."""
    simulate_rule(page)
    press(page, "main form .buttons .btn:not(.quiet, [name])")
    _go(page, "/costs/allocation/apply/")


def price_anew(page: Page) -> None:
    """Give the model without a price one, and ask what that changes of what was used before."""
    press(page, "main a[href*='/prices/new/']")
    page.fill("main [name=standard_input]", "0.40")
    page.fill("main [name=standard_output]", "1.60")
    press(page, "main form .btn")
    _go(page, "/costs/usage/")
    press(page, "main a[href*='/pricing/?first']")
    press(page, "main form.card .btn")
    page.wait_for_selector("#repricing:not([hx-get])")


def open_month_to_reconcile(page: Page) -> None:
    """Open the latest month that is over and was not accepted yet."""
    press(page, "main tbody tr:has(.tag.partly) .row-link")


def accept_month(page: Page) -> None:
    """Open the same month, say what explains its difference, and mark it as reconciled."""
    open_month_to_reconcile(page)
    page.fill("main [name=note]", NOTE)
    press(page, "main [name=reconcile]")


def make_token(page: Page) -> None:
    """Make a token and come back: it is shown once, and not in a picture."""
    page.fill("main input[name=name]", "Nightly sync with the service desk")
    press(page, "main form .btn")
    _go(page, page.url)


def _go(page: Page, path: str) -> None:
    page.goto(urljoin(page.url, path))
    page.wait_for_load_state("networkidle")


def _fill(page: Page, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        page.fill(f"#intake [name={name}]", text)


def _to_step(page: Page, step: str) -> None:
    press(page, f"#intake-steps [value={step}], .steps [value={step}]")
