"""The door for lines that follow from something else: the ledger is brought to what is wanted, and no further.

Of a source, or a part of it, the lines that should be there are given by external id. New ones are added, changed ones
restated (the version that counted stays in the history), those no longer wanted withdrawn, all others left alone. So
doing it twice changes nothing. Eight statements, however many lines; more only where charge groups are new, or where
lines come that may be billed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db import models
from django.db.models import Q

from accounts.changes import Change, changing
from accounts.models import User
from costs import fingerprints, initiative_history, line_versions, rollups
from costs.groups import GroupKey, find, find_or_make
from costs.line_versions import Place
from costs.models import CostLine, Withdrawal
from costs.new_line import NewLine, own
from costs.registers import generated


class Restated(NamedTuple):
    """How many lines came, were put in the place of others, went, and stayed as they were."""

    added: int = 0
    restated: int = 0
    withdrawn: int = 0
    unchanged: int = 0

    @property
    def changed(self) -> int:
        """How many lines are not as they were."""
        return self.added + self.restated + self.withdrawn


def bring_to(
    actor: User | None, source: str, wanted: Iterable[NewLine], about: models.Model, within: Q | None = None
) -> Restated:
    """Bring the live lines of a source (`within`: those of them that match) to what is wanted.

    Every wanted line has an external id, each its own, and lies within. Billing that somebody entered is kept, also by
    one that was gone, or not recoverable, for a while. What changed is recorded in one audit entry on `about`, and one
    for each initiative.
    """
    with changing(actor, counts=False) as change:
        rollups.lock()
        there = CostLine.objects.live().shown().filter(within or Q(), group__source=source)
        known = {line.external_id: line for line in there}
        wanted = list(wanted)
        billed = _billed_before(row for row in wanted if row.recoverable and not _takes_billing(known, row))
        keys: dict[int, GroupKey] = {}
        fresh, old, new = [], [], []
        unchanged = 0
        for row in wanted:
            line = known.pop(row.external_id, None)
            row = generated.with_billing_of(row, billed.get(row.external_id, line))
            if line is None:
                fresh.append(row)
                continue
            if line.group_id not in keys:
                keys[line.group_id] = GroupKey.of(line.group)
            if row.own == own(line) and row.group_key == keys[line.group_id]:
                unchanged += 1
            else:
                old.append(line)
                new.append(row)
        done = Restated(len(fresh), len(new), len(known), unchanged)
        if done.changed:
            change.counts = True
            with initiative_history.recording(change, about, "generate"):
                _write(actor, change, fresh, old, new, list(known.values()))
            change.record(about, "generate", {name: (None, count) for name, count in done._asdict().items() if count})
    return done


def _takes_billing(known: Mapping[str | None, CostLine], row: NewLine) -> bool:
    """Tell whether the line that a row stands for is there, and has its billing, or could have."""
    line = known.get(row.external_id)
    return line is not None and line.group.recoverable


def _billed_before(rows: Iterable[NewLine]) -> dict[str | None, CostLine]:
    """Return the last version of each of these rows that could be billed, by external id."""
    prints = [uuid.UUID(fingerprints.of_external_id(row.source, row.external_id)) for row in rows]
    if not prints:
        return {}
    versions = CostLine.objects.filter(fingerprint__in=prints, external_id__isnull=False, group__recoverable=True)
    return {line.external_id: line for line in versions.order_by("fingerprint", "-occurrence").distinct("fingerprint")}


def _write(
    actor: User | None,
    change: Change,
    fresh: Sequence[NewLine],
    old: Sequence[CostLine],
    new: Sequence[NewLine],
    gone: Sequence[CostLine],
) -> None:
    places = [Place(row, row.group_key) for row in fresh]
    places += [Place(row, row.group_key, before) for row, before in zip(new, old, strict=True)]
    # Under the lock: no import makes groups of these sources (`generated.check_source`).
    groups = find(find_or_make(place.key for place in places))
    made = line_versions.prepared(places, actor, groups)
    added, restated = made[: len(fresh)], made[len(fresh) :]
    if old:
        last = line_versions.last_versions(line.fingerprint for line in old)
        line_versions.replace(old, restated, Withdrawal.RESTATED, change, [last[line.fingerprint] for line in old])
    if gone:
        rollups.apply_entries(map(rollups.went, gone), *line_versions.withdrawing(gone, Withdrawal.DELETED, change))
    if added:
        _as_next_versions(fresh, added)
        line_versions.put(added)


def _as_next_versions(rows: Sequence[NewLine], added: Sequence[CostLine]) -> None:
    """Number lines after those of the same external id that were withdrawn some time."""
    for row, line in zip(rows, added, strict=True):
        line.fingerprint = uuid.UUID(fingerprints.of_external_id(row.source, row.external_id))
    last = line_versions.last_versions(line.fingerprint for line in added)
    for line in added:
        line.occurrence = last.get(line.fingerprint, 0) + 1
