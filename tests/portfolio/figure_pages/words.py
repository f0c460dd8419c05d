"""What the page of a figure says."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

AS_OF = "as_of=2026-01-31"
Visit = Callable[..., str]


def told(page: str) -> str:
    """Return the words of a page, each space a plain one, nothing between a sign and its currency."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page))).replace("\u2060", "")


def formula(page: str) -> str:
    """Return the formula of a figure's page; of a rule that holds the heading is what it says."""
    if 'class="formula">' not in page:
        return told(page.partition("<h1>")[2].partition("</h1>")[0]).strip()
    return told(page.partition('class="formula">')[2].partition("</p>")[0]).strip()


def titles(page: str) -> list[str]:
    return re.findall(r'<span class="key">[^<]+</span> ([^<]+)</a>', page)


def links(page: str) -> list[str]:
    """Return every address of the page that opens a figure; the page of all of them is none."""
    return sorted({html.unescape(each) for each in re.findall(r'href="([^"]*/figures/[^"#?/]+/[^"#]*)', page)})
