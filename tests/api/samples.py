"""Values for the schemas of the OpenAPI document: such as they ask for, and such as nobody should send."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import cycle
from typing import Any

# JSON texts, put where a value is expected.
NASTY = [
    "null", "true", "-1", "0", "-0", "1e400", "-1E-400", "NaN", "-Infinity", "9" * 400, "1" * 21, "0.1e-18", "1.5",
    '""', '" "', '"a\\u0000b"', '"\\ud800"', '"NaN"', '"1e400"', '"1.234,56"', '"-0"', '"2026-02-30"', '"0000-00-00"',
    '"9999-12-31"', '"2026-13"', '"\u0661\u0662"', '"\u00b2"', '"\u202e\U0001f600"', '"%"', '"*"', '"[*"', '"AI-0"',
    '"AI-99999999999999999999"', '"' + "x" * 20_001 + '"', '"=1+1"', '"javascript:alert(1)"', "[]", "[null]", "[[[]]]",
    "{}", '{"a": null}', '{"": {"$ne": 1}}', "[" * 10_000 + "]" * 10_000, '{"a":' * 10_000 + "1" + "}" * 10_000,
]  # fmt: skip
# Texts for query strings and addresses.
NASTY_TEXTS = [
    "", " ", "\x00", "a\x00b", "\ud83d", "NaN", "1e400", "-1", "0", "9" * 400, "9" * 19, "2026-02-30", "0001-01-01",
    "9999-12-31", "2026-13", "\u00b2", "\u0661", "x" * 5_000, "%", "*[", "'; --", "../..", "\u202e", "true", "-0.0",
    "AI-99999999999999999999", "AI-0", "eyJ4IjogMX0=", "Claims / ", "id,-id",
]  # fmt: skip
# What a field of this name takes: a schema does not tell, or not which of two fields excludes the other.
PLAIN = {
    "currency": "EUR", "unit_value_currency": "USD", "category": "cloud", "business_unit": "Claims", "share": 1,
    "owner_email": "a@example.org", "sponsor_email": "b@example.org", "measure": "cloud", "role": "Engineer",
    "evidence_url": "https://example.org/", "source_url": "https://example.org/", "url": "https://example.org/",
    "match": {"service": "x"}, "to_stage": "approved", "known_by": None, "until": "2026-12", "provider": "openai",
    "prices": {"input": "1"}, "target_low": None, "target_high": None, "flows": None, "target": 2,
    "started_on": "2026-02-01", "ended_on": "2026-02-10", "members": ["a@example.org"],
    "target_on": "2026-12-31", "format": "costs_csv", "named_by": "",
    "mapping": {"d": "incurred_on", "c": "category", "a": "amount", "constants": {"currency": "USD"}},
}  # fmt: skip


class Samples:
    """Builds values that a schema of the document asks for."""

    def __init__(self, document: dict[str, Any], named: dict[str, Any]) -> None:
        self.document, self.plain = document, PLAIN | named

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Follow references, and take the first of several forms that are asked for."""
        while True:
            if "$ref" in schema:
                schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            elif forms := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
                schema = forms[0]
            else:
                return schema

    def of(self, schema: dict[str, Any], name: str = "", every: bool = True) -> Any:
        """Return a value; of an object every field, or only those that are needed."""
        if name in self.plain:
            return copy.deepcopy(self.plain[name])
        schema = self.resolved(schema)
        if "enum" in schema or "const" in schema:
            return schema["enum"][0] if "enum" in schema else schema["const"]
        kind = schema.get("type")
        if kind == "object":
            needed = schema.get("required", ())
            fields = schema.get("properties", {}).items()
            return {field: self.of(each, field, every) for field, each in fields if every or field in needed}
        if kind == "array":
            return [self.of(schema.get("items", {}), name, every)]
        if kind == "string":
            return self._text(schema)
        return {"integer": schema.get("minimum", 1), "number": 1, "boolean": True}.get(kind)

    def _text(self, schema: dict[str, Any]) -> str:
        if schema.get("format") == "date":
            return "2026-01-05"
        pattern = schema.get("pattern", "")
        return "2026-01" if "\\d{4}-" in pattern else "1" if "\\d" in pattern else "x"


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside a body."""
    for step, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, step)
        yield from places(each, (*path, step))


def put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return the body with another value at a place."""
    changed = at = copy.deepcopy(body)
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


class Turns:
    """Deals values out in turn, so that all of them come up over many places and few at each."""

    def __init__(self, values: list[str], each: int) -> None:
        self._dealt, self._each = cycle(values), min(each, len(values))

    def next(self) -> list[str]:
        """Return the values of one place."""
        return [next(self._dealt) for _ in range(self._each)]
