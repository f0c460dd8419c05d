"""Charges by a tag of theirs: “team=claims”, “team” alone whatever it says, “team=” where there is no such tag.

Names and values are compared as rules compare them: without case, and without blanks around them. Of tags whose names
are one the smallest value counts, as there.
"""

from __future__ import annotations

from typing import NamedTuple

TAG = "“team=claims”; “team”: whatever it says; “team=”: what has no such tag."
_VALUE = """coalesce((
    SELECT lower(trim(tag.value)) FROM jsonb_each_text(charge.tags) AS tag (name, value)
    WHERE lower(trim(tag.name)) = lower({name}) ORDER BY tag.value COLLATE "C" LIMIT 1), '')"""


class Tag(NamedTuple):
    """What is asked for; no value: any."""

    name: str
    value: str | None

    @classmethod
    def read(cls, text: str) -> Tag:
        """Read it as an address carries it."""
        name, says, value = text.partition("=")
        return cls(name.strip(), value.strip() if says else None)

    def charges(self, name: str, value: str) -> str:
        """Return the query for the ids of charges; given are the placeholders of name and value."""
        is_it = f" = lower({value})" if self.value is not None else " <> ''"
        return f"SELECT charge.id FROM costs_chargegroup AS charge WHERE {_VALUE.format(name=name)}{is_it}"  # noqa: S608
