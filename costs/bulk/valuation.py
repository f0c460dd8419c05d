"""Lines in base currency: the rate of each line's day, and its amount at it, every digit kept."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import polars as pl

from accounts.models import Organisation
from costs.groups import GroupKey
from money.rates import convert, rates_on


def valued(lines: pl.DataFrame, groups: Mapping[int, GroupKey]) -> pl.DataFrame:
    """Return the lines with `rate` and `base_amount`, as texts; both null where there is no rate."""
    base = Organisation.current().base_currency
    foreign = {key: groups[key].currency for key in lines["group_id"].unique() if groups[key].currency != base}
    if not foreign:
        return lines.with_columns(rate=pl.lit("1"), base_amount=pl.col("amount"))
    currency = pl.col("group_id").replace_strict(foreign, default=base, return_dtype=pl.String)
    lines = lines.with_columns(currency=currency).with_row_index("place")
    at_home = lines.filter(currency=base).with_columns(rate=pl.lit("1"), base_amount=pl.col("amount"))
    abroad = _converted(lines.filter(pl.col("currency") != base))
    return pl.concat([at_home, abroad]).sort("place").drop("currency", "place")


def _converted(lines: pl.DataFrame) -> pl.DataFrame:
    """Value lines in other currencies: exact to the last digit, so in Python's decimals."""
    pairs = lines.select("currency", "incurred_on")
    rates = rates_on(pairs.unique().iter_rows())
    found = [rates[pair] for pair in pairs.iter_rows()]
    amounts = [
        None if rate is None else f"{convert(Decimal(amount), rate):f}"
        for amount, rate in zip(lines["amount"], found, strict=True)
    ]
    return lines.with_columns(
        pl.Series("rate", [None if rate is None else f"{rate:f}" for rate in found], pl.String),
        pl.Series("base_amount", amounts, pl.String),
    )
