"""The documentation shows pictures that are there, and every picture is shown."""

import re

from config.supervisor import ROOT

DOCS = ROOT / "docs"


def test_every_picture_is_shown_and_every_shown_one_is_there():
    pages = [ROOT / "README.md", *DOCS.glob("*.md")]
    shown = {
        (page.parent / address).resolve()
        for page in pages
        for address in re.findall(r"!\[[^]]+\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    }
    assert shown == set((DOCS / "pictures").iterdir())


def test_the_pictures_stay_small():
    assert sum(path.stat().st_size for path in (DOCS / "pictures").iterdir()) < 4_000_000
