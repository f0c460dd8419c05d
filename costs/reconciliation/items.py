"""A month of a provider as the API and files give it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from costs.reconciliation.months import RECORDS, ProviderMonth
from money.exact import EXACT


def month_item(here: ProviderMonth, base: str) -> dict[str, Any]:
    """Return what the records of a month say, in base currency, and whether it is reconciled."""
    return {
        "provider": here.provider,
        "month": here.month,
        **{kind.value: here.amounts.get(kind) for kind in RECORDS},
        **{f"{kind.value}_waits": here.waiting.get(kind) for kind in RECORDS},
        "ledger": here.ledger,
        "currency": base,
        "lines": here.lines,
        "pending_lines": here.pending,
        "unpriced_lines": here.unpriced,
        "state": here.state,
        "note": here.known.note if here.known else "",
        "reconciled_at": here.known.reconciled_at if here.known else None,
    }


def exact(amounts: Mapping[str, Decimal | None]) -> dict[str, Decimal | None]:
    """Leave out the zeros at the end that adding up has left."""
    return {name: None if amount is None else amount.normalize(EXACT) for name, amount in amounts.items()}
