"""Currencies: the codes of ISO 4217 that are in use, and their names."""

from __future__ import annotations

from functools import cache

from babel.core import get_global
from babel.numbers import get_currency_name, list_currencies
from django.utils.translation import get_language
from django.utils.translation import gettext as _


def _in_use() -> frozenset[str]:
    """Return every code that some territory uses as legal tender today, by Babel's CLDR data."""
    used = {
        code
        for currencies in get_global("territory_currencies").values()
        for code, _start, end, tender in currencies
        if tender and end is None
    }
    return frozenset(used & list_currencies())


CODES: frozenset[str] = _in_use()


def check_currency(code: str) -> str:
    """Return the code when it is one in use, else raise a ValueError that says so."""
    if code not in CODES:
        raise ValueError(_("Not a currency of ISO 4217 (upper case, such as USD)."))
    return code


def choices() -> list[tuple[str, str]]:
    """Return (code, "USD US Dollar") in the reader's language, by code."""
    return _choices(get_language() or "en")


@cache
def _choices(language: str) -> list[tuple[str, str]]:
    locale = language.replace("-", "_")
    return [(code, f"{code} {get_currency_name(code, locale=locale)}") for code in sorted(CODES)]
