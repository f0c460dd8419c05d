"""Does a charge group match the rule of an AI category? Fields against globs, without case.

Providers tell what a charge is for in different places: Amazon in the description, Azure in the meter, a gateway in the
model's name. `text` looks anywhere in service, SKU, resource and all details, and is found inside of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import translate

from costs.ledger_sources import provider_of
from costs.matching import glob_test
from costs.models import ChargeGroup

FIELDS = ("provider", "service", "service_category", "sku", "category", "kind", "text")
OR = "|"
_INSIDE, _BETWEEN = "text", "·"

Test = Callable[[str], bool]


class Facts:
    """What a group says in the fields of rules; worked out where a rule asks."""

    def __init__(self, group: ChargeGroup, category: str) -> None:
        self._group = group
        self._values = {"category": category}

    def __getitem__(self, field: str) -> str:
        if field not in self._values:
            self._values[field] = self._found(field)
        return self._values[field]

    def _found(self, field: str) -> str:
        group = self._group
        if field == "provider":
            return provider_of(group.vendor)
        if field == _INSIDE:
            texts = (group.service, group.sku, group.resource, *map(str, group.details.values()))
            # Every text begins and ends at something that is no letter.
            return _BETWEEN.join(("", *texts, "")).casefold()
        return str(getattr(group, field))


class Matcher:
    """The conditions of several rules in order; all of a rule's must hold, and one without any holds for nothing.

    Values of the fields repeat among groups, so for each it is worked out once which rules it lets pass: a number with
    a bit for each rule. The long `text`, which does not repeat, is looked at only for the rules that are left.
    """

    def __init__(self, matches: Sequence[Mapping[str, str]]) -> None:
        self._some = sum(1 << place for place, match in enumerate(matches) if match)
        self._tests = {
            field: [(1 << place, _tests(field, match[field])) for place, match in enumerate(matches) if field in match]
            for field in FIELDS
        }
        self._inside = dict(self._tests.pop(_INSIDE))
        self._known: dict[tuple[str, str], int] = {}

    def first(self, facts: Facts) -> int | None:
        """Return the place of the first rule that holds."""
        passing = self._some
        for field, tests in self._tests.items():
            if tests:
                passing &= self._passing(field, facts[field])
        while passing:
            lowest = passing & -passing
            if lowest not in self._inside or any(test(facts[_INSIDE]) for test in self._inside[lowest]):
                return lowest.bit_length() - 1
            passing ^= lowest
        return None

    def _passing(self, field: str, value: str) -> int:
        """Return the rules that a value of a field lets pass; those that do not ask about it too."""
        known = self._known.get((field, value))
        if known is None:
            failing = (rule for rule, tests in self._tests[field] if not any(test(value) for test in tests))
            known = self._known[field, value] = self._some & ~sum(failing)
        return known


def _tests(field: str, globs: str) -> list[Test]:
    parts = [part.strip() for part in globs.split(OR) if part.strip()]
    return [_found_inside(part) if field == _INSIDE else glob_test(part) for part in parts]


def _found_inside(glob: str) -> Test:
    """Return a test whether a glob matches anywhere in a text, which is in small letters already."""
    search = re.compile(translate(glob.casefold()).removesuffix(r"\Z")).search
    return lambda text: search(text) is not None
