"""Readings as CSV and XLSX: what `measurements_csv` reads, and beside it how each of them stands.

The file can be brought in again: all that is in it is there already.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any

from django.utils.timezone import localdate

from display.spreadsheets import Table, csv_lines
from outcomes.models import Measurement
from outcomes.querysets import MeasurementQuerySet

KEPT = (
    "outcome", "initiative", "metric", "period_start", "period_end", "value", "method", "evidence_url", "note",
)  # fmt: skip
STANDING = ("unit", "state", "validated_on", "validated_by", "recorded_on", "recorded_by")
HEADER = (*KEPT, *STANDING)
EVERY_DIGIT = "#,##0.##########"  # a reading keeps those that it was typed with
CHUNK = 2_000


def as_csv(found: MeasurementQuerySet) -> Iterator[str]:
    """Yield the file line by line."""
    return csv_lines(HEADER, rows(found))


def as_xlsx(found: MeasurementQuerySet) -> IO[bytes]:
    """Return the file, rewound."""
    table = Table("Readings", HEADER, formats={"value": EVERY_DIGIT})
    for row in rows(found):
        table.add([_exact(cell) if isinstance(cell, Decimal) else cell for cell in row])
    return table.finish()


def rows(found: MeasurementQuerySet) -> Iterator[list[Any]]:
    """Yield one row of values per reading, by initiative, outcome and period, fetched in portions."""
    in_order = found.order_by("outcome__initiative__number", "outcome_id", "period_end", "id")
    wanted = Measurement.objects.select_related("outcome__initiative", "validated_by", "recorded_by")
    every = list(in_order.values_list("pk", flat=True))
    for start in range(0, len(every), CHUNK):
        some = every[start : start + CHUNK]
        by_id = wanted.in_bulk(some)
        yield from (_values(by_id[pk]) for pk in some if pk in by_id)  # what went meanwhile is left out


def _exact(value: Decimal) -> Decimal | str:
    """Return a value as a text where the number of a sheet, which has 16 digits, would be another one."""
    return value if Decimal(f"{float(value):.16G}") == value else f"{value:f}"


def _values(reading: Measurement) -> list[Any]:
    outcome = reading.outcome
    of_outcome = {"outcome": outcome.pk, "initiative": outcome.initiative.key, "metric": outcome.metric}
    standing = {
        "unit": outcome.unit,
        "validated_on": localdate(reading.validated_at) if reading.validated_at else None,
        "validated_by": reading.validated_by.email if reading.validated_by else None,
        "recorded_on": localdate(reading.recorded_at),
        "recorded_by": reading.recorded_by.email if reading.recorded_by else None,
    }
    known = of_outcome | standing
    return [known[name] if name in known else getattr(reading, name) for name in HEADER]
