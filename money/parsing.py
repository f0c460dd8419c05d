"""Amounts as people and files write them."""

from __future__ import annotations

import re
from decimal import Decimal

from django.utils.translation import gettext as _

from api.decimals import NumberError, exact, rounded

# 1,234,567.89: commas in front of exactly three digits each. Nothing else is guessed at: "1.234,56" is refused.
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)

# Databases write a DECIMAL(38, 20) so; behind the places that we keep (api.decimals) zeros say nothing.
_ZEROS_BEHIND = re.compile(r"(?<=\.\d{18})0+$", re.ASCII)


def parse_amount(text: str) -> Decimal:
    """Return the exact amount, or raise NumberError (a ValueError) that says what is wrong with the text.

    "1234.5", "1,234.50", "1E-7", "−5" and full-width digits are read; "1.234,56", "NaN" and "1e400" are refused.
    """
    return exact(_cleaned(text))


def parse_rounded(text: str) -> Decimal:
    """As `parse_amount`, but digits past those that are kept after the point are rounded off, not refused."""
    return rounded(_cleaned(text))


def _cleaned(text: str) -> str:
    """Return the digits of an amount as `api.decimals` reads them."""
    cleaned = text.strip().translate(_AS_TYPED)
    if not cleaned:
        raise NumberError(_("An amount is needed."))
    if _THOUSANDS.fullmatch(cleaned):
        cleaned = cleaned.replace(",", "")
    if "," in cleaned:
        raise NumberError(_("Write the amount with a decimal point, such as 1234.56."))
    return _ZEROS_BEHIND.sub("", cleaned)


# True minus, full-width digits and signs of a Japanese keyboard; the joiner behind our signs (display.numbers) goes.
_AS_TYPED = str.maketrans("−－＋．，０１２３４５６７８９", "--+.,0123456789", "\u2060")
