"""A figure explained: definition, formula with the numbers in it, what was left out, what stands behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise

from accounts.models import User
from display.numbers import NO_VALUE, money, number, percent, share_range, significant
from portfolio.definitions import DEFINITIONS, OF_ONE, Definition, reason
from portfolio.economics import Economics
from portfolio.facts import rows_in
from portfolio.figure import Figure, Number
from portfolio.filters import Filters
from portfolio.returns import MonthFlow
from portfolio.rows import Row
from portfolio.summary import summary

COUNTS = {"reached", "prototypes", "failed", "decided", "n", "stopped", "known", "initiatives", "months"}


@dataclass(frozen=True)
class Explanation:
    """What the page of a figure shows."""

    name: str
    definition: Definition
    value: str  # "" where it does not exist
    interval: str
    share: str
    why_not: str | Promise
    formula: str
    left_out: list[tuple[str | Promise, int]]
    rows: Sequence[Row] = ()
    months: Sequence[MonthFlow] = ()


def explain(name: str, filters: Filters, user: User | None) -> Explanation:
    """Return the explanation of a figure; "production_within_24" is one with its horizon."""
    definition = DEFINITIONS["production_within" if name.startswith("production_within_") else name]
    found = summary(filters, user)
    behind = sorted(filter(definition.behind, rows_in(found.facts)), key=lambda row: (-row.gross, row.number))
    return replace(_explained(name, definition, found[name], found.currency), rows=behind)


def explain_one(name: str, found: Economics, currency: str) -> Explanation:
    """Return the explanation of a figure of one initiative, with the months behind it."""
    definition = OF_ONE.get(name) or DEFINITIONS[name]
    return replace(_explained(name, definition, found[name], currency), months=found.months)


def _explained(name: str, definition: Definition, figure: Figure, currency: str) -> Explanation:
    show = _Writer(currency)
    known = figure.value is not None
    interval = share_range(figure.low, figure.high) if figure.low is not None and figure.high is not None else ""
    return Explanation(
        name=name,
        definition=definition,
        value=show.value(definition, figure.value) if known else "",
        interval=interval,
        share=percent(figure.share) if figure.share is not None else "",
        why_not="" if known else reason(figure.reason),
        formula=show.formula(definition, figure),
        left_out=[(reason(code), count) for code, count in figure.left_out.items()],
    )


class _Known(dict[str, str]):
    """The numbers of a formula by name; one that nothing was counted for is a dash."""

    def __missing__(self, _name: str) -> str:
        return NO_VALUE


class _Writer:
    """Writes numbers the way each is meant: counts, shares, amounts."""

    def __init__(self, currency: str) -> None:
        self.currency = currency

    def value(self, definition: Definition, value: Number | None) -> str:
        if value is None:
            return NO_VALUE
        if definition.form == "money":
            return money(value, self.currency)
        return {"percent": _percent, "number": number, "significant": significant}[definition.form](value)

    def formula(self, definition: Definition, figure: Figure) -> str:
        """Return the formula with its numbers; a number that does not exist is a dash."""
        numbers = {name: self._input(name, value) for name, value in figure.inputs.items()}
        return str(definition.formula) % _Known(numbers, value=self.value(definition, figure.value))

    def _input(self, name: str, value: Number | None) -> str:
        if value is None:
            return NO_VALUE
        if name in COUNTS:
            return number(value)
        return percent(value) if name == "rate" else money(value, self.currency)


def _percent(value: Number) -> str:
    return percent(value, 1)
