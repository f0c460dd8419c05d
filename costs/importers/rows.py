"""The rows of a cost file in columns: what is plainly right is checked at once, all else one by one in Python.

The checks in columns know no reasons. A row that fails one is odd, no more: `cells` reads it anew and says either what
it means ("1,234.50" is an amount as well) or what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from api.fields import EARLIEST, LATEST
from costs.importers import cells
from imports.cells import some_day

OWN = ("incurred_on", "amount", "billed_on", "invoice_ref", "description", "external_id")
_READ = "read "  # before the names of days
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
AMOUNT = r"^(-?[1-9][0-9]{0,19}(\.[0-9]{1,18})?|-?0\.[0-9]{1,18}|0)$"  # as `shortest` gives it
_VALUES = {name: pl.Date if name.endswith("_on") else pl.String for name in OWN}
_LENGTHS = {"invoice_ref": cells.SHORT, "description": cells.LONG, "external_id": cells.SHORT}


def plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the cells of `OWN` as values, with `is_plain`: whether all of them are what they look like.

    Day and amount are always there; what else is missing says nothing.
    """
    text = pl.col
    days = [name for name in ("incurred_on", "billed_on") if name in rows.columns]
    lengths = {name: most for name, most in _LENGTHS.items() if name in rows.columns}
    read = rows.with_columns(
        shortest(text("amount")),
        *(text(name).str.to_date("%Y-%m-%d", strict=False).alias(_READ + name) for name in days),
    )
    return read.with_columns(
        **{name: text(_READ + name) for name in days},
        **{name: text(name).replace("", None) for name in lengths},
        **{name: pl.lit(None, kind) for name, kind in _VALUES.items() if name not in rows.columns},
        is_plain=pl.all_horizontal(
            text("amount").str.contains(AMOUNT),
            _is_day("incurred_on"),
            *((text(name) == "") | _is_day(name) for name in days[1:]),
            *(text(name).str.len_chars() <= most for name, most in lengths.items()),
        ),
    )


def shortest(amount: pl.Expr) -> pl.Expr:
    """Return plain decimals without zeros at their end, so that equal amounts are written equally.

    What is no plain decimal before is none after: it is not looked at closely, which takes longer than all the rest.
    """
    has_one_point = (amount.str.count_matches(".", literal=True) == 1) & ~amount.str.ends_with(".")
    stripped = amount.str.strip_chars_end("0").str.strip_chars_end(".")
    return pl.when(has_one_point).then(stripped).otherwise(amount)


def _is_day(name: str) -> pl.Expr:
    return pl.col(name).str.contains(_DAY) & pl.col(_READ + name).is_between(EARLIEST, LATEST).fill_null(False)


def odd(own: Sequence[str]) -> tuple[date, str, date | None, str | None, str | None, str | None]:
    """Read one row's own cells (in the order of `OWN`); raise `CellError` for the first that cannot be taken."""
    on, amount, billed_on, invoice_ref, description, external_id = own
    exact = cells.amount(amount)
    billed = some_day(billed_on, "billed_on") if billed_on else None
    cells.short(invoice_ref, "invoice_ref")
    cells.short(description, "description", cells.LONG)
    cells.short(external_id, "external_id")
    day = some_day(on, "incurred_on")
    return day, exact, billed, invoice_ref or None, description or None, external_id or None
