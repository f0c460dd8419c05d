"""Which column of a file may be meant by which field: a proposal for a person to look at, never used unseen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from imports.pipeline import Column

# Of 100: "Costs" and "cost" have 89, "currency code" and "currency" 76, "text" and "team" 75.
LIKE_ENOUGH = 76


def guess(header: Sequence[str], columns: Sequence[Column]) -> dict[str, str]:
    """Return heading → field: each field once, the most alike first, equal ones in the order of the file.

    A column that may be meant by a required field as well goes to that, when nothing else does: the only date of a bill
    is its date.
    """
    pairs = [(_alike(heading, column), heading, column) for heading in header for column in columns]
    likely = [pair for pair in sorted(pairs, key=lambda pair: -pair[0]) if pair[0] >= LIKE_ENOUGH]
    found: dict[str, Column] = {}
    for _, heading, column in likely:
        if heading not in found and column not in found.values():
            found[heading] = column
    for _, heading, column in likely:
        if column.required and column not in found.values() and not found[heading].required:
            found[heading] = column
    return {heading: column.name for heading, column in found.items()}


def _alike(heading: str, column: Column) -> float:
    if column.matches(heading):
        return 200
    plain = _words(heading)
    names = [_words(name) for name in (column.name, str(column.label or column.name), *column.headings, *column.hints)]
    # The first words say it best: where "date" and "invoice date" may both be meant, "date" is.
    return 150 - names.index(plain) if plain in names else max(fuzz.ratio(plain, name) for name in names)


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.replace("_", " ").casefold()))
