"""No template says a word that has no Japanese: what people read stands in {% translate %} or {% blocktranslate %}."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
STYLE_GUIDE = "display/styleguide.html"  # for developers, with made-up texts
# The same in every language: names, kinds of files, keys, a header of HTTP, and the way to English for who reads it.
NAMES = {
    "Worthwhile", "EN", "Switch to English:", "AI-0001", "Ctrl K", "CSV", "XLSX", "Excel (XLSX)", "FOCUS", "errors.csv",
    "restated.csv", "openapi.json", "Authorization: Bearer",
}  # fmt: skip
READ = {"title", "alt", "placeholder", "aria-label"}
DJANGO = re.compile(
    r"{% (blocktranslate|comment|verbatim)\b.*?{% end\1 %}|{#.*?#}|{%.*?%}|{{.*?}}|<!--.*?-->", re.DOTALL
)


class Words(HTMLParser):
    """Collects what stands between tags and in attributes that are read out or shown."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        shown = READ | ({"value"} if tag == "input" and given.get("type") in ("submit", "button", "reset") else set())
        for name in shown & given.keys():
            self.handle_data(given[name] or "")

    def handle_data(self, data: str) -> None:
        self.found += [word for part in data.split("·") if re.search("[A-Za-z]", word := " ".join(part.split()))]


def bare(template: str) -> list[str]:
    """Return the words of a template that no catalogue holds, as they stand in it."""
    words = Words()
    words.feed(DJANGO.sub("", template))
    words.close()
    return [word for word in words.found if word not in NAMES]


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>{% translate 'Costs' %}: {{ amount }} · Worthwhile</p>", []),
        ("<p>{% if a %}Costs{% endif %}</p>", ["Costs"]),
        ("<a title='{{ a }} now' href='/costs/'>{{ a }}</a>", ["now"]),
        ("<input placeholder='Search' value='kept'>", ["Search"]),
        ("<input type='submit' value='Send'>", ["Send"]),
        ("{% blocktranslate trimmed %}One\n<b>two</b>{% endblocktranslate %}{# three #}<!-- four -->", []),
        ("<button aria-label='Close'>×</button>", ["Close"]),
    ],
)
def test_words_outside_a_translation_are_found(template: str, found: list[str]) -> None:
    assert bare(template) == found


def test_no_template_says_what_has_no_japanese() -> None:
    pages = {str(page.relative_to(TEMPLATES)): page.read_text() for page in TEMPLATES.rglob("*.*")}
    assert len(pages) > 150
    assert {name: found for name, text in pages.items() if name != STYLE_GUIDE and (found := bare(text))} == {}
