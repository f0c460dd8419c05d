"""Counts with what they count: one of it reads as one."""

from __future__ import annotations

from django.utils.translation import ngettext_lazy

from display.numbers import MINUS, number

_NOUNS = {
    "initiatives": ngettext_lazy("%(number)s initiative", "%(number)s initiatives", "count"),
    "prototypes": ngettext_lazy("%(number)s prototype", "%(number)s prototypes", "count"),
    "proposals": ngettext_lazy("%(number)s proposal", "%(number)s proposals", "count"),
    "readings": ngettext_lazy("%(number)s reading", "%(number)s readings", "count"),
    "cost lines": ngettext_lazy("%(number)s cost line", "%(number)s cost lines", "count"),
    "budget lines": ngettext_lazy("%(number)s budget line", "%(number)s budget lines", "count"),
    "flows": ngettext_lazy("%(number)s monthly flow", "%(number)s monthly flows", "count"),
    "months": ngettext_lazy("%(number)s month", "%(number)s months", "count"),
    "points": ngettext_lazy("%(number)s point", "%(number)s points", "count"),
    "days": ngettext_lazy("%(number)s day", "%(number)s days", "count"),
}


def counted(noun: str, count: int) -> str:
    """Return how many there are of something: "1 reading", "2,133 initiatives"."""
    return measured(noun, number(count))


def measured(noun: str, written: str) -> str:
    """Return the same of a number that is written already: "1 month", "7.89 months", "+1 point"."""
    return str(_NOUNS[noun] % {"number": written, "count": 1 if written.lstrip(f"+{MINUS}") == "1" else 2})
