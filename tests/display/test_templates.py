"""Templates can be read and compared line by line."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
LONGEST = 140
DJANGO = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}")  # none of them may span lines


def too_long(text):
    """Return the numbers of the lines that are too long although they could be broken: at a space, at HTML."""
    lines = enumerate(text.splitlines(), start=1)
    return [
        number for number, line in lines if len(line) > LONGEST and re.search(r"[\s<]", DJANGO.sub("", line.strip()))
    ]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("<p>" + "a" * 134 + "</p>", [1]),
        ("<p>" + "a" * 133 + "</p>", []),
        ("  {% translate '" + "a " * 70 + "' %}", []),
        ("<p>{% translate '" + "a " * 70 + "' %}</p>", [1]),
        ("{% if a %}{{ " + "a" * 130 + " }}{% endif %}", []),
        ("{% if a %}{{ " + "a" * 130 + " }}{% endif %} {{ b }}", [1]),
    ],
)
def test_a_line_is_too_long_where_it_could_be_broken(line, found):
    assert too_long(line) == found


def test_no_line_of_a_template_is_too_long():
    pages = sorted(TEMPLATES.rglob("*.html"))
    assert pages
    assert not [f"{page.relative_to(TEMPLATES)}:{line}" for page in pages for line in too_long(page.read_text())]


def test_nothing_stands_around_what_parts_sentences_and_things():
    """In Japanese no white space stands there; where it stands in the template it would be shown."""
    loose = re.compile(r"\s{% sentence_space %}|{% sentence_space %}\s|{% if not forloop\.(first|last) %}[,;] ")
    assert not [
        f"{page.relative_to(TEMPLATES)}: {found[0]}"
        for page in sorted(TEMPLATES.rglob("*.html"))
        for found in loose.finditer(page.read_text())
    ]
