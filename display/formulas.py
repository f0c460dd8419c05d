"""Formulas with numbers in them, written as mathematicians write them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.functional import Promise

from display.numbers import MINUS, NO_VALUE

# A number's place in a formula; `sign`: that of the operation before it, with the words between the two.
_PLACE = re.compile(rf"(?P<sign>[{MINUS}+×÷][^{MINUS}+×÷=(（%]*)?%\((?P<name>\w+)\)s")


def fill(formula: str | Promise, numbers: Mapping[str, str]) -> str:
    """Return a formula with its numbers: one below zero has brackets behind a sign, one that is not there is a dash."""

    def put(place: re.Match[str]) -> str:
        written = numbers.get(place["name"], NO_VALUE)
        return f"{place['sign']}{operand(written)}" if place["sign"] else written

    return _PLACE.sub(put, str(formula))


def operand(written: str) -> str:
    """Return a number as it stands behind a sign: "5", and "(−5)"."""
    return f"({written})" if written.startswith(MINUS) else written
