"""The documents name what a rule can ask for and what the explorer groups by, all of it and nothing else."""

import re
from pathlib import Path

from costs.allocation.listing import label_of
from costs.allocation.matching import FIELDS
from costs.explorer.dimensions import ALL

DOCS = Path(__file__).resolve().parents[2] / "docs"


def listed(name: str, pattern: str) -> list[str]:
    """Return the words of a list in a document, in order of the alphabet, without the capitals of labels."""
    text = " ".join((DOCS / name).read_text().split())
    (found,) = re.findall(pattern, text)
    return in_order(re.split(", | and ", found.replace("`", "")))


def in_order(words: list[str]) -> list[str]:
    return sorted(word.lower() for word in words)


def test_the_guide_names_every_condition_of_a_rule():
    assert listed("guide-finance.md", r"All conditions must hold: ([^:.]*), or a tag\.") == in_order(
        [label_of(name) for name in FIELDS]
    )


def test_the_guide_names_every_dimension_of_the_explorer():
    assert listed("guide-finance.md", r"groups gross cost by any two of ([^.]*)\.") == in_order(
        [str(each.label) for each in ALL]
    )


def test_the_api_names_the_fields_of_a_rule_and_the_dimensions():
    assert listed("api.md", r"Fields of `match`: ([^.]*)\.") == in_order([*FIELDS])
    dimensions = listed("api.md", r"Rows and columns: ([^.:]*)\.")
    assert [name.partition(" ")[0] for name in dimensions] == in_order([each.name for each in ALL])
