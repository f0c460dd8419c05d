"""Take the pictures of `docs/pictures`: `make pictures`, or some pages by name: `make pictures ONLY=intake,usage`.

Two instances are started in folders that are thrown away, one with the demonstration portfolio in English and one in
Japanese; the set-up page is taken before either is loaded. Every page that this cannot open, or that is wider than its
window, is named at the end. Needs Debian's Chromium and a Japanese face (apt-get install chromium fonts-noto-cjk).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from camera import acts
from camera.instance import Instance, started
from camera.palette import reduced
from playwright.sync_api import Browser, Page, sync_playwright

LONGEST = 1700  # px of a page that are shown; on a telephone and on paper it is as long as it is narrow
LONGEST_NARROW = 3000
PARTS = "/initiatives/AI-0001/"
RULE = "/costs/allocation/new/"


@dataclass(frozen=True)
class Variant:
    """One way to look at a page; the file is named <page>-<name>.png."""

    name: str = ""
    width: int = 1440
    scheme: str = "light"
    language: str = "en"
    media: str = "screen"


@dataclass(frozen=True)
class Shot:
    """A page: its name, its address, what is done there before the picture is taken."""

    name: str
    address: str
    act: acts.Act = acts.nothing
    closely: bool = False  # in the other variants too
    lasts: bool = False  # it changes figures: taken after all others


LIGHT = Variant()
OTHERS = [
    Variant("dark", scheme="dark"),
    Variant("ja", language="ja"),
    Variant("390", width=390),
    Variant("print", width=760, media="print"),
]
SET_UP = Shot("set-up", "/setup/")
SHOTS = [
    Shot("portfolio", "/", closely=True),
    Shot("figure", "/portfolio/figures/cost_per_production/"),
    Shot("benchmarks", "/portfolio/benchmarks/"),
    Shot("initiatives", "/initiatives/", closely=True),
    Shot("initiative", PARTS, closely=True),
    Shot("initiative-outcomes", f"{PARTS}outcomes/"),
    Shot("initiative-costs", f"{PARTS}costs/"),
    Shot("initiative-history", f"{PARTS}history/"),
    Shot("stage", "/initiatives/AI-0064/stage/"),
    Shot("intake", "/initiatives/new/", acts.describe_outcome, closely=True),
    Shot("intake-why", "/initiatives/new/"),
    Shot("intake-check", "/initiatives/new/", acts.go_to_check),
    Shot("edit", "/initiatives/AI-0003/edit/", acts.change_and_check),
    Shot("outcomes", "/outcomes/", closely=True),
    Shot("outcome", f"{PARTS}outcomes/", acts.open_first_outcome),
    Shot("reading", f"{PARTS}outcomes/", acts.record_reading),
    Shot("costs", "/costs/"),
    Shot("cost-line", "/costs/?category=tokens", acts.open_first_row),
    Shot("explorer", "/costs/explore/", closely=True),
    Shot("categories", "/costs/categories/"),
    Shot("unallocated", "/costs/unallocated/?by=vendor&by=tag:service"),
    Shot("allocation-rules", "/costs/allocation/"),
    Shot("allocation-simulation", f"{RULE}?vendor=Stratus%20Cloud&tag:service=platform", acts.simulate_rule),
    Shot("usage", "/costs/usage/"),
    Shot("price-book", "/costs/prices/"),
    Shot("reconciliation", "/costs/reconciliation/"),
    Shot("reconciliation-month", "/costs/reconciliation/", acts.open_month_to_reconcile),
    Shot("ai-categories", "/costs/ai-categories/"),
    Shot("cost-grid", "/costs/grid/", acts.paste_costs),
    Shot("budget", "/initiatives/AI-0064/budget/"),
    Shot("budgets", "/costs/budgets/"),
    Shot("asset", "/costs/assets/1/"),
    Shot("labour", "/costs/labour/"),
    Shot("roles", "/costs/labour/roles/"),
    Shot("recurring-costs", "/costs/recurring/"),
    Shot("recurring-cost", "/costs/recurring/", acts.open_first_row),
    Shot("recurring-new", "/costs/recurring/new/"),
    Shot("recoverable", "/costs/recoverable/"),
    Shot("rates", "/costs/rates/"),
    Shot("imports", "/imports/"),
    Shot("import", "/imports/", acts.import_costs, closely=True),
    Shot("mapping", "/imports/", acts.map_columns),
    Shot("mappings", "/imports/", acts.save_mapping),
    Shot("import-focus", "/imports/", acts.import_focus, lasts=True),
    Shot("reconciliation-accepted", "/costs/reconciliation/", acts.accept_month, lasts=True),
    Shot("priced-anew", "/costs/usage/", acts.price_anew, lasts=True),
    Shot("apply-rules", f"{RULE}?vendor=Stratus%20Cloud&tag:service=platform", acts.preview_rules, lasts=True),
    Shot("budget-notices", "/costs/notices/"),
    Shot("calculators", "/calculators/"),
    Shot("calculator-finance", "/calculators/finance/"),
    Shot("people", "/people/"),
    Shot("tokens", "/tokens/", acts.make_token),
    Shot("audit-trail", "/people/trail/"),
]


def main() -> int:
    """Take the pictures; the exit code says whether every page answered as it should."""
    options = arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    only = tuple(options.only.split(","))
    chosen = [shot for shot in SHOTS if shot.name.startswith(only)]
    failed: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox", "--disable-gpu"])
        with started() as english:
            if SET_UP.name.startswith(only):
                failed += series(browser, english, LIGHT, [SET_UP], options.folder)
            english.load("en")
            for variant in [LIGHT, *(other for other in OTHERS if other.language == "en")]:
                failed += series(browser, english, variant, [shot for shot in chosen if not shot.lasts], options.folder)
            failed += series(browser, english, LIGHT, [shot for shot in chosen if shot.lasts], options.folder)
        if any(shot.closely for shot in chosen):
            with started() as japanese:
                japanese.load("ja")
                for variant in (other for other in OTHERS if other.language == "ja"):
                    failed += series(browser, japanese, variant, chosen, options.folder)
        browser.close()
    print("\n".join(failed) or f"every page answered; {size(options.folder):.1f} MB in {options.folder}")
    return 1 if failed else 0


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--only", default="", help="only pages whose names start like this, apart by commas")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    return parser.parse_args()


def series(browser: Browser, place: Instance, variant: Variant, shots: Sequence[Shot], folder: Path) -> list[str]:
    """Take the pages of one variant; return what was wrong with them."""
    failed = []
    with opened(browser, variant) as page:
        if place.email:
            acts.sign_in(page, place)
        for shot in (each for each in shots if variant == LIGHT or each.closely):
            failed += take(page, place, shot, variant, folder)
    return failed


@contextmanager
def opened(browser: Browser, variant: Variant) -> Iterator[Page]:
    """Open a fresh browser window as the variant wants it."""
    context = browser.new_context(
        viewport={"width": variant.width, "height": 900},
        color_scheme="dark" if variant.scheme == "dark" else "light",
        locale=variant.language,
        extra_http_headers={"Accept-Language": variant.language},
        reduced_motion="reduce",
    )
    yield context.new_page()
    context.close()


def take(page: Page, place: Instance, shot: Shot, variant: Variant, folder: Path) -> list[str]:
    """Take one picture; return what was wrong with the page."""
    response = page.goto(place.address + shot.address)
    page.wait_for_load_state("networkidle")
    shot.act(page)
    page.evaluate("document.fonts.ready")
    page.emulate_media(media="print" if variant.media == "print" else "screen")
    width, height = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    longest = LONGEST if variant.width == LIGHT.width else LONGEST_NARROW
    clip = {"x": 0, "y": 0, "width": variant.width, "height": min(height, longest)}
    picture = reduced(page, page.screenshot(full_page=True, clip=clip))
    page.emulate_media(media="screen")
    name = "-".join(filter(None, [shot.name, variant.name]))
    (folder / f"{name}.png").write_bytes(picture)
    failed = [] if response and response.ok else [f"{name}: {response and response.status}"]
    return [*failed, f"{name}: {width - variant.width} px wider than the window"] if width > variant.width else failed


def size(folder: Path) -> float:
    """Return the size of the pictures in megabytes."""
    return sum(path.stat().st_size for path in folder.glob("*.png")) / 1e6


if __name__ == "__main__":
    sys.exit(main())
