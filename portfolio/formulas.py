"""Formulas with the numbers in them: each number written the way it is meant."""

from __future__ import annotations

from collections.abc import Mapping

from display.formulas import fill
from display.numbers import NO_VALUE, money, number, percent, percent_exact, significant
from portfolio.counts import counted, measured
from portfolio.definitions import Definition, Words
from portfolio.figure import Number

# Counts that stand with what they count, and those beside which the formula itself says it.
COUNTED = {
    "amount_readings": "readings", "flows": "flows", "horizon": "months", "initiatives": "initiatives",
    "level_readings": "readings", "longest": "days", "proposed": "proposals", "prototypes": "prototypes",
}  # fmt: skip
COUNTS = {
    "approved", "before", "days", "entered", "failed", "in_flight", "known", "months", "passed", "pilot", "production",
    "prototype", "reached", "shortest", "stopped", "waiting_initiatives", "waiting_unallocated",
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
        if name in COUNTED:
            return counted(COUNTED[name], int(value))
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
    return measured("months", significant(value))


def _days(value: Number) -> str:
    return measured("days", number(value))


FORMS = {"percent": _percent, "number": number, "significant": significant, "months": _months, "days": _days}
