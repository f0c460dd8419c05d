"""Cells of a file, read strictly: what cannot be read rejects the row at its column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.utils.translation import gettext_noop

from api.fields import EARLIEST, LATEST
from imports.pipeline import Reason
from money.parsing import parse_amount

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}

NEEDED = gettext_noop("This cell must not be empty.")
TOO_LONG = gettext_noop("The text is longer than {most} characters.")
NO_DAY = gettext_noop("Not a date that exists, written as 2026-11-30.")
OUT_OF_RANGE = gettext_noop("Dates go from 1950-01-01 to 2100-12-31.")
NO_FLAG = gettext_noop("Write true or false.")
NO_CHOICE = gettext_noop("Not one of the choices: {choices}.")


class CellError(Exception):
    """A cell that cannot be read: its column and why."""

    def __init__(self, column: str, reason: Reason) -> None:
        super().__init__(str(reason))
        self.column = column
        self.reason = reason


def needed(text: str, column: str) -> str:
    """Return the text; refuse an empty one."""
    if not text:
        raise CellError(column, Reason(NEEDED))
    return text


def text(value: str, column: str, most: int) -> str:
    """Return the text; refuse one that is too long."""
    if len(value) > most:
        raise CellError(column, Reason(TOO_LONG, most=most))
    return value


def day(value: str, column: str) -> date | None:
    """Return the date of `2026-11-30`, None for an empty cell; refuse 30 February and every other form."""
    return some_day(value, column) if value else None


@lru_cache(maxsize=40_000)  # they repeat
def some_day(value: str, column: str) -> date:
    """As `day`; refuse an empty cell too."""
    try:
        found = date.fromisoformat(value if DAY.fullmatch(needed(value, column)) else "")
    except ValueError as error:
        raise CellError(column, Reason(NO_DAY)) from error
    if not EARLIEST <= found <= LATEST:
        raise CellError(column, Reason(OUT_OF_RANGE))
    return found


def flag(value: str, column: str) -> bool:
    """Return yes or no; empty is no."""
    if value.casefold() not in FLAGS:
        raise CellError(column, Reason(NO_FLAG))
    return FLAGS[value.casefold()]


def choice(value: str, column: str, allowed: Sequence[str]) -> str:
    """Return the value where it is one of those allowed."""
    if value not in allowed:
        raise CellError(column, Reason(NO_CHOICE, choices=", ".join(allowed)))
    return value


def amount(value: str, column: str) -> Decimal:
    """Return the exact number; "1.234,56", NaN and 1e400 are refused with what is wrong with them."""
    try:
        return parse_amount(value)
    except ValueError as error:
        raise CellError(column, Reason.said(str(error))) from error
