"""Does a charge group match a rule? Fields and tags against values or globs, without case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import translate
from functools import lru_cache

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


class Matcher:
    """The conditions of one rule; all must hold. Values repeat among groups, so verdicts are kept."""

    def __init__(self, match: Mapping[str, str]) -> None:
        self._fields = [(field, glob_test(glob)) for field, glob in match.items() if not field.startswith(TAG)]
        self._tags = [(tag_name(field), glob_test(glob)) for field, glob in match.items() if field.startswith(TAG)]

    def matches(self, group: ChargeGroup) -> bool:
        """Tell whether all conditions hold. A rule without any matches nothing."""
        if not self._fields and not self._tags:
            return False
        if not all(test(getattr(group, field)) for field, test in self._fields):
            return False
        if not self._tags:
            return True
        tags = {name.strip().casefold(): value for name, value in group.tags.items()}
        return all(name in tags and test(tags[name]) for name, test in self._tags)


def tag_name(field: str) -> str:
    """Return the name of the tag in `tag:NAME`; providers write it with odd blanks and capitals (FOCUS samples)."""
    return field.removeprefix(TAG).strip().casefold()


def glob_test(glob: str):  # noqa: ANN201 - the wrapper of functools
    """Return a test of values against a glob, without case; blanks around either do not count."""
    pattern = re.compile(translate(glob.strip().casefold()))

    @lru_cache(maxsize=10_000)
    def test(value: str) -> bool:
        return pattern.fullmatch(value.strip().casefold()) is not None

    return test
