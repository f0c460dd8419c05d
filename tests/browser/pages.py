"""What every browser test checks on a page: axe, Content-Security-Policy, sideways scrolling, errors in the console."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
RUN = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations'], preload: false})"
EVERY_RULE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = {"type": "rule", "values": ["color-contrast"]}  # all that another theme can break


def violations(page: Page, rules: object = EVERY_RULE) -> list[str]:
    """Return what axe finds wrong: rule, and the first elements it found it on.

    The script is evaluated, not added: a script tag would be refused by the page's own policy. Pages that bring it
    (`page_as`) have it compiled already, which takes as long as a run.
    """
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    result = page.evaluate(RUN, rules)
    return [f"{found['id']}: {[node['html'][:120] for node in found['nodes'][:3]]}" for found in result["violations"]]


def faults(page: Page, address: str, language: str, rules: object = EVERY_RULE) -> list[str]:
    """Open an address and return all that is wrong with what comes: axe, status, language, what is cut off."""
    answer = page.goto(address)
    wrong = [*violations(page, rules), *(f"{name} is cut off" for name in lists_cut_off(page))]
    if answer is None or answer.status != 200:
        wrong.append(f"status {answer and answer.status}")
    if page.get_attribute("html", "lang") != language:
        wrong.append("another language")
    if scrolls_sideways(page):
        wrong.append("wider than the window")
    wrong += on_paper(page)
    return [f"{address}: {found}" for found in wrong]


def listen(page: Page) -> list[str]:
    """Collect errors of scripts and of the policy from now on."""
    heard: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            heard.append(message.text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def scrolls_sideways(page: Page) -> bool:
    """Whether the page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def lists_cut_off(page: Page) -> list[str]:
    """Return the names of the lists that one would have to move sideways although they read downwards."""
    return page.evaluate("""() => [...document.querySelectorAll(".stacks")]
        .filter((table) => table.offsetWidth && table.parentElement.scrollWidth > table.parentElement.clientWidth)
        .map((table) => table.parentElement.getAttribute("aria-label") ?? table.innerText.slice(0, 60))""")


def on_paper(page: Page) -> list[str]:
    """Return what is wrong with the page as it is printed: navigation, colours, cards torn in two, tables."""
    page.emulate_media(media="print")
    try:
        wrong = page.evaluate("""() => {
            const style = (element) => getComputedStyle(element);
            const [body, first] = [style(document.body), document.querySelector(".card")];
            return [
                [...document.querySelectorAll(".top, .tabs, .subtabs, .foot")].some((nav) => nav.offsetWidth) &&
                    "navigation is printed",
                body.backgroundColor !== "rgb(255, 255, 255)" && `the paper is ${body.backgroundColor}`,
                body.color !== "rgb(0, 0, 0)" && `the ink is ${body.color}`,
                first && !first.matches(":has(tbody tr, .timeline, .watch, .outcome-readings)") &&
                    style(first).breakInside !== "avoid" && "a card is torn in two",
            ].filter(Boolean);
        }""")
        return wrong + [f"{name} is printed under other headings" for name in tables_out_of_line(page)]
    finally:
        page.emulate_media(media="screen")


def tables_out_of_line(page: Page) -> list[str]:
    """Return the names of the tables that have fewer or more headings, as the page is shown, than cells in a row."""
    return page.evaluate("""() => {
        const columns = (row) => [...row.cells].filter((cell) => getComputedStyle(cell).display !== "none")
            .reduce((sum, cell) => sum + cell.colSpan, 0);
        const rows = (table) => [...table.tBodies].flatMap((body) => [...body.rows])
            .filter((row) => row.cells.length > 1);
        const headings = (table) => columns(table.tHead.rows[table.tHead.rows.length - 1]);
        return [...document.querySelectorAll("table")].filter((table) => table.tHead && table.offsetWidth)
            .filter((table) => rows(table).some((row) => columns(row) !== headings(table)))
            .map((table) => table.parentElement.getAttribute("aria-label") ?? table.innerText.slice(0, 60));
    }""")
