"""A page as somebody without a mouse uses it: everything is reached with Tab, and what has the focus is seen."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

# Name of what has the focus, as a screen reader says it, near enough for a test.
NAMED = """() => {
    const at = document.activeElement;
    const group = at.matches("input, select, textarea") ? at.closest("fieldset") : null;
    const label = at.labels?.[0]?.innerText ?? group?.querySelector("legend")?.innerText ?? "";
    return (at.getAttribute("aria-label") ?? (label || at.innerText || at.value || "")).replace(/\\s+/g, " ").trim();
}"""
RINGED = """() => {
    const seen = getComputedStyle(document.activeElement);
    const after = getComputedStyle(document.activeElement, "::after");
    return [seen, after].some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
}"""
MOST_STEPS = 80


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something whose name begins like this has the focus, and visibly so."""
    for _step in range(MOST_STEPS):
        page.keyboard.press("Tab")
        if page.evaluate(NAMED).startswith(name):
            assert page.evaluate(RINGED), f"{name} has the focus and nobody sees it"
            return
    raise AssertionError(f"Tab does not reach “{name}” on {page.url}")


def press(page: Page, name: str) -> None:
    """Reach a link or a button with Tab and press Enter; wait for the page that follows."""
    tab_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def fill(page: Page, name: str, text: str) -> None:
    """Reach a field with Tab and type."""
    tab_to(page, name)
    page.keyboard.type(text)


def go_on(page: Page) -> None:
    """Leave a step of the intake; what is only remarked on is passed at the second press."""
    question = page.text_content("h1")
    for _press in range(2):
        press(page, "Continue")
        if page.text_content("h1") != question:
            return
    raise AssertionError(f"“{question}” is not left by Continue: {page.text_content('main')}")


def paste(cell: Locator, text: str) -> None:
    """Paste a text into a field, as from a spreadsheet."""
    cell.focus()
    cell.evaluate(
        """(input, text) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            input.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        text,
    )
