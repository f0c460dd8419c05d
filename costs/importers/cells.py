"""Cells of a cost file that other files do not have, or have otherwise; what all have is read by `imports.cells`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext_noop

from accounts.currencies import CODES
from api.decimals import NumberError, plain
from api.fields import MOST
from api.parsing import has_unusable_text
from costs.registers.generated import SOURCES
from imports import cells
from imports.cells import CellError
from imports.pipeline import Reason
from imports.reading import NUL, SURROGATE
from imports.values import text_of
from money.parsing import parse_amount

NO_CURRENCY = gettext_noop("Not a currency of ISO 4217 (upper case, such as USD).")
NOT_A_COUNT = gettext_noop("A whole number from 0 to 1,000,000,000,000.")
OF_A_REGISTER = gettext_noop("Lines of this source follow from a register.")
NOT_TAGS = gettext_noop("Tags are a JSON object of texts.")
NOT_TAGS_OF_A_BILL = gettext_noop("Tags are a JSON object of texts, numbers, true, false and null.")
TOO_DEEP = gettext_noop("The JSON in this cell is nested too deeply.")

# What most amounts look like; whatever does not is looked at closely.
_PLAIN = re.compile(r"-?[1-9]\d{0,19}(\.\d{1,18})?|0\.\d{1,18}|0", re.ASCII)
# A thousand to some, one to others.
_AMBIGUOUS = re.compile(r"\d{1,3}(\.\d{3})+", re.ASCII)
SHORT, LONG = 200, 20_000
MOST_OF_A_TAG = 512  # no large cloud allows more, in a name or a value


def amount(text: str, column: str = "amount") -> str:
    """Return an exact amount as plain text without trailing zeros, so that equal amounts are written equally."""
    if not _PLAIN.fullmatch(text):
        text = _odd_amount(text, column)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _odd_amount(text: str, column: str) -> str:
    try:
        number = parse_amount(text)
    except NumberError as error:
        raise CellError(column, Reason(str(error))) from error
    return plain(Decimal(0) if number.is_zero() else number)


@lru_cache(maxsize=40_000)
def count(text: str, column: str) -> int:
    """Read a whole number, 0 or more: "1234", "1,234", "1234.0" as spreadsheets write it; "1.000" is not guessed at."""
    if len(text) <= 12 and text.isascii() and text.isdecimal():  # as nearly all are
        return int(text)
    if _AMBIGUOUS.fullmatch(text):
        raise CellError(column, Reason(NOT_A_COUNT))
    try:
        number = parse_amount(text)
    except NumberError as error:
        raise CellError(column, Reason(NOT_A_COUNT)) from error
    if number != number.to_integral_value() or not 0 <= number <= MOST:
        raise CellError(column, Reason(NOT_A_COUNT))
    return int(number)


def short(text: str, column: str, most: int = SHORT) -> str:
    """Check that a text is no longer than it may be."""
    return cells.text(text, column, most)


def currency(text: str, column: str) -> str:
    """Check a currency code."""
    if text not in CODES:
        raise CellError(column, Reason(NO_CURRENCY))
    return text


def source(text: str, column: str = "source") -> str:
    """Read the name of a source; those of the registers are kept for them."""
    if text.casefold() in SOURCES:
        raise CellError(column, Reason(OF_A_REGISTER))
    return short(text, column)


def tags(text: str) -> dict[str, str]:
    """Read tags: a JSON object of texts."""
    found = _tags(text, "tags", NOT_TAGS)
    if not all(isinstance(value, str) for value in found.values()) or _longest(found) > SHORT:
        raise CellError("tags", Reason(NOT_TAGS))
    return found


def tags_of_a_bill(text: str, column: str) -> dict[str, str]:
    """Read tags as FOCUS has them (KeyValueFormat): a JSON object of texts, numbers, true, false and null.

    A number keeps its digits, a tag without a value is `true`; what is null says nothing and is left out.
    """
    said = _tags(text, column, NOT_TAGS_OF_A_BILL, number=str)
    found = {name: text_of(value) for name, value in said.items() if value is not None}
    if _longest(found) > MOST_OF_A_TAG:
        raise CellError(column, Reason(cells.TOO_LONG, most=MOST_OF_A_TAG))
    return found


def _tags(text: str, column: str, why: str, number: Callable[[str], Any] | None = None) -> dict[str, Any]:
    """Read a flat JSON object; whatever it is not is refused for the reason `why`."""
    try:
        found = parsed(text or "{}", column, number)
    except ValueError as error:
        raise CellError(column, Reason(why)) from error
    if not isinstance(found, dict) or any(isinstance(value, dict | list) for value in found.values()):
        raise CellError(column, Reason(why))
    for each in (*found, *found.values()):
        if isinstance(each, str):
            usable(each, column)
    return found


def _longest(found: Mapping[str, str]) -> int:
    return max((len(each) for pair in found.items() for each in pair), default=0)


def parsed(text: str, column: str, number: Callable[[str], Any] | None = None) -> Any:
    """Read the JSON of a cell, its numbers by `number` if given; raise `ValueError` where it is none."""
    try:
        return json.loads(text, parse_float=number, parse_int=number)
    except RecursionError as error:
        raise CellError(column, Reason(TOO_DEEP)) from error


def usable(text: str, column: str) -> str:
    """Check a text that stood in the JSON of a cell: its escapes can say what the database cannot hold."""
    if has_unusable_text(text):
        raise CellError(column, Reason(NUL if "\0" in text else SURROGATE))
    return text


def one_of(known: dict[str, int], why: str) -> Callable[[str, str], int]:
    """Return a reader of names that are looked up."""

    def read(text: str, column: str) -> int:
        if text not in known:
            raise CellError(column, Reason(why))
        return known[text]

    return read
