"""How a file means what it says: its dates and numbers turned into what every format reads, 2026-11-30 and 1234.56.

What its input tokens include is for the formats that count them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

import polars as pl
from django.utils.translation import gettext_lazy as _

# Which part of a date comes when; "" is 2026-11-30.
DATES = {"": "2026-11-30", "ymd": "2026/11/30", "dmy": "30.11.2026, 30/11/2026", "mdy": "11/30/2026"}
DECIMALS = {"": _("1,234.56 (decimal point)"), "comma": _("1.234,56 (decimal comma)")}
INPUT_TOKENS = {
    "": _("the whole prompt, cached tokens included"),
    "uncached": _("only what no cache held; cached tokens come on top"),
}
CHOICES = {"dates": DATES, "decimals": DECIMALS, "input_tokens": INPUT_TOKENS}

_TWO, _FOUR = r"(\d{1,2})", r"(\d{4})"
_TIME, _TIME_AT = r"([ T].*)?$", 4  # after a day, as it stands
_ORDERS = {
    "ymd": (rf"^{_FOUR}[./-]{_TWO}[./-]{_TWO}{_TIME}", (1, 2, 3)),
    "dmy": (rf"^{_TWO}[./-]{_TWO}[./-]{_FOUR}{_TIME}", (3, 2, 1)),
    "mdy": (rf"^{_TWO}[./-]{_TWO}[./-]{_FOUR}{_TIME}", (3, 1, 2)),
}
_COMMA = r"^[+-]?(\d{1,3}([. ']\d{3})+|\d+)(,\d*)?$"
_OURS = rf"^\d{{4}}-\d\d-\d\d{_TIME}"
# What is not written so must not be taken for a number that is written otherwise: 12.5 is not 125 and not 12.5.
UNREADABLE = "?"


@dataclass(frozen=True)
class Conventions:
    """How a file writes dates and numbers, and what it counts as input tokens: a key of each of `CHOICES`."""

    dates: str = ""
    decimals: str = ""
    input_tokens: str = ""

    def as_json(self) -> dict[str, str]:
        """Return what differs from our own way."""
        return {name: value for name, value in asdict(self).items() if value}

    def rewritten(self, text: str, holds: str) -> str:
        """Return a cell as formats read it; one that is not written as was said stays unreadable."""
        if holds == "day" and self.dates and text:
            pattern, order = _ORDERS[self.dates]
            found = re.match(pattern, text, re.ASCII)
            return "-".join(found[place].zfill(2) for place in order) + (found[_TIME_AT] or "") if found else text
        if holds == "number" and self.decimals and text:
            is_so = re.match(_COMMA, text, re.ASCII)
            return re.sub("[. ']", "", text).replace(",", ".") if is_so else text + UNREADABLE
        return text

    def expression(self, cell: pl.Expr, holds: str) -> pl.Expr:
        """Return the same for a column of texts."""
        if holds == "day" and self.dates:
            pattern, order = _ORDERS[self.dates]
            pattern = pattern.replace(r"\d", "[0-9]")
            parts = [cell.str.extract(pattern, place).str.zfill(2) for place in order]
            time = cell.str.extract(pattern, _TIME_AT).fill_null("")
            return (pl.concat_str(parts, separator="-") + time).fill_null(cell)
        if holds == "number" and self.decimals:
            plain = cell.str.replace_all("[. ']", "").str.replace(",", ".", literal=True)
            is_so = cell.str.contains(_COMMA.replace(r"\d", "[0-9]"))
            return pl.when(is_so).then(plain).when(cell != "").then(cell + UNREADABLE).otherwise(cell)
        return cell


def likely(days: Sequence[str], amounts: Sequence[str]) -> Conventions:
    """Propose how a file writes dates and numbers by a few of them; what may be read in two ways stays our own."""
    orders = [order for order in _ORDERS if days and all(_is_day(text, order) for text in days)]
    if len(orders) > 1 and all("." in text for text in days):
        orders = ["dmy"]  # nobody writes 03.05.2026 for the fifth of March
    is_ours = len(orders) != 1 or all(re.match(_OURS, text, re.ASCII) for text in days)
    has_comma = any(re.search(r",\d{1,2}$", text, re.ASCII) for text in amounts)
    is_comma = has_comma and all(re.match(_COMMA, text, re.ASCII) for text in amounts)
    return Conventions("" if is_ours else orders[0], "comma" if is_comma else "")


def _is_day(text: str, order: str) -> bool:
    pattern, places = _ORDERS[order]
    found = re.match(pattern, text, re.ASCII)
    try:
        return bool(found and date(*(int(found[place]) for place in places)))
    except ValueError:
        return False
