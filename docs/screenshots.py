"""Take a picture of every page: both widths, both themes, Japanese and print.

    .venv/bin/python docs/screenshots.py http://127.0.0.1:8000 docs/pictures [--email E --password P] [--only portfolio]

Pages are found through the interface itself: the first initiative of the list stands for all of them. Needs Debian's
Chromium (apt-get install chromium fonts-noto-cjk). The files are named <page>-<variant>.png.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PAGES = {
    "portfolio": "/",
    "figure": "/portfolio/figures/production_rate/",
    "initiatives": "/initiatives/",
    "initiative": "/initiatives/{key}/",
    "initiative-outcomes": "/initiatives/{key}/outcomes/",
    "initiative-costs": "/initiatives/{key}/costs/",
    "initiative-history": "/initiatives/{key}/history/",
    "intake": "/initiatives/new/",
    "outcomes": "/outcomes/",
    "costs": "/costs/",
    "rates": "/costs/rates/",
    "imports": "/imports/",
    "calculators": "/calculators/",
    "people": "/people/",
    "tokens": "/tokens/",
    "profile": "/profile/",
    "not-found": "/nothing-here/",
}


@dataclass(frozen=True)
class Variant:
    """One way to look at a page."""

    name: str
    width: int = 1440
    scheme: str = "light"
    language: str = "en"
    media: str = "screen"


VARIANTS = [
    Variant("1440"),
    Variant("1440-dark", scheme="dark"),
    Variant("1440-ja", language="ja"),
    Variant("390", width=390),
    Variant("390-dark-ja", width=390, scheme="dark", language="ja"),
    Variant("print", width=760, media="print"),
]


def main() -> int:
    """Take the pictures; the exit code says whether every page answered."""
    options = arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    failed: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox", "--disable-gpu"])
        for variant in (one for one in VARIANTS if options.variant in (None, one.name)):
            context = opened(browser, variant)
            page = context.new_page()
            if options.email:
                sign_in(page, options)
            failed += pictures(page, variant, options)
            context.close()
        browser.close()
    print("\n".join(failed) or "every page answered")
    return 1 if failed else 0


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", help="address of a running instance")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--email", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--only", default="", help="only pages whose name starts like this")
    parser.add_argument("--variant", choices=[variant.name for variant in VARIANTS], help="only this variant")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    return parser.parse_args()


def opened(browser: Browser, variant: Variant) -> BrowserContext:
    """Return a fresh browser window as the variant wants it."""
    return browser.new_context(
        viewport={"width": variant.width, "height": 900},
        color_scheme="dark" if variant.scheme == "dark" else "light",
        locale=variant.language,
        extra_http_headers={"Accept-Language": variant.language},
        reduced_motion="reduce",
    )


def sign_in(page: Page, options: argparse.Namespace) -> None:
    """Sign in through the form, as a person does."""
    page.goto(f"{options.base}/login/")
    page.fill("input[type=email], input[name=login]", options.email)
    page.fill("input[type=password]", options.password)
    page.locator("main form button").first.click()
    page.wait_for_load_state("networkidle")


def pictures(page: Page, variant: Variant, options: argparse.Namespace) -> list[str]:
    """Take every page in one variant; return those that did not answer as they should."""
    failed = []
    key = first_key(page, options.base)
    for name, address in PAGES.items():
        if not name.startswith(options.only) or ("{key}" in address and not key):
            continue
        response = page.goto(options.base + address.format(key=key))
        page.wait_for_load_state("networkidle")
        page.evaluate("document.fonts.ready")
        if response is None or (response.status != 200 and name != "not-found"):
            failed.append(f"{name} ({variant.name}): {response and response.status}")
        page.emulate_media(media="print" if variant.media == "print" else "screen")
        page.screenshot(path=options.folder / f"{name}-{variant.name}.png", full_page=True)
        page.emulate_media(media="screen")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            failed.append(f"{name} ({variant.name}): {wide} px wider than the window")
    return failed


def first_key(page: Page, base: str) -> str:
    """Return the key of the first initiative in the list that has one."""
    page.goto(f"{base}/initiatives/")
    link = page.locator("a.row-link[href*='/initiatives/']").first
    href = link.get_attribute("href") if link.count() else None
    return href.rstrip("/").split("/")[-1] if href else ""


if __name__ == "__main__":
    sys.exit(main())
