"""What every browser test checks on a page: axe, Content-Security-Policy, sideways scrolling, errors in the console."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
RUN = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations'], preload: false})"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong: rule, and the first elements it found it on.

    The script is evaluated, not added: a script tag would be refused by the page's own policy.
    """
    page.evaluate(AXE)
    result = page.evaluate(RUN, RULES)
    return [f"{found['id']}: {[node['html'][:120] for node in found['nodes'][:3]]}" for found in result["violations"]]


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
