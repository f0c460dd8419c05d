"""Formulas with numbers in them, written as mathematicians write them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.functional import Promise

from display.numbers import MINUS, NO_VALUE, Number, decimals

# A number's place in a formula; `sign`: that of the operation before it, with the words between the two.
_PLACE = re.compile(rf"(?P<sign>[{MINUS}+×÷][^{MINUS}+×÷=(（%]*)?%\((?P<name>\w+)\)s")
_EQUALS = re.compile(r"= (?=%\(value\)s)")


def fill(formula: str | Promise, numbers: Mapping[str, str], is_exact: bool = True) -> str:
    """Return a formula with its numbers: one below zero has brackets behind a sign, one that is not there is a dash.

    `value` is what it comes to: "=", and "≈" where the numbers, or the value, are not written with all their digits.
    One that is next to nothing is "<0.1 %" and needs no other sign.
    """
    if not is_exact:
        formula = _EQUALS.sub("" if numbers.get("value", NO_VALUE).startswith("<") else "≈ ", str(formula))

    def put(place: re.Match[str]) -> str:
        written = numbers.get(place["name"], NO_VALUE)
        return f"{place['sign']}{operand(written)}" if place["sign"] else written

    return _PLACE.sub(put, str(formula))


def places(formula: str | Promise) -> set[str]:
    """Return the names of the numbers that stand in a formula."""
    return {place["name"] for place in _PLACE.finditer(str(formula))}


def operand(written: str) -> str:
    """Return a number as it stands behind a sign: "5", and "(−5)"."""
    return f"({written})" if written.startswith(MINUS) else written


def has_all(value: Number | None, digits: int) -> bool:
    """Tell whether a number has no more decimals than these."""
    return value is None or decimals([value]) <= digits
