"""Numbers, money and dates as people read them, in the active language. Pure: value in, text out.

House rules: true minus sign, narrow no-break space before % in English (none in Japanese), the unit
once, at most three significant digits in headlines (`money_short`), all digits in tables (`money`). Rounded half-even,
and only here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache, lru_cache

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import get_currency_precision, get_currency_symbol
from django.utils import timezone, translation

Number = Decimal | int | float

MINUS = "\u2212"
NARROW_SPACE = "\u202f"
SPACE = "\u00a0"
JOINER = "\u2060"  # keeps a sign and the symbol of a currency on one line, where neither a space nor CSS would
NO_VALUE = "—"

#: More digits than any figure has (see `portfolio.figures.exact`): the largest float has 309 before the point.
_EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN)
#: (from which size on, divisor, unit) of short amounts, largest first.
_SHORT_UNITS = {
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
#: The same for an axis, where every amount stands in one unit.
_AXIS_UNITS = {
    "en": [
        (Decimal("1e12"), Decimal("1e12"), "T"),
        (Decimal("1e9"), Decimal("1e9"), "B"),
        (Decimal("1e6"), Decimal("1e6"), "M"),
        (Decimal("1e4"), Decimal("1e3"), "k"),
    ],
    "ja": _SHORT_UNITS["ja"],
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
_WHOLE_BELOW = Decimal("1e7")
_WHOLE_BELOW_IN_YEN = Decimal("1e6")  # Japanese says 628万円 beside 7,980万円
_DAY_PATTERNS = {
    "en": {
        "day": "d MMMM y",
        "day_short": "d MMM y",
        "day_of_year": "d MMM",
        "month": "MMMM y",
        "month_short": "MMM y",
        "month_only": "MMM",
        "moment": "d MMM y, HH:mm",
    },
    "ja": {
        "day": "y年M月d日",
        "day_short": "y/MM/dd",
        "day_of_year": "MM/dd",
        "month": "y年M月",
        "month_short": "y年M月",
        "month_only": "M月",
        "moment": "y/MM/dd HH:mm",
    },
}


def language() -> str:
    """Return the active language as far as formats differ: "ja" or "en"."""
    return "ja" if (translation.get_language() or "en").startswith("ja") else "en"


def exact(value: Number) -> Decimal:
    """Return `value` as a Decimal; a float by its shortest digits, so that 0.1 stays 0.1."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def number(value: Number, digits: int | None = None, signed: bool = False) -> str:
    """Group a number; `digits` fixes its decimals (half-even), without it every digit it has is kept."""
    amount = exact(value)
    amount = _trimmed(amount) if digits is None else _rounded(amount, digits)
    return _sign(amount, signed) + _grouped(amount.copy_abs())


def plain(value: Number) -> str:
    """Return every digit of a number as a program reads it: "1234.5", "0.0000000004"."""
    return f"{_trimmed(exact(value)):f}"


def fixed(value: Number, digits: int) -> str:
    """Return a number with so many decimals; what is less than the last of them, and not 0, is "<0.01"."""
    amount = exact(value)
    if amount and not _rounded(amount, digits):
        return f"{_sign(amount, False)}<{Decimal(1).scaleb(-digits)}"
    return number(amount, digits)


def quantity(value: Number, unit: str = "", digits: int | None = None) -> str:
    """Return a number with its unit: "9.1 minutes"; Japanese units follow without a space."""
    return with_unit(number(value, digits), unit)


def price(value: Number) -> str:
    """Return a price with every digit it has, two after the point at least, so that columns of prices line up."""
    amount = _trimmed(exact(value))
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
    lengths = (_trimmed(exact(value)).as_tuple().exponent for value in values)
    return max((-length for length in lengths if isinstance(length, int)), default=0)


def significant(value: Number, digits: int = 3) -> str:
    """Return at most `digits` significant digits, grouped, without padding zeros after the point."""
    amount = _significant(exact(value), digits)
    return number(_trimmed(amount))


def money(value: Number, currency: str, signed: bool = False, digits: int | None = None) -> str:
    """Return an amount with all its decimals, as tables show it: "$148,220.15", "−¥1,200".

    Less than the smallest coin is "<$0.01", as with `percent`: what is shown as 0 is 0.
    """
    amount = exact(value)
    rounded = _rounded(amount, _decimals_of(currency) if digits is None else digits)
    if digits is None and amount and not rounded:
        return f"{_sign(amount, signed)}<{_with_symbol(str(smallest_unit(currency)), currency)}"
    return _with_symbol(_grouped(rounded.copy_abs()), currency, _sign(rounded, signed))


def money_exact(value: Number, currency: str) -> str:
    """Return an amount with every digit it has, in whole cents at least: "$10.00", "$0.00000000503"."""
    return money(value, currency, digits=max(_decimals_of(currency), decimals([value])))


def money_whole(value: Number, currency: str, signed: bool = False) -> str:
    """Return an amount in whole units of its currency: "$148,220"."""
    return money(value, currency, signed, digits=0)


def number_short(value: Number) -> str:
    """Return a count for a headline, three significant digits at most: "1.24 B", "0.47 M", "96,400", "12.4億"."""
    amount = exact(value)
    return _sign(amount, False) + (_scaled(amount) or number(_trimmed(abs(_significant(amount, 3)))))


def money_short(value: Number, currency: str, signed: bool = False) -> str:
    """Return an amount for a headline, three significant digits at most: "$1.24 M", "$0.47 M", "$96,400", "$124万"."""
    amount = exact(value)
    short = _significant(amount, 3)
    scaled = _scaled(amount)
    if scaled:
        return _with_symbol(scaled, currency, _sign(short, signed))
    if amount and abs(amount) < 1:
        digits = max(_decimals_of(currency), -int(_trimmed(short).as_tuple().exponent))
        return _with_symbol(number(abs(short), digits), currency, _sign(amount, signed))
    if abs(short) < 100 and amount != amount.to_integral_value():
        return money(amount, currency, signed)
    return _with_symbol(number(_trimmed(abs(short))), currency, _sign(short, signed))


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
    rounded = _rounded(abs(amount), places).normalize(_EXACT)
    shown = _rounded(rounded, max(-int(rounded.as_tuple().exponent), cents))
    return _with_symbol(_grouped(shown), currency, _sign(amount, False))


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


def percent(value: Number, digits: int | None = None, signed: bool = False) -> str:
    """Return a share as per cent: 0.38 is "38 %" ("38%" in Japanese).

    Below 1 % it gets a decimal, and next to nothing is "<0.1 %": what is shown as 0 is 0.
    """
    return _percent(value, digits, signed, language())


def percent_exact(value: Number) -> str:
    """Return a share with every digit it has: 0.125 is "12.5 %", 0.1 is "10 %"."""
    return percent(value, decimals([exact(value) * 100]))


def share_range(low: Number, high: Number) -> str:
    """Return an interval of shares in per cent without its unit, which stands at the estimate: "31–46"."""
    return f"{number(exact(low) * 100, 0)}–{number(exact(high) * 100, 0)}"


def percent_range(low: Number, high: Number) -> str:
    """Return shares from `low` to `high` with the unit once: "45–50 %"; one share where both are the same."""
    if low == high:
        return percent(low)
    space = "" if language() == "ja" else NARROW_SPACE
    return f"{share_range(low, high)}{space}%"


def any_percent(shares: Sequence[Number]) -> str:
    """Return shares of which any counts: "80, 100 or 120 %"; in Japanese each has its unit: "80%・100%・120%"."""
    if language() == "ja" or len(shares) < 2:
        return "・".join(map(percent, shares))
    first = ", ".join(number(exact(share) * 100, 0) for share in shares[:-1])
    return f"{first} or {percent(shares[-1])}"


def day(value: date, form: str = "day") -> str:
    """Return a date: "17 June 2026"; `form` is one of the day patterns."""
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return _date_text(value, form, language())


def day_unbroken(value: date, form: str = "day") -> str:
    """Return a date for a sentence that is broken into lines, its own spaces kept: "31 July 2026"."""
    return day(value, form).replace(" ", SPACE)


def days(start: date, end: date) -> str:
    """Return a period as short as it can be read: "Oct 2026" (all of it), "6–12 Nov 2026", "30 Oct – 5 Nov 2026"."""
    if start == end:
        return day(end, "day_short")
    if (start.year, start.month) == (end.year, end.month):
        if start.day == 1 and (end + timedelta(days=1)).day == 1:
            return day(end, "month_short")
        if language() == "en":
            return f"{start.day}–{day(end, 'day_short')}"
    first, last = "day_short", "day_short"
    if start.year == end.year:
        first, last = ("day_of_year", "day_short") if language() == "en" else ("day_short", "day_of_year")
    return f"{day(start, first)} – {day(end, last)}"


def ago(moment: datetime, now: datetime | None = None) -> str:
    """Return how long ago something was: "4 seconds ago"."""
    delta = moment - (now or timezone.now())
    return _unspaced(format_timedelta(delta, add_direction=True, locale=language(), threshold=1.4))


def duration(seconds: Number) -> str:
    """Return a length of time in its largest fitting unit: "40 seconds", "3 minutes"."""
    return _unspaced(format_timedelta(timedelta(seconds=float(seconds)), locale=language(), threshold=1.4))


def initials(name: str) -> str:
    """Return the letters that stand for a person: "Mika Oda" is MO; "岡 明" is 岡, for 岡明 reads as a whole name."""
    words = [word for word in name.split("@")[0].replace(".", " ").replace("_", " ").split() if word]
    if words and ord(words[0][0]) >= ord("\u3040"):
        return words[0][0]
    return "".join(word[0] for word in ([words[0], words[-1]] if len(words) > 1 else words[:1])).upper()


def _unspaced(text: str) -> str:
    """Japanese sets "5秒前" without the space that the locale data puts after the figure."""
    return "".join(text.split()) if language() == "ja" else text


def _in_unit(amount: Decimal, places: int, unit: str, currency: str) -> str:
    if not amount:
        return _with_symbol("0", currency)
    return _with_symbol(f"{number(abs(amount), places)}{unit}", currency, _sign(amount, False))


def _scaled(amount: Decimal) -> str:
    """Write a large amount in its unit, without its sign; "" for one that has none."""
    short = _significant(amount, 3)
    for least, divisor, unit in _SHORT_UNITS[language()]:
        if abs(short) >= least:
            scaled = abs(short / divisor)
            space = SPACE if language() == "en" else ""
            # A zero at the end is a digit too: $0.70 M stands beside $0.51 M.
            places = min(2, max(0, 2 - scaled.adjusted()))
            return f"{number(scaled if scaled >= 1 else abs(amount / divisor), places)}{space}{unit}"
    return ""


def _grouped(amount: Decimal) -> str:
    """Write out a number, its thousands grouped; English and Japanese use the same comma and point."""
    return f"{amount:,f}"


@lru_cache(maxsize=8192)
def _percent(value: Number, digits: int | None, signed: bool, language: str) -> str:
    """Curves show the same shares again on every page."""
    share = exact(value) * 100
    places = (1 if 0 < abs(share) < 1 else 0) if digits is None else digits
    space = "" if language == "ja" else NARROW_SPACE
    if digits is None and 0 < abs(share) < Decimal("0.05"):
        return f"{_sign(share, signed)}<{number(Decimal('0.1'))}{space}%"
    return f"{number(share, places, signed)}{space}%"


@cache
def _decimals_of(currency: str) -> int:
    return int(get_currency_precision(currency))


@cache
def _symbol(currency: str, language: str) -> str:
    return str(get_currency_symbol(currency, locale=language))


@lru_cache(maxsize=8192)
def _date_text(value: date, form: str, language: str) -> str:
    """Babel takes 0.1 ms a date, and a chart shows the same days over and over."""
    pattern = _DAY_PATTERNS[language][form]
    if form == "moment" and isinstance(value, datetime):
        return str(format_datetime(value, pattern, locale=language))
    return str(format_date(value, pattern, locale=language))


def _with_symbol(text: str, currency: str, sign: str = "") -> str:
    if currency == "JPY" and language() == "ja":
        return f"{sign}{text}円"
    symbol = _symbol(currency, language())
    space = SPACE if symbol[-1:].isalpha() else ""
    joiner = JOINER if sign else ""
    return f"{sign}{joiner}{symbol}{space}{text}"


def _sign(amount: Decimal, signed: bool) -> str:
    if amount < 0:
        return MINUS
    return "+" if signed and amount > 0 else ""


def _rounded(amount: Decimal, digits: int) -> Decimal:
    result = amount.quantize(Decimal(1).scaleb(-digits), context=_EXACT)
    return abs(result) if result == 0 else result


def _significant(amount: Decimal, digits: int) -> Decimal:
    return _rounded(amount, digits - 1 - amount.adjusted()) if amount else Decimal(0)


def _trimmed(amount: Decimal) -> Decimal:
    """Drop zeros after the point, and an exponent."""
    whole = amount.to_integral_value()
    return whole.quantize(Decimal(1), context=_EXACT) if amount == whole else amount.normalize(_EXACT)
