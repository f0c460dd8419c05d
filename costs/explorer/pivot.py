"""The answer as a table: rows and columns in their order, cells, totals and shares. Every amount is exact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import RuleError
from accounts.models import User
from costs.explorer.headings import STAGES, Heading, headings, narrowed, rest
from costs.explorer.question import EVERY, Question
from costs.explorer.sums import Found, find
from costs.ledger.filters import Filters
from display import numbers
from money.exact import EXACT, ZERO, total

MOST_CELLS = 2_000_000  # of a table of which nothing is put together
TOO_MANY_CELLS = gettext_lazy(
    "A table holds at most %(most)s cells, and this one would have %(cells)s: choose other rows or columns, or filter "
    "further."
)


@dataclass(frozen=True)
class Row:
    """A row: one amount a column, None where there is no cost."""

    heading: Heading
    cells: list[Decimal | None]
    total: Decimal
    share: Decimal | None


@dataclass(frozen=True)
class Pivot:
    """The answer to a question."""

    question: Question
    columns: list[Heading]
    rows: list[Row]
    totals: list[Decimal]  # of the columns
    total: Decimal
    has_later: bool  # lines dated after the as-of date, in the last month, are not in it

    @property
    def has_columns(self) -> bool:
        """Tell whether there is more than one amount a row."""
        return self.question.columns != "none"

    def share(self, amount: Decimal) -> Decimal | None:
        """Return the share of the total; None where that is nothing, or less."""
        return EXACT.divide(amount, self.total) if self.total > 0 else None

    def opened(self, *headings: Heading) -> Filters:
        """Return the filters of the ledger that keep the lines behind a cell, a row or a column."""
        asked = self.question
        is_ahead = asked.since > asked.until  # all of the period, so that there is nothing in it
        told = asked.as_of < timezone.localdate() or self.has_later or is_ahead
        until = asked.filters.until if is_ahead else asked.until
        filters = replace(asked.filters, until=until, as_of=asked.as_of if told else None)
        return narrowed(filters, *(heading.changes for heading in headings))

    @cached_property
    def largest(self) -> Row | None:
        """The row with a name that comes to most."""
        return max((row for row in self.rows if row.heading.is_named), key=lambda row: row.total, default=None)

    @property
    def largest_words(self) -> str:
        """Say which row is the largest, with its share; "" where that says nothing, as beside large credits."""
        largest = self.largest
        if largest is None or not largest.share or largest.share > 1:
            return ""
        if len(self.rows) < 2 or self.question.row_dimension.is_time:
            return ""
        given = {"name": largest.heading.label, "share": numbers.percent(largest.share)}
        if any(row.total > largest.total for row in self.rows if not row.heading.is_many):
            return _("the largest part that has a name, %(share)s, was %(name)s") % given
        return _("the largest part, %(share)s, was %(name)s") % given


def pivot(question: Question, user: User) -> Pivot:
    """Answer a question, for what the reader may see. RuleError where the whole of it would be too large a table."""
    found = find(question, user)
    if question.top == EVERY:
        _refuse_too_many_cells(found)
    by_row = _sums((cell.row, cell.gross) for cell in found.cells)
    by_column = _sums((cell.column, cell.gross) for cell in found.cells)
    down = _axis("rows", found.rows, by_row, question)
    across = _axis("columns", found.columns, by_column, question)
    amounts = {(cell.row, cell.column): cell.gross for cell in found.cells}
    everything = total(cell.gross for cell in found.cells)
    rows = []
    for key, heading in down.items():
        cells = [amounts.get((key, column)) for column in across]
        rows.append(Row(heading, cells, by_row[key], EXACT.divide(by_row[key], everything) if everything > 0 else None))
    totals = [by_column[column] for column in across]
    return Pivot(question, list(across.values()), rows, totals, everything, found.has_later)


def _refuse_too_many_cells(found: Found) -> None:
    cells = found.rows * found.columns
    if cells > MOST_CELLS:
        raise RuleError(TOO_MANY_CELLS % {"most": numbers.number(MOST_CELLS), "cells": numbers.number(cells)})


def _sums(amounts: Iterable[tuple[Any, Decimal]]) -> dict[Any, Decimal]:
    """Add up what each key comes to."""
    found: dict[Any, Decimal] = {}
    for key, amount in amounts:
        found[key] = EXACT.add(found.get(key, ZERO), amount)
    return found


def _axis(axis: str, count: int, sums: dict[Any, Decimal], question: Question) -> dict[Any, Heading]:
    """Return the headings in the order in which they stand: time and stages as they go, others by amount, rest last."""
    dimension = question.row_dimension if axis == "rows" else question.column_dimension
    shown = [key for key in sums if key is not None]
    if dimension.is_time:
        shown.sort()
    elif dimension.name == "stage":
        shown.sort(key=lambda key: STAGES.index(key) if key else len(STAGES))
    else:
        shown.sort(key=lambda key: (-sums[key], str(key)))
    described = headings(dimension, shown, question)
    found = {key: described[key] for key in shown}
    if None not in sums:
        return found
    others = {None: rest(axis, count - len(shown), shown[0], question)}
    return others | found if dimension.is_time else found | others
