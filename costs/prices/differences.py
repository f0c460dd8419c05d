"""What a new pricing of a period would change, as it is kept (`Repricing.differences`) and as it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from money.exact import EXACT, ZERO


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a kept difference with its amounts as numbers (None: unpriced) and, in one currency, what lies between."""
    before = Decimal(row["before"]) if row["currency_before"] else None
    after = Decimal(row["after"]) if row["currency_after"] else None
    currencies = {row["currency_before"], row["currency_after"]} - {""}
    difference = EXACT.subtract(after or ZERO, before or ZERO) if len(currencies) == 1 else None
    return {**row, "before": before, "after": after, "currency": "".join(currencies), "difference": difference}


def total(rows: Sequence[Mapping[str, Any]]) -> tuple[Decimal, str] | None:
    """Return the difference of all rows and its currency; None where they have several."""
    currencies = {row["currency"] for row in rows if row["currency"]}
    if len(currencies) != 1 or any(row["currency"] and row["difference"] is None for row in rows):
        return None
    difference = ZERO
    for row in rows:
        difference = EXACT.add(difference, row["difference"] or ZERO)
    return difference, currencies.pop()
