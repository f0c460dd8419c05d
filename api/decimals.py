"""Exact numbers as the contract takes and gives them: at most 20 digits before and 18 after the point."""

from __future__ import annotations

import re
from decimal import Context, Decimal

from django.utils.translation import gettext as _

DIGITS_BEFORE = 20
DIGITS_AFTER = 18
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_LONGEST_TEXT = 100
_LAST = Decimal(1).scaleb(-DIGITS_AFTER)
_ENOUGH = Context(prec=DIGITS_BEFORE + DIGITS_AFTER + 1)


class NumberError(ValueError):
    """The text is no number within the limits; the message says why, in the reader's language."""


def exact(value: str | int | Decimal) -> Decimal:
    """Return the number with every digit it has; `-0` is 0. Floats are refused: they have already lost digits."""
    if isinstance(value, str):
        value = _from_text(value)
    elif isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise NumberError(_("Not a number."))
    number = Decimal(value)
    hold_to_limits(number)
    return Decimal(f"{number:f}") if number else Decimal(0)


def rounded(text: str) -> Decimal:
    """As `exact`, with what is past the last digit after the point rounded off, half of it to the even digit."""
    number = _from_text(text)
    if number.is_finite() and -int(number.as_tuple().exponent) > DIGITS_AFTER:
        number = number.quantize(_LAST, context=_ENOUGH) if number.adjusted() < DIGITS_BEFORE else number
    return exact(number)


def hold_to_limits(number: Decimal) -> None:
    """Refuse what is not finite and what has too many digits; a zero of any length is 0."""
    if not number.is_finite():
        raise NumberError(_("Not a number."))
    if number.is_zero():
        return
    if number.adjusted() >= DIGITS_BEFORE:
        raise NumberError(_("At most 20 digits before the decimal point."))
    if -int(number.as_tuple().exponent) > DIGITS_AFTER:
        raise NumberError(_("At most 18 digits after the decimal point."))


def plain(number: Decimal) -> str:
    """Write a number with all its digits and without an exponent: "1234.50"."""
    text = f"{number:f}"
    return text.removeprefix("-") if number.is_zero() else text


def shortest(number: Decimal) -> str:
    """Write a number with the digits that say something, so that equal numbers are written equally: "1234.5"."""
    text = plain(number)
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_float(number: Decimal | None) -> float | None:
    """Return a share or a reading for JSON and charts, which need no more than its first digits; None stays None."""
    return None if number is None else float(number)


def _from_text(text: str) -> Decimal:
    text = text.strip()
    if len(text) > _LONGEST_TEXT or not _NUMBER.fullmatch(text):
        raise NumberError(_("Not a number."))
    return Decimal(text)
