"""Money: all digits in tables (`money`), three significant ones at most in headlines (`money_short`)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cache

from babel.numbers import get_currency_precision, get_currency_symbol

from display.numbers.figures import SHORT_UNITS, decimals, in_short, number
from display.numbers.writing import (
    JOINER,
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

#: The same for an axis, where every amount stands in one unit.
_AXIS_UNITS = {
    "en": [
        (Decimal("1e12"), Decimal("1e12"), "T"),
        (Decimal("1e9"), Decimal("1e9"), "B"),
        (Decimal("1e6"), Decimal("1e6"), "M"),
        (Decimal("1e4"), Decimal("1e3"), "k"),
    ],
    "ja": SHORT_UNITS["ja"],
}
#: Signs that spreadsheets show and the locale data does not name.
_ALSO_WRITTEN = {
    "JPY": {"¥", "円"},
    "USD": {"US$"},
    "CAD": {"$"},
    "AUD": {"$"},
    "NZD": {"$"},
    "SGD": {"$"},
    "HKD": {"$"},
}
# Signs that Japanese writes behind an amount.
_BEHIND = {"JPY": "円", "CNY": "元"}
_WHOLE_BELOW = Decimal("1e7")
_WHOLE_BELOW_IN_YEN = Decimal("1e6")  # Japanese says 628万円 beside 7,980万円


def money(value: Number, currency: str, signed: bool = False, digits: int | None = None) -> str:
    """Return an amount with all its decimals, as tables show it: "$148,220.15", "−¥1,200".

    Less than the smallest coin is "<$0.01", as with `percent`: what is shown as 0 is 0.
    """
    amount = exact(value)
    rounded = round_to(amount, _decimals_of(currency) if digits is None else digits)
    if digits is None and amount and not rounded:
        return f"{sign_of(amount, signed)}<{_with_symbol(str(smallest_unit(currency)), currency)}"
    return _with_symbol(group(rounded.copy_abs()), currency, sign_of(rounded, signed))


def money_exact(value: Number, currency: str) -> str:
    """Return an amount with every digit it has, in whole cents at least: "$10.00", "$0.00000000503"."""
    return money(value, currency, digits=max(_decimals_of(currency), decimals([value])))


def money_whole(value: Number, currency: str, signed: bool = False) -> str:
    """Return an amount in whole units of its currency: "$148,220"."""
    return money(value, currency, signed, digits=0)


def money_short(value: Number, currency: str, signed: bool = False) -> str:
    """Return an amount for a headline, three significant digits at most: "$1.24 M", "$0.47 M", "$96,400", "$124万"."""
    amount = exact(value)
    short = round_to_significant(amount, 3)
    scaled = in_short(amount)
    if scaled:
        return _with_symbol(scaled, currency, sign_of(short, signed))
    if amount and abs(amount) < 1:
        digits = max(_decimals_of(currency), -int(trim(short).as_tuple().exponent))
        return _with_symbol(number(abs(short), digits), currency, sign_of(amount, signed))
    if abs(short) < 100 and amount != amount.to_integral_value():
        return money(amount, currency, signed)
    return _with_symbol(number(trim(abs(short))), currency, sign_of(short, signed))


def money_headline(value: Number, currency: str, signed: bool = False) -> str:
    """Return an amount for the headline of one initiative: whole below ten million (yen in Japanese: one) or short."""
    whole_below = _WHOLE_BELOW_IN_YEN if (language(), currency) == ("ja", "JPY") else _WHOLE_BELOW
    if abs(exact(value)) < whole_below:
        return money_whole(value, currency, signed)
    return money_short(value, currency, signed)


def money_significant(value: Number, currency: str, digits: int = 4) -> str:
    """Return a price that may be very small by its first digits, in whole cents at least: "$3.754", "$0.50"."""
    amount, cents = exact(value), _decimals_of(currency)
    places = max(digits - 1 - amount.adjusted(), cents) if amount else cents
    rounded = trim(round_to(abs(amount), places))
    shown = round_to(rounded, max(-int(rounded.as_tuple().exponent), cents))
    return _with_symbol(group(shown), currency, sign_of(amount, False))


def money_axis(values: Sequence[Number], currency: str) -> list[str]:
    """Return the amounts at an axis, in the unit of the largest, with the same decimals: "$0", "$0.5 M", "$1.0 M"."""
    amounts = [exact(value) for value in values]
    most = max((abs(amount) for amount in amounts), default=Decimal(0))
    for least, divisor, unit in _AXIS_UNITS[language()]:
        if most >= least:
            places = decimals(amount / divisor for amount in amounts)
            unit = f"{SPACE}{unit}" if language() == "en" else unit
            return [_in_unit(amount / divisor, places, unit, currency) for amount in amounts]
    return [money_short(amount, currency) for amount in amounts]


def symbols(currency: str) -> set[str]:
    """Return the signs that people write a currency with: "$" and "US$" for USD, "¥" and "円" for JPY."""
    return {str(get_currency_symbol(currency, locale=name)) for name in ("en", "ja")} | _ALSO_WRITTEN.get(
        currency, set()
    )


def currency_word(currency: str) -> str:
    """Return a currency as a heading says it: 円 in Japanese, else its code."""
    return "円" if currency == "JPY" and language() == "ja" else currency


def smallest_unit(currency: str) -> Decimal:
    """Return the smallest amount of a currency that is paid: 0.01 for USD, 1 for JPY."""
    return Decimal(1).scaleb(-_decimals_of(currency))


def _in_unit(amount: Decimal, places: int, unit: str, currency: str) -> str:
    if not amount:
        return _with_symbol("0", currency)
    return _with_symbol(f"{number(abs(amount), places)}{unit}", currency, sign_of(amount, False))


@cache
def _decimals_of(currency: str) -> int:
    return int(get_currency_precision(currency))


@cache
def _symbol(currency: str, language: str) -> str:
    return str(get_currency_symbol(currency, locale=language))


def _with_symbol(text: str, currency: str, sign: str = "") -> str:
    if language() == "ja" and currency in _BEHIND:
        return f"{sign}{text}{_BEHIND[currency]}"
    symbol = _symbol(currency, language())
    space = SPACE if symbol[-1:].isalpha() else ""
    joiner = JOINER if sign else ""
    return f"{sign}{joiner}{symbol}{space}{text}"
