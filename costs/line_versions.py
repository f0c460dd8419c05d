"""Lines as they are kept: valued, written, put in the place of others, withdrawn; the sums follow in the same write.

A line is never changed. What corrects or restates it is its next version: of the same fingerprint where others find it
by that (an external id, a bill's delivery).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Max

from accounts.changes import Change
from accounts.models import User
from costs import rollups
from costs.groups import GroupKey
from costs.models import ChargeGroup, CostLine, Withdrawal
from costs.new_line import NewLine
from money.rates import convert, rates_on


class Place(NamedTuple):
    """Where a line goes: into a group, and in the place of another line if there is one."""

    row: NewLine
    key: GroupKey
    old: CostLine | None = None


def prepared(places: Sequence[Place], actor: User | None, groups: Mapping[GroupKey, ChargeGroup]) -> list[CostLine]:
    """Return lines with their groups and base amounts, not yet told apart from others.

    `groups` has those that no line has in whose place one comes.
    """
    groups = {GroupKey.of(old.group): old.group for _row, _key, old in places if old is not None} | dict(groups)
    made = []
    for (row, key, _old), rate in zip(places, _rates(places), strict=True):
        group = groups[key]
        group.category, group.initiative = row.category, row.initiative
        made.append(
            CostLine(
                group=group,
                incurred_on=row.incurred_on,
                amount=row.amount,
                rate=rate,
                base_amount=None if rate is None else convert(row.amount, rate),
                billed_on=row.billed_on,
                invoice_ref=row.invoice_ref or None,
                description=row.description or None,
                external_id=row.external_id or None,
                recorded_by=actor,
            )
        )
    return made


def _rates(places: Sequence[Place]) -> list[Decimal | None]:
    """Return the rate of each. Currency and day unchanged: the rate of before, whatever came later (METRICS.md 3)."""
    days = {(row.currency, row.incurred_on) for row, _key, old in places if not _keeps_rate(row, old)}
    rates = rates_on(days) if days else {}
    return [
        old.rate if old is not None and _keeps_rate(row, old) else rates[row.currency, row.incurred_on]
        for row, _key, old in places
    ]


def _keeps_rate(row: NewLine, old: CostLine | None) -> bool:
    return old is not None and (old.group.currency, old.incurred_on) == (row.currency, row.incurred_on)


_COLUMNS = [field.column for field in CostLine._meta.concrete_fields]
_PUT = """put AS (
    INSERT INTO costs_costline ({columns})
    SELECT {columns} FROM json_populate_recordset(NULL::costs_costline, %(fresh)s)
), """.format(columns=", ".join(_COLUMNS))  # noqa: S608 - our own names


def put(lines: Sequence[CostLine]) -> None:
    """Write lines and take them into the sums."""
    rollups.apply_entries(map(rollups.came, lines), *_putting(lines))


def _putting(lines: Sequence[CostLine]) -> tuple[str, dict[str, object]]:
    """Return what writes lines in the same statement that takes them into the sums."""
    rows = [{name: getattr(line, name) for name in _COLUMNS} for line in lines]
    for line in lines:
        line._state.adding = False
    return _PUT, {"fresh": json.dumps(rows, default=str)}  # numbers as the texts that they are: every digit is kept


def replace(
    old: Sequence[CostLine], new: Sequence[CostLine], why: Withdrawal, change: Change, last: Sequence[int]
) -> None:
    """Put lines in the place of others, each as the next version of the one it stands for; no half of it counts.

    `last`: the number of the last version of each; not by fingerprint, which lines of different bills may share.
    """
    for line, before, version in zip(new, old, last, strict=True):
        has_versions = before.external_id or before.group.family
        line.fingerprint = before.fingerprint if has_versions else follower(before, change.at)
        line.occurrence = version + 1
    entries = [*map(rollups.went, old), *map(rollups.came, new)]
    (putting, fresh), (withdrawn, gone) = _putting(new), withdrawing(old, why, change)
    rollups.apply_entries(entries, putting + withdrawn, {**fresh, **gone})


def follower(line: CostLine, at: datetime) -> uuid.UUID:
    """Return the fingerprint of what takes the place of a line at a moment, where versions are not found by theirs."""
    return uuid.uuid5(line.fingerprint, f"{line.occurrence} {at.astimezone(UTC).isoformat()}")


def last_versions(prints: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return the number of the last version by fingerprint, of lines with an external id."""
    wanted = list(prints)
    if not wanted:
        return {}
    lines = CostLine.objects.filter(fingerprint__in=wanted, external_id__isnull=False)
    return dict(lines.order_by().values_list("fingerprint").annotate(Max("occurrence")))


_WITHDRAWN = """withdrawn AS (
    UPDATE costs_costline AS line SET withdrawn = %(why)s, withdrawn_at = %(at)s
    FROM unnest(%(of_groups)s::bigint[], %(on_days)s::date[], %(prints)s::uuid[], %(versions)s::int[])
        AS gone (group_id, incurred_on, fingerprint, occurrence)
    WHERE line.group_id = gone.group_id AND line.incurred_on = gone.incurred_on
      AND line.fingerprint = gone.fingerprint AND line.occurrence = gone.occurrence
), """


def withdrawing(lines: Sequence[CostLine], why: Withdrawal, change: Change) -> tuple[str, dict[str, object]]:
    """Return what lets lines count no more in the same statement that takes them out of the sums."""
    names = ("of_groups", "on_days", "prints", "versions")
    keys = zip(*(line.pk for line in lines), strict=True) if lines else [()] * len(names)
    columns = {name: list(column) for name, column in zip(names, keys, strict=True)}
    return _WITHDRAWN, {**columns, "why": why.value, "at": change.at}
