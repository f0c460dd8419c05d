"""What one act, such as an import, did to the cost of each initiative: an entry in the history of each.

    with initiative_history.recording(change, about, "apply"):
        …                        # lines come, go and move, however many

`rollups` and `bulk.sums` note what they add to sums; at the end an entry is written for each initiative. A line by hand
that names its initiative has an entry of its own; where rules place it, `placed` writes one for each initiative.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import models

from accounts.changes import Change
from api.decimals import shortest
from costs.models import UNALLOCATED
from imports.models import Import
from money.exact import EXACT


class CostChange(NamedTuple):
    """What changed for an initiative: lines that came, lines that went (moved there or away), gross base amount."""

    came: int = 0
    went: int = 0
    gross: Decimal = Decimal(0)


class CostChanges(dict[int, CostChange]):
    """What changed, by initiative; `own`: also what lines changed that name their initiative themselves."""

    def __init__(self, *, own: bool) -> None:
        self.own = own
        self.gross: dict[int, Decimal] = {}  # all that an initiative costs, as of the last change of its sums

    def changes_of(self, initiative: int, one: CostChange) -> dict[str, tuple[int | str | None, int | str]]:
        """Return what an entry tells. A version that restates another came while that one went: one line."""
        found: dict[str, tuple[int | str | None, int | str]] = {}
        if lines := max(one.came, one.went):
            found["cost_lines"] = (None, lines)
        if one.gross:
            now = self.gross[initiative]
            found["gross_cost"] = (shortest(EXACT.subtract(now, one.gross)), shortest(now))
        return found


_tally: ContextVar[CostChanges | None] = ContextVar("cost_changes", default=None)


@contextmanager
def recording(change: Change, about: models.Model, action: str, label: str = "", *, own: bool = True) -> Iterator[None]:
    """Tell what happens to costs inside in the history of each initiative; `about` is what did it."""
    tally = CostChanges(own=own)
    token = _tally.set(tally)
    try:
        yield
    finally:
        _tally.reset(token)
    change.counts |= bool(tally)
    for initiative, one in tally.items():
        if initiative != UNALLOCATED and (changes := tally.changes_of(initiative, one)):
            change.record(about, action, changes, initiative, label)


def recording_import(change: Change, import_id: int, action: str = "import") -> AbstractContextManager[None]:
    """Tell what an import does, or (`revert`) what taking it back does, under the name of its file."""
    job = Import.objects.get(pk=import_id)
    return recording(change, job, action, job.file_name)


def placed(
    change: Change, about: models.Model, action: str, days: Collection[date], label: str = ""
) -> AbstractContextManager[None]:
    """Tell what lines by hand inside do to the initiatives that rules place them on; without a label by their days."""
    ends = dict.fromkeys(f"{day}" for day in (min(days), max(days))) if days else ()
    return recording(change, about, action, label or " – ".join(ends), own=False)


def note(rows: Iterable[tuple[int, int, int, Decimal]], *, own: bool = False) -> None:
    """Take changes of sums into account: initiative, lines that came and went, gross base amount.

    `own`: of lines that name their initiative themselves.
    """
    tally = _tally.get()
    if tally is None or (own and not tally.own):
        return
    for initiative, came, went, gross in rows:
        before = tally.get(initiative, CostChange())
        tally[initiative] = CostChange(before.came + came, before.went + went, EXACT.add(before.gross, gross))


def renewed(gross: Iterable[tuple[int, Decimal]]) -> None:
    """Take note of what initiatives cost in all, now that their running sums have been renewed."""
    tally = _tally.get()
    if tally is not None:
        tally.gross.update(gross)
