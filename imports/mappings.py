"""How the columns of a file are meant: which is which field, what holds for every row, how dates are written.

As JSON, which page, API, command and saved mappings share::

    {"Betrag": "amount", "Farbe": null,
     "constants": {"currency": "EUR"}, "reading": {"dates": "dmy", "decimals": "comma", "header_row": 4}}

A heading has a field's name or null (left out); only the two that are not headings have objects. So a column of the
file may be called `constants` or `reading` as well, where the mapping needs no object of that name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from accounts.errors import RuleError
from api.parsing import has_unusable_text, unusable_text
from imports import header_place
from imports.conventions import CHOICES, Conventions
from imports.header_place import HeaderPlace


@dataclass(frozen=True)
class ColumnMapping:
    """What is said about the columns of a file, beyond what its headings say."""

    columns: Mapping[str, str | None] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    conventions: Conventions = field(default_factory=Conventions)
    place: HeaderPlace = header_place.FIRST

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> ColumnMapping:
        """Read what was checked by `parse` before it was kept."""
        columns = {heading: name for heading, name in kept.items() if not isinstance(name, dict)}
        more = {name: value for name, value in kept.items() if isinstance(value, dict)}
        reading = more.get("reading", {})
        conventions = {name: chosen for name, chosen in reading.items() if name in CHOICES}
        place = {name: said for name, said in reading.items() if name not in CHOICES}
        return cls(columns, more.get("constants", {}), Conventions(**conventions), HeaderPlace(**place))

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept; what says nothing is left out."""
        reading = {**self.conventions.as_json(), **self.place.as_json()}
        more = {"constants": dict(self.constants), "reading": reading}
        return {**self.columns, **{name: value for name, value in more.items() if value}}


def parse(text: str) -> dict[str, Any]:
    """Read a mapping from JSON; raise RuleError at `mapping` when it is none."""
    try:
        mapping: Any = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise RuleError(_("The mapping is not readable as JSON."), "mapping") from error
    return checked(mapping)


def checked(mapping: Any) -> dict[str, Any]:
    """Return a mapping; raise RuleError at `mapping` when it is none."""
    if not isinstance(mapping, dict) or not all(_is_known(name, value) for name, value in mapping.items()):
        raise RuleError(_("The mapping is an object of column names to field names."), "mapping")
    if any(has_unusable_text(text) for text in _texts(mapping)):
        raise RuleError(unusable_text(), "mapping")
    return mapping


def _is_known(name: str, value: Any) -> bool:
    if not isinstance(value, dict):
        return value is None or isinstance(value, str)
    if name == "constants":
        return all(isinstance(text, str) for text in value.values())
    return name == "reading" and all(
        isinstance(said, str) and said in CHOICES[option] if option in CHOICES else header_place.is_known(option, said)
        for option, said in value.items()
    )


def _texts(mapping: Mapping[str, Any]) -> Iterator[str]:
    for name, value in mapping.items():
        yield name
        yield from _texts(value) if isinstance(value, dict) else [f"{value or ''}"]
