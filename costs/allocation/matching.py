"""Does a charge group match a rule? Fields and tags against values or globs, without case."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import translate

from costs.models import ChargeGroup

FIELDS = (
    "source",
    "vendor",
    "account",
    "account_name",
    "service",
    "service_category",
    "sku",
    "region",
    "resource",
    "api_key",
    "ai_category",
)
TAG = "tag:"
Test = Callable[[str], bool]
_MEANS_MORE = re.compile(r"[*?\[]")


class Passing:
    """Which of several rules a value lets pass, field by field: a number with a bit for each rule.

    Values repeat among groups, so for each field and value it is worked out once; tests get it as it is compared. Rules
    that match a group pass in every field. One without any conditions matches nothing.
    """

    def __init__(self, some: Iterable[int], tests: Mapping[str, Sequence[tuple[int, Test]]]) -> None:
        """`some`: the places of the rules that have conditions; `tests`: by field, each with its rule's place."""
        self.some = sum(1 << place for place in some)
        self._tests = {name: [(1 << place, test) for place, test in own] for name, own in tests.items() if own}
        self._known: dict[str, dict[str | None, int]] = {name: {} for name in self._tests}

    def of(self, value_of: Callable[[str], str | None]) -> int:
        """Return the rules that pass in all fields, given what says the value of a field."""
        passing = self.some
        for name, known in self._known.items():
            value = value_of(name)
            if value not in known:
                known[value] = self._in_field(name, value)
            passing &= known[value]
            if not passing:
                break
        return passing

    def _in_field(self, name: str, value: str | None) -> int:
        """Return the rules that a value of a field lets pass; those that do not ask about it too."""
        passing, compared = self.some, value if value is None else comparable(value)
        for rule, test in self._tests[name]:
            if not (test is nothing if compared is None else test(compared)):
                passing &= ~rule
        return passing


def places(passing: int) -> Iterator[int]:
    """Yield the places of rules that pass, in order."""
    return (place for place in range(passing.bit_length()) if passing >> place & 1)


class Matcher:
    """The conditions of several rules, asked at once; all of a rule's must hold."""

    def __init__(self, matches: Sequence[Mapping[str, str]]) -> None:
        tests: dict[str, list[tuple[int, Test]]] = defaultdict(list)
        for place, match in enumerate(matches):
            for name, glob in match.items():
                tests[name if name in FIELDS else TAG + tag_name(name)].append((place, condition_test(glob)))
        self._passing = Passing((place for place, match in enumerate(matches) if match), tests)

    def matching(self, group: ChargeGroup) -> list[int]:
        """Return the places of the rules that match a group, in order."""
        return list(places(self._passing.of(values_of(group))))


def values_of(group: ChargeGroup) -> Callable[[str], str | None]:
    """Return what tells the value of a group's field, or of its tag by `tag:NAME`; None where there is no such tag.

    Of tags whose names are one the smallest value counts, as in SQL: the order of tags is not kept.
    """
    tags: dict[str, str] = {}

    def value_of(name: str) -> str | None:
        if name in FIELDS:
            return getattr(group, name)
        if not tags:  # read where they are asked for
            for written, value in group.tags.items():
                known = TAG + tag_name(written)
                tags[known] = min(value, tags.get(known, value))
        return tags.get(name)

    return value_of


def tag_name(field: str) -> str:
    """Return the name of the tag in `tag:NAME`; providers write it with odd blanks and capitals (FOCUS samples)."""
    return field.removeprefix(TAG).strip().casefold()


def comparable(text: str) -> str:
    """Return a text as it is compared: without case, and without blanks around it."""
    return text.strip().casefold()


def nothing(value: str) -> bool:
    """Test that nothing stands there: the only test that a tag passes that is not there."""
    return not value


def condition_test(glob: str) -> Test:
    """Return the test of a rule's condition: only `*` and `?` stand for something else, names often have brackets."""
    return glob_test(literal_brackets(glob))


def literal_brackets(glob: str) -> str:
    """Return a glob in which brackets stand for themselves."""
    return glob.replace("[", "[[]")


def glob_test(glob: str) -> Test:
    """Return a test of comparable values against a glob; "" asks for nothing."""
    wanted = comparable(glob)
    if not wanted:
        return nothing
    if not _MEANS_MORE.search(wanted):
        return wanted.__eq__
    matches = re.compile(translate(wanted)).fullmatch
    return lambda value: matches(value) is not None
