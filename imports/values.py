"""Values that a file keeps as something else than text, as the text that a CSV file would have."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from api.decimals import DIGITS_AFTER

_LAST = Decimal(1).scaleb(-DIGITS_AFTER)
_DIGITS_OF_A_DOUBLE = 17  # as many tell every double from its neighbours; none is written with more


def written_out(text: str) -> str:
    """Return "5.03e-09" as "0.00000000503" and "1234.0" as "1234"; "nan" and what is too large stay as they are.

    A binary fraction such as a third has digits past the 18th after the point that mean nothing: they are rounded off.
    A number with more digits than such a fraction is written with was meant exactly, and keeps them.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text  # an exponent past what Decimal can hold
    if not number.is_finite() or abs(number.adjusted()) > 300:
        return text
    if -int(number.as_tuple().exponent) > DIGITS_AFTER and len(number.as_tuple().digits) <= _DIGITS_OF_A_DOUBLE:
        number = number.quantize(_LAST)
    plain = f"{number:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in ("-0", "") else plain


def text_of(value: Any) -> str:
    """Return a value of a JSON document as text: "" for null, "true", and JSON for lists and objects."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
