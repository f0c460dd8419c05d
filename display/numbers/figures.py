"""Numbers, counts and quantities."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from display.numbers.writing import (
    NARROW_SPACE,
    SPACE,
    Number,
    exact,
    group,
    language,
    round_to,
    round_to_significant,
    sign_of,
    trim,
)

#: (from which size on, divisor, unit) of short amounts, largest first.
SHORT_UNITS = {
    "en": [
        (Decimal("1e12"), Decimal("1e12"), "T"),
        (Decimal("1e9"), Decimal("1e9"), "B"),
        (Decimal("1e5"), Decimal("1e6"), "M"),
    ],
    "ja": [
        (Decimal("1e12"), Decimal("1e12"), "兆"),
        (Decimal("1e8"), Decimal("1e8"), "億"),
        (Decimal("1e4"), Decimal("1e4"), "万"),
    ],
}


def number(value: Number, digits: int | None = None, signed: bool = False) -> str:
    """Group a number; `digits` fixes its decimals (half-even), without it every digit it has is kept."""
    amount = exact(value)
    amount = trim(amount) if digits is None else round_to(amount, digits)
    return sign_of(amount, signed) + group(amount.copy_abs())


def plain(value: Number) -> str:
    """Return every digit of a number as a program reads it: "1234.5", "0.0000000004"."""
    return f"{trim(exact(value)):f}"


def fixed(value: Number, digits: int) -> str:
    """Return a number with so many decimals; what is less than the last of them, and not 0, is "<0.01"."""
    amount = exact(value)
    if amount and not round_to(amount, digits):
        return f"{sign_of(amount, False)}<{Decimal(1).scaleb(-digits)}"
    return number(amount, digits)


def quantity(value: Number, unit: str = "") -> str:
    """Return a number with its unit: "9.1 minutes"; Japanese units follow without a space."""
    return with_unit(number(value), unit)


def price(value: Number) -> str:
    """Return a price with every digit it has, two after the point at least, so that columns of prices line up."""
    amount = trim(exact(value))
    return number(amount, max(2, -int(amount.as_tuple().exponent)))


def with_unit(text: str, unit: str) -> str:
    """Put a unit behind a number that is written already; per cent stands as everywhere."""
    if not unit:
        return text
    if unit.startswith("%"):
        return f"{text}{'' if language() == 'ja' else NARROW_SPACE}{unit}"
    return f"{text}{SPACE if unit[0].isascii() else ''}{unit}"


def decimals(values: Iterable[Number]) -> int:
    """Return how many decimals the longest of these numbers has: a column of them stands on its points."""
    lengths = (trim(exact(value)).as_tuple().exponent for value in values)
    return max((-length for length in lengths if isinstance(length, int)), default=0)


def significant(value: Number, digits: int = 3) -> str:
    """Return at most `digits` significant digits, grouped, without padding zeros after the point."""
    amount = round_to_significant(exact(value), digits)
    return number(trim(amount))


def number_short(value: Number) -> str:
    """Return a count for a headline, three significant digits at most: "1.24 B", "0.47 M", "96,400", "12.4億"."""
    amount = exact(value)
    return sign_of(amount, False) + (in_short(amount) or number(trim(abs(round_to_significant(amount, 3)))))


def in_short(amount: Decimal) -> str:
    """Write a large amount in its unit, without its sign; "" for one that has none."""
    short = round_to_significant(amount, 3)
    for least, divisor, unit in SHORT_UNITS[language()]:
        if abs(short) >= least:
            scaled = abs(short / divisor)
            space = SPACE if language() == "en" else ""
            # A zero at the end is a digit too: $0.70 M stands beside $0.51 M.
            places = min(2, max(0, 2 - scaled.adjusted()))
            return f"{number(scaled if scaled >= 1 else abs(amount / divisor), places)}{space}{unit}"
    return ""
