"""Cost lines and readings that wait for an exchange rate: kept and listed, and in no sum."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from portfolio.scope import Ids


class Pending(NamedTuple):
    """Cost lines and readings that wait for an exchange rate, and so stand in no sum."""

    lines: int
    readings: int

    @property
    def left_out_lines(self) -> dict[str, int]:
        """Say so beside a cost."""
        return {"pending lines": self.lines} if self.lines else {}

    @property
    def left_out_readings(self) -> dict[str, int]:
        """Say so beside a benefit."""
        return {"pending readings": self.readings} if self.readings else {}


# A line without a base amount waits for a rate; so does a reading, once however many segments it has.
_LINES = """
FROM costs_costline AS line JOIN costs_chargegroup AS charge ON charge.id = line.group_id
LEFT JOIN costs_placement AS place
    ON place.group_id = line.group_id AND place.since <= line.incurred_on AND place.until > line.incurred_on
WHERE line.base_amount IS NULL AND line.withdrawn_at IS NULL AND line.incurred_on <= %(as_of)s AND {charged}
"""
_LINE = "(line.group_id, line.incurred_on, line.fingerprint, line.occurrence)"
_READINGS = """
FROM outcomes_benefitsegment
WHERE NOT validated AND per_day IS NULL AND counts_from <= %(as_of)s AND {measured}
"""
_BELONGS = "coalesce(place.initiative_id, charge.initiative_id, 0)"
_COUNTS = f"""
SELECT (SELECT count(DISTINCT {_LINE}) {_LINES}), (SELECT count(DISTINCT measurement_id) {_READINGS})
"""
_BY_INITIATIVE = f"""
SELECT 'pending lines', {_BELONGS} AS belongs, count(DISTINCT {_LINE}) {_LINES} GROUP BY belongs
UNION ALL
SELECT 'pending readings', initiative_id, count(DISTINCT measurement_id) {_READINGS} GROUP BY initiative_id
"""


def waiting(ids: Ids, as_of: date, with_unallocated: bool = False) -> Pending:
    """Return what waits for an exchange rate; one query."""
    (counts,) = _fetched(_COUNTS, ids, as_of, with_unallocated)
    return Pending(*counts)


def waiting_by_initiative(ids: Ids, as_of: date, with_unallocated: bool = False) -> dict[str, dict[int, int]]:
    """Return the same by reason and initiative; a line that several share stands at each. One query."""
    found: dict[str, dict[int, int]] = {"pending lines": {}, "pending readings": {}}
    for why, initiative, count in _fetched(_BY_INITIATIVE, ids, as_of, with_unallocated):
        found[why][initiative] = count
    return found


def _fetched(text: str, ids: Ids, as_of: date, with_unallocated: bool) -> list[tuple[Any, ...]]:
    charged = f"{_BELONGS} > 0" if ids is None else f"{_BELONGS} = ANY(%(ids)s)"
    measured = "true" if ids is None else "initiative_id = ANY(%(ids)s)"
    if with_unallocated:
        charged = f"({charged} OR {_BELONGS} = 0)"
    with connection.cursor() as cursor:
        cursor.execute(text.format(charged=charged, measured=measured), {"ids": list(ids or ()), "as_of": as_of})
        return list(cursor.fetchall())
