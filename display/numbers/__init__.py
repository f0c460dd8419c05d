"""Numbers, money and dates as people read them, in the active language. Pure: value in, text out.

House rules: true minus sign, narrow no-break space before % in English (none in Japanese), the unit
once, at most three significant digits in headlines (`money_short`), all digits in tables (`money`). Rounded half-even,
and only here.
"""

from display.numbers.amounts import (
    currency_word,
    money,
    money_axis,
    money_exact,
    money_headline,
    money_short,
    money_significant,
    money_whole,
    smallest_unit,
    symbols,
)
from display.numbers.dates import ago, day, day_unbroken, days, duration
from display.numbers.figures import (
    decimals,
    fixed,
    number,
    number_short,
    plain,
    price,
    quantity,
    significant,
    with_unit,
)
from display.numbers.shares import any_percent, percent, percent_exact, percent_range, share_range
from display.numbers.writing import JOINER, MINUS, NARROW_SPACE, NO_VALUE, SPACE, Number, exact, language, span

__all__ = [
    "JOINER",
    "MINUS",
    "NARROW_SPACE",
    "NO_VALUE",
    "SPACE",
    "Number",
    "ago",
    "any_percent",
    "currency_word",
    "day",
    "day_unbroken",
    "days",
    "decimals",
    "duration",
    "exact",
    "fixed",
    "language",
    "money",
    "money_axis",
    "money_exact",
    "money_headline",
    "money_short",
    "money_significant",
    "money_whole",
    "number",
    "number_short",
    "percent",
    "percent_exact",
    "percent_range",
    "plain",
    "price",
    "quantity",
    "share_range",
    "significant",
    "smallest_unit",
    "span",
    "symbols",
    "with_unit",
]
