"""How a number is written out: its language, sign, rounding and grouping. Rounded half-even, and only here."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

from django.utils import translation

Number = Decimal | int | float

MINUS = "\u2212"
NARROW_SPACE = "\u202f"
SPACE = "\u00a0"
JOINER = "\u2060"  # keeps a sign and the symbol of a currency on one line, where neither a space nor CSS would
NO_VALUE = "—"

#: More digits than any figure has (see `portfolio.figures.exact`): the largest float has 309 before the point.
_EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN)


def language() -> str:
    """Return the active language as far as formats differ: "ja" or "en"."""
    return "ja" if (translation.get_language() or "en").startswith("ja") else "en"


def span(first: str, last: str) -> str:
    """Return what goes from one to another, as it is written: "45–50", in Japanese "45～50"."""
    return f"{first}{'～' if language() == 'ja' else '–'}{last}"


def exact(value: Number) -> Decimal:
    """Return `value` as a Decimal; a float by its shortest digits, so that 0.1 stays 0.1."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def group(amount: Decimal) -> str:
    """Write out a number, its thousands grouped; English and Japanese use the same comma and point."""
    return f"{amount:,f}"


def sign_of(amount: Decimal, signed: bool) -> str:
    """Return the sign of an amount: a true minus; a plus only where it is `signed`."""
    if amount < 0:
        return MINUS
    return "+" if signed and amount > 0 else ""


def round_to(amount: Decimal, digits: int) -> Decimal:
    """Round half-even; what comes to 0 has no sign."""
    result = amount.quantize(Decimal(1).scaleb(-digits), context=_EXACT)
    return abs(result) if result == 0 else result


def round_to_significant(amount: Decimal, digits: int) -> Decimal:
    """Round to so many significant digits."""
    return round_to(amount, digits - 1 - amount.adjusted()) if amount else Decimal(0)


def trim(amount: Decimal) -> Decimal:
    """Drop zeros after the point, and an exponent."""
    whole = amount.to_integral_value()
    return whole.quantize(Decimal(1), context=_EXACT) if amount == whole else amount.normalize(_EXACT)
