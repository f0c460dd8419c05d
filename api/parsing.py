"""Strict JSON: exact numbers, bounded depth, no key twice, no text that the database cannot hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from ninja.parser import Parser

from api.decimals import DIGITS_BEFORE, NumberError, hold_to_limits
from api.problems import Problem, invalid

DEEPEST = 50
# NUL is no text to PostgreSQL, and half of a surrogate pair is no text to UTF-8.
_UNUSABLE = re.compile("[\x00\ud800-\udfff]")
# Python refuses to read integers of more digits than this; no number of the contract comes near.
_LONGEST_INTEGER = 100
_LARGE = 10**DIGITS_BEFORE


class StrictParser(Parser):
    """Reads bodies and query strings for every operation."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Read a JSON body: 400 when it cannot be read, 422 where a value cannot be taken."""
        return parse_json(request.body)

    def parse_querydict(self, data: MultiValueDict, list_fields: list[str], request: HttpRequest) -> dict[str, Any]:
        """Read a query string or a form: 422 where a text cannot be stored."""
        errors = [
            (name, unusable_text())
            for name, values in data.lists()
            if has_unusable_text(name) or any(isinstance(value, str) and has_unusable_text(value) for value in values)
        ]
        if errors:
            raise invalid([(printable(name), message) for name, message in errors])
        return super().parse_querydict(data, list_fields, request)


def parse_json(body: bytes) -> Any:
    """Read JSON text into Python values; every number becomes an int or an exact Decimal."""
    try:
        value = json.loads(
            body.decode(), parse_float=_decimal, parse_int=_integer, parse_constant=_decimal, object_pairs_hook=_unique
        )
    except UnicodeDecodeError as error:
        raise Problem(400, _("The body is not UTF-8 text.")) from error
    except json.JSONDecodeError as error:
        raise Problem(
            400, _("The body is not JSON: line {line}, column {column}.").format(line=error.lineno, column=error.colno)
        ) from error
    except RecursionError as error:
        raise _too_deep() from error
    errors = list(_faults(value))
    if errors:
        raise invalid(errors)
    return value


def has_unusable_text(text: str) -> bool:
    """Return whether the text holds a NUL or half of a surrogate pair."""
    return _UNUSABLE.search(text) is not None


def unusable_text() -> str:
    """Say why such a text is refused."""
    return _("Holds a NUL or half of a surrogate pair.")


def _faults(value: Any) -> Iterator[tuple[str, str]]:
    """Walk all values without recursion; yield (dotted path, message) of those that cannot be taken."""
    left: list[tuple[tuple[str, ...], Any]] = [((), {"body": value})]
    while left:
        path, container = left.pop()
        if len(path) > DEEPEST:
            raise _too_deep()
        for name, item in container.items() if isinstance(container, dict) else enumerate(container):
            if isinstance(item, dict | list):
                left.append(((*path, str(name)), item))
            if message := _fault(name) or _fault(item):
                yield printable(".".join((*path, str(name))).removeprefix("body.")), message


def _fault(item: Any) -> str | None:
    if isinstance(item, str):
        return unusable_text() if has_unusable_text(item) else None
    if isinstance(item, Decimal) or (isinstance(item, int) and abs(item) >= _LARGE):
        try:
            hold_to_limits(Decimal(item))
        except NumberError as error:
            return str(error)
    return None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")  # an exponent past what Decimal can hold; refused at its field like every NaN


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= _LONGEST_INTEGER else Decimal(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Problem(400, _("An object has the same key twice."))
    return found


def printable(text: str) -> str:
    """Return the text with a mark in place of what cannot be kept or sent."""
    return _UNUSABLE.sub("\ufffd", text)


def _too_deep() -> Problem:
    return Problem(400, _("The body is nested deeper than {depth} levels.").format(depth=DEEPEST))
