"""The ledger as CSV and XLSX: the rows of the page, under the field names of the API.

`share`: how much of the amount belongs to what was asked for; 1 where nothing in particular was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Any

from api.decimals import plain
from costs.models import CostLine
from costs.new_line import audit_values
from display.spreadsheets import Table, csv_lines

HEADER = (
    "initiative", "incurred_on", "category", "amount", "currency", "base_amount", "rate", "capex", "recurring",
    "recoverable", "billed_on", "invoice_ref", "vendor", "description", "external_id", "source",
    "account", "service", "sku", "api_key", "tags",
    "allocations", "share",
)  # fmt: skip
MOST_IN_XLSX = 100_000  # lines: the file is written as a whole before its first byte goes out
EVERY_DIGIT = "#,##0.00########"  # an amount keeps those of its source


def as_csv(lines: Iterable[CostLine]) -> Iterator[str]:
    """Yield the file line by line."""
    return csv_lines(HEADER, (_values(line) for line in lines))


def as_xlsx(lines: Iterable[CostLine]) -> IO[bytes]:
    """Return the file, rewound."""
    table = Table("Costs", HEADER, formats={"amount": EVERY_DIGIT, "base_amount": EVERY_DIGIT})
    for line in lines:
        table.add(_values(line))
    return table.finish()


def _values(line: CostLine) -> list[Any]:
    values = audit_values(line) | {"base_amount": line.base_amount, "rate": line.rate, "amount": line.amount}
    values |= {name: getattr(line.group, name) for name in ("account", "service", "sku", "api_key")}
    values["tags"] = ", ".join(f"{name}={value}" for name, value in line.group.tags.items())
    placed = [(place.initiative.key, plain(place.share)) for place in line.places if place.initiative]
    values["initiative"] = line.only_place.key if line.only_place else None
    values["allocations"] = ", ".join(f"{key}={share}" for key, share in placed)
    values["share"] = line.share
    return [values[name] for name in HEADER]
