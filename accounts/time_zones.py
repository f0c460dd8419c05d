"""Time zones: the names of the IANA database that are places, and UTC."""

from __future__ import annotations

import zoneinfo
from functools import cache

from babel.dates import get_timezone_location
from django.conf import settings
from django.utils.translation import get_language

UTC = "UTC"
# The rest are old names of countries ("Japan", "US/Eastern") and offsets.
_AREAS = {
    *("Africa", "America", "Antarctica", "Arctic", "Asia"),
    *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
}
NAMES: frozenset[str] = frozenset(
    {name for name in zoneinfo.available_timezones() if "/" in name and name.split("/")[0] in _AREAS} | {UTC}
)


def of_the_environment() -> str:
    """Return the zone that days are counted in until the organisation says which."""
    return settings.TIME_ZONE


def proposed(language: str | None) -> str:
    """Return the zone that set-up proposes: the environment's; to readers of Japanese theirs, where it says none."""
    here = of_the_environment()
    return "Asia/Tokyo" if here == UTC and language == "ja" else here


def choices(kept: str) -> list[tuple[str, str]]:
    """Return (name, "Asia/Tokyo Japan Time") in the reader's language, by name, with `kept` whatever it is."""
    return _choices(get_language() or "en", kept)


@cache
def _choices(language: str, kept: str) -> list[tuple[str, str]]:
    locale = language.replace("-", "_")
    return [(name, _label(name, locale)) for name in sorted(NAMES | {kept})]


def _label(name: str, locale: str) -> str:
    return name if name == UTC else f"{name} {get_timezone_location(name, locale=locale)}"
