"""Does a charge group match the rule of an AI category? Fields against globs, without case.

Providers tell what a charge is for in different places: Amazon in the description, Azure in the meter, a gateway in the
model's name. `text` looks anywhere in service, SKU, resource and all details, and is found inside of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
            return _BETWEEN.join(("", *texts, ""))  # every text begins and ends at something that is no letter
        return str(getattr(group, field))


class Conditions:
    """The conditions of one rule."""

    def __init__(self, match: Mapping[str, str]) -> None:
        # In the order of `FIELDS`: what is quick to look at decides first.
        self._tests = [(field, _tests(field, match[field])) for field in FIELDS if field in match]

    def hold(self, facts: Facts) -> bool:
        """Tell whether all of them hold. A rule without any holds for nothing."""
        return bool(self._tests) and all(any(test(facts[field]) for test in tests) for field, tests in self._tests)


def _tests(field: str, globs: str) -> list[Test]:
    parts = [part.strip() for part in globs.split(OR) if part.strip()]
    return [glob_test(f"*{part}*" if field == _INSIDE else part) for part in parts]
