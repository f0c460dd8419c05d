"""Does a charge group match the rule of an AI category? Fields against globs, without case.

Providers tell what a charge is for in different places: Amazon in the description, Azure in the meter, a gateway in the
model's name. `text` looks anywhere in service, SKU, resource and all details, and is found inside of them. A glob
behind "!" says what must not stand there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import translate

from costs.allocation.matching import Passing, Test, glob_test, literal_brackets, places
from costs.models import ChargeGroup
from costs.reconciliation.sources import provider_of

FIELDS = ("provider", "service", "service_category", "sku", "category", "kind", "text")
OR, NOT = "|", "!"
_INSIDE, _BETWEEN = "text", "·"
_ALONE = re.compile(r"\**\[[^]]*\]\**")


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

    The long `text`, which does not repeat among groups, is looked at only for the rules that pass all else.
    """

    def __init__(self, matches: Sequence[Mapping[str, str]]) -> None:
        asked = list(enumerate(matches))
        tests = {name: [(at, _test(name, match[name])) for at, match in asked if name in match] for name in FIELDS}
        self._inside = dict(tests.pop(_INSIDE))
        self._passing = Passing((at for at, match in asked if match), tests)

    def first(self, facts: Facts) -> int | None:
        """Return the place of the first rule that holds."""
        passing = places(self._passing.of(facts.__getitem__))
        return next((at for at in passing if at not in self._inside or self._inside[at](facts[_INSIDE])), None)


def is_unsaid(globs: str) -> bool:
    """Tell whether "!" stands there with nothing behind it."""
    return any(part.strip() == NOT for part in globs.split(OR))


def _test(field: str, globs: str) -> Test:
    """Return a test against globs: one of them has to match, and none of those that say what must not stand there."""
    asked = [part.strip() for part in globs.split(OR) if part.strip()]
    refused = _tests(field, [part.removeprefix(NOT).strip() for part in asked if part.startswith(NOT)])
    wanted = _tests(field, [part for part in asked if not part.startswith(NOT)])
    return lambda value: (
        not any(test(value) for test in refused) and (any(test(value) for test in wanted) if wanted else bool(refused))
    )


def _tests(field: str, globs: Sequence[str]) -> list[Test]:
    if field == "provider":  # by any of its names; those with brackets stay as they are
        globs = [glob if "[" in glob else provider_of(glob) for glob in globs]
    parts = [meant for glob in globs for meant in _meant(glob)]
    return [_found_inside(part) if field == _INSIDE else glob_test(part) for part in parts]


def _meant(glob: str) -> Iterable[str]:
    """Return what a glob may mean: names have brackets, and shipped rules ask by them for one of several characters.

    Nobody asks for one of several characters alone: it stands in nearly every text.
    """
    is_name = _ALONE.fullmatch(glob) is not None
    return (literal_brackets(glob),) if is_name else dict.fromkeys((literal_brackets(glob), glob))


def _found_inside(glob: str) -> Test:
    """Return a test whether a glob matches anywhere in a text, which is in small letters already."""
    # `translate` asks for the end of the text, in words that depend on the version of Python: so anything may follow.
    search = re.compile(translate(f"{glob.casefold()}*")).search
    return lambda text: search(text) is not None
