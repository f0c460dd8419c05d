"""Formulas with the numbers in them: each number written the way it is meant."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import ngettext

from display.formulas import fill
from display.numbers import NO_VALUE, money, number, percent, percent_exact, significant
from portfolio.definitions import Definition, Words
from portfolio.figure import Number

COUNTS = {
    "amount_readings", "approved", "before", "days", "entered", "failed", "flows", "in_flight", "initiatives", "known",
    "level_readings", "longest", "months", "n", "passed", "pilot", "production", "prototype", "prototypes", "reached",
    "shortest", "stopped", "waiting", "waiting_unallocated",
}  # fmt: skip
SHARES = {"share"}
MONTHS = {"since", "until"}  # of 365.25 ÷ 12 days, from the first flow
MONTH_DIGITS = 2


class Writer:
    """Writes the numbers of figures; what has no unit of its own is an amount in `currency`."""

    def __init__(self, currency: str) -> None:
        self.currency = currency

    def value(self, definition: Definition, value: Number | None) -> str:
        """Return a figure's value as its definition says; a dash where there is none."""
        if value is None:
            return NO_VALUE
        if definition.form == "money":
            return money(value, self.currency)
        return FORMS[definition.form](value)

    def formula(self, text: Words, value: str, inputs: Mapping[str, Number | None]) -> str:
        """Return a formula with its numbers; a number that does not exist is a dash."""
        return fill(text, {name: self._input(name, each) for name, each in inputs.items()} | {"value": value})

    def _input(self, name: str, value: Number | None) -> str:
        if value is None:
            return NO_VALUE
        if name in COUNTS:
            return number(value)
        if name in MONTHS:
            return number(value, MONTH_DIGITS)
        if name == "rate":  # as it was given, every digit of it
            return percent_exact(value)
        return percent(value) if name in SHARES else money(value, self.currency)


def _percent(value: Number) -> str:
    return percent(value, 1)


def _months(value: Number) -> str:
    return ngettext("%(number)s month", "%(number)s months", 1 if value == 1 else 2) % {"number": significant(value)}


def _days(value: Number) -> str:
    return ngettext("%(number)s day", "%(number)s days", 1 if value == 1 else 2) % {"number": number(value)}


FORMS = {"percent": _percent, "number": number, "significant": significant, "months": _months, "days": _days}
