"""The months of providers as CSV and XLSX: the rows of their list, under the field names of the API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Any

from django.utils.timezone import localdate

from costs.ledger.exports import EVERY_DIGIT
from costs.reconciliation.items import exact, month_item
from costs.reconciliation.months import LEDGER, RECORDS, ProviderMonth
from display.spreadsheets import Table, csv_lines

AMOUNTS = (*(kind.value for kind in RECORDS), LEDGER)
WAITS = tuple(f"{kind.value}_waits" for kind in RECORDS)
HEADER = (
    "provider", "month", *AMOUNTS, "currency", "lines", "pending_lines", "unpriced_lines", *WAITS, "state", "note",
    "reconciled_on",
)  # fmt: skip


def as_csv(months: Iterable[ProviderMonth], base: str) -> Iterator[str]:
    """Yield the file line by line."""
    return csv_lines(HEADER, (_values(here, base) for here in months))


def as_xlsx(months: Iterable[ProviderMonth], base: str) -> IO[bytes]:
    """Return the file, rewound."""
    table = Table("Reconciliation", HEADER, formats=dict.fromkeys(AMOUNTS, EVERY_DIGIT))
    for here in months:
        table.add(_values(here, base))
    return table.finish()


def _values(here: ProviderMonth, base: str) -> list[Any]:
    told = month_item(here, base)
    told |= {"month": f"{here.month:%Y-%m}", **exact({name: told[name] for name in AMOUNTS})}
    told["reconciled_on"] = localdate(told["reconciled_at"]) if told["reconciled_at"] else None
    return [told[name] for name in HEADER]
