"""JSON and JSON lines: document after document, so that memory holds one of them, whatever the file's size."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_noop

from imports.refusals import FileRefusedError
from imports.report import Reason
from imports.values import written_out

CHUNK = 1024 * 1024
DEEPEST = 50
LARGEST = 32 * 1024 * 1024
BLANK = " \t\r\n"

UNREADABLE = gettext_noop("Element {number} of the file is not readable as JSON, or the file is cut off.")
TOO_LARGE = gettext_noop("Element {number} of the file is larger than 32 million characters.")
TOO_DEEP = gettext_noop("Element {number} of the file is nested deeper than 50 levels.")
DOUBLED = gettext_noop("Element {number} of the file has the same key twice.")


class _DoubledKeyError(ValueError):
    """An object has a key twice."""


def documents(text: io.TextIOBase) -> Iterator[Any]:
    """Yield the elements of an array, or values that follow one another (JSON lines; a single document).

    Numbers come as texts, with every digit that the file has but the noise of binary fractions (imports/values.py).
    """
    source = _Source(text)
    is_array = source.next_sign() == "["
    if is_array:
        source.take()
    while (sign := source.next_sign()) and not (is_array and sign == "]"):
        yield source.value()
        if is_array and source.next_sign() == ",":
            source.take()
            source.refuse_unless(source.next_sign() not in ("]", ""))
        elif is_array:
            source.refuse_unless(source.next_sign() == "]")
    if is_array:
        source.refuse_unless(sign == "]")
        source.take()
        source.refuse_unless(source.next_sign() == "")


class _Source:
    """Text, held as far as it is needed for the next value."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        self._held, self._at = "", 0
        self._number = 1  # of the element that comes next

    def next_sign(self) -> str:
        """Pass over blanks; return what comes then, without taking it; "" at the end."""
        while True:
            while self._at < len(self._held) and self._held[self._at] in BLANK:
                self._at += 1
            if self._at < len(self._held) or not self._read_on(CHUNK):
                return self._held[self._at : self._at + 1]

    def take(self) -> None:
        """Take one sign."""
        self._at += 1

    def refuse_unless(self, is_right: bool) -> None:
        """Give the file up where it does not go on as JSON does."""
        if not is_right:
            raise FileRefusedError(Reason(UNREADABLE, number=self._number))

    def value(self) -> Any:
        """Take the next value; more text is read, twice as much each time, until it is whole."""
        while True:
            found = self._whole_value()
            if found is not None:
                break
        value, self._at = found
        if _is_deeper(value, DEEPEST):
            raise FileRefusedError(Reason(TOO_DEEP, number=self._number))
        self._number += 1
        return value

    def _whole_value(self) -> tuple[Any, int] | None:
        held = len(self._held) - self._at
        try:
            value, end = _decoder.raw_decode(self._held, self._at)
        except RecursionError as error:
            raise FileRefusedError(Reason(TOO_DEEP, number=self._number)) from error
        except _DoubledKeyError as error:
            raise FileRefusedError(Reason(DOUBLED, number=self._number)) from error
        except json.JSONDecodeError as error:
            if held > LARGEST:
                raise FileRefusedError(Reason(TOO_LARGE, number=self._number)) from error
            if not self._read_on(max(CHUNK, held)):
                raise FileRefusedError(Reason(UNREADABLE, number=self._number)) from error
            return None
        # A number at the end of what is held may go on.
        return None if end == len(self._held) and self._read_on(CHUNK) else (value, end)

    def _read_on(self, size: int) -> bool:
        more = self._text.read(size)
        self._held, self._at = self._held[self._at :] + more, 0
        return bool(more)


def _is_deeper(value: Any, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        level = [
            item
            for each in level
            if isinstance(each, dict | list)
            for item in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return any(isinstance(each, dict | list) for each in level)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _DoubledKeyError
    return found


_decoder = json.JSONDecoder(parse_float=written_out, parse_int=str, parse_constant=str, object_pairs_hook=_unique)
