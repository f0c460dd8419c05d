"""FOCUS bills of any size: the rows of the published sample, repeated hour after hour."""

from __future__ import annotations

import csv
import os
from datetime import datetime, timedelta
from pathlib import Path

SHARED_DATA = Path(os.environ.get("SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
SAMPLE = SHARED_DATA / "focus" / "focus_sample.csv"
TIME = "%Y-%m-%d %H:%M:%S"


def header() -> list[str]:
    """Return the sample's columns."""
    with SAMPLE.open(newline="") as file:
        return next(csv.reader(file))


def write(path: Path, rows: int) -> None:
    """Write so many rows. Each copy of the sample lies an hour after the one before; all else is as it was."""
    first, *lines = SAMPLE.read_text().splitlines(keepends=True)
    pieces = [
        _around_the_period(line, cells) for line, cells in zip(lines, csv.DictReader([first, *lines]), strict=True)
    ]
    with path.open("w", newline="", buffering=1024 * 1024) as out:
        out.write(first)
        for number in range(rows):
            hours = timedelta(hours=number // len(pieces))
            before, ends, starts, after = pieces[number % len(pieces)]
            out.write(f'{before}"{ends + hours:{TIME}}","{starts + hours:{TIME}}"{after}')


def _around_the_period(line: str, cells: dict[str, str]) -> tuple[str, datetime, datetime, str]:
    """Cut a line around its two times, which stand side by side in the sample."""
    ends, starts = cells["ChargePeriodEnd"], cells["ChargePeriodStart"]
    before, period, after = line.partition(f'"{ends}","{starts}"')
    if not period:
        raise ValueError(f"the charge period is not where it was: {line[:200]}")
    return before, datetime.strptime(ends, TIME), datetime.strptime(starts, TIME), after  # noqa: DTZ007 - UTC, unsaid
