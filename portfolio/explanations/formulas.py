"""Formulas with the numbers in them: each number written the way it is meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from display.formulas import fill, has_all, places
from display.numbers import (
    NO_VALUE,
    decimals,
    exact,
    money,
    number,
    percent,
    percent_exact,
    significant,
    smallest_unit,
)
from portfolio.explanations.counted_nouns import counted, measured
from portfolio.explanations.definition import Definition, Words
from portfolio.figure import Number

LEAST_SHARE = Decimal("0.0005")
# Counts that stand with what they count, and those beside which the formula itself says it.
COUNTED = {
    "amount_readings": "readings", "flows": "flows", "horizon": "months", "initiatives": "initiatives",
    "level_readings": "readings", "longest": "days", "proposed": "proposals", "prototypes": "prototypes",
}  # fmt: skip
COUNTS = {
    "approved", "at_risk", "before", "days", "entered", "failed", "in_flight", "into", "known", "months", "n", "passed",
    "pilot", "production", "prototype", "reached", "shortest", "stopped", "waiting_initiatives", "waiting_unallocated",
}  # fmt: skip
# Numbers of probabilities, by their first digits, and the ends of an interval.
PURE = {"deviation", "f", "least", "log", "neither", "p", "scale", "shift", "spread", "until_then", "z"}
DIGITS = 4
PERCENT = {"low", "high", "now_share", "was_share", "guided_share", "aimless_share"}
MONTHS = {"since": 4, "until": 4, "after": 2}  # of 365.25 ÷ 12 days, from the first flow: decimals


class Form(NamedTuple):
    """How a number is written, and whether that is all of its digits."""

    write: Callable[[Number], str]
    has_all: Callable[[Number], bool] = lambda _value: True


class Writer:
    """Writes the numbers of figures; what has no unit of its own is an amount in `currency`."""

    def __init__(self, currency: str) -> None:
        digits = decimals([smallest_unit(currency)])
        self.money = Form(lambda value: money(value, currency), lambda value: has_all(value, digits))
        self.money_change = self.money._replace(write=lambda value: money(value, currency, signed=True))

    def value(self, definition: Definition, value: Number | None) -> str:
        """Return a figure's value as its definition says; a dash where there is none."""
        return NO_VALUE if value is None else self._form_of(definition).write(value)

    def share(self, definition: Definition, value: Number) -> str:
        """Return a share as it stands beside a value: signed where that is."""
        return _percent(value, signed=definition.form == "money_change")

    def formula(
        self, definition: Definition, value: Number | None, inputs: Mapping[str, Number | None], instead: Words = ""
    ) -> str:
        """Return a figure's formula, or another one, with its numbers; a number that does not exist is a dash."""
        text = instead or definition.formula
        forms = {name: self._form(name) for name in places(text)} | {"value": self._form_of(definition)}
        given = {**inputs, "value": value}
        known = {name: each for name in forms if (each := given.get(name)) is not None}
        numbers = {name: forms[name].write(each) for name, each in known.items()}
        return fill(text, numbers, is_exact=all(forms[name].has_all(each) for name, each in known.items()))

    def _form_of(self, definition: Definition) -> Form:
        own = {"money": self.money, "money_change": self.money_change}
        return own.get(definition.form) or FORMS[definition.form]

    def _form(self, name: str) -> Form:
        if name in COUNTED:
            return Form(lambda count: counted(COUNTED[name], int(count)))
        if name in COUNTS:
            return FORMS["number"]
        if name in MONTHS:
            return Form(lambda value: number(value, MONTHS[name]), lambda value: has_all(value, MONTHS[name]))
        if name in PURE:
            return Form(
                lambda value: significant(value, DIGITS), lambda value: significant(value, DIGITS) == number(value)
            )
        if name in PERCENT:
            return FORMS["percent"]
        if name == "rate":  # as it was given, every digit of it
            return Form(percent_exact)
        return Form(_about) if name == "share" else self.money


def _percent(value: Number, *, signed: bool = False) -> str:
    """A decimal; less than that, and not 0, is "<0.1 %"."""
    return percent(value, None if 0 < abs(value) < LEAST_SHARE else 1, signed)


def _has_all_percent(value: Number) -> bool:
    return has_all(exact(value) * 100, 1)


def _about(value: Number) -> str:
    """A share that stands within a formula says by itself that it is rounded."""
    shown = _percent(value)
    if _has_all_percent(value):
        return shown
    if shown.startswith("<"):
        return _("less than %(share)s") % {"share": shown[1:]}
    return _("about %(share)s") % {"share": shown}


def _months(value: Number) -> str:
    return measured("months", significant(value))


def _times(value: Number) -> str:
    return _("%(number)s×") % {"number": significant(value)}


def _has_all_significant(value: Number) -> bool:
    return significant(value) == number(value)


def _days(value: Number) -> str:
    return measured("days", number(value))


def _points(value: Number) -> str:
    return measured("points", number(exact(value) * 100, 0, signed=True))


FORMS = {
    "points": Form(_points, lambda value: has_all(exact(value) * 100, 0)),
    "percent": Form(_percent, _has_all_percent),
    "number": Form(number),
    "significant": Form(significant, _has_all_significant),
    "times": Form(_times, _has_all_significant),
    "months": Form(_months, _has_all_significant),
    "days": Form(_days),
}
