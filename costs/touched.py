"""What one act, such as an import, did to the cost of each initiative: an entry in the history of each.

    with touched.told(change, about, "apply"):
        …                        # lines come, go and move, however many

`rollups` and `bulk.sums` note what they add to sums; at the end one statement writes an entry for each initiative. A
line by hand that names its initiative is told there by itself; where rules place one, `placed` tells.
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
from costs.models import UNALLOCATED
from imports.models import Import
from money.exact import EXACT


class Touched(NamedTuple):
    """What changed for an initiative: lines that came, lines that went (moved there or away), gross base amount."""

    came: int = 0
    went: int = 0
    gross: Decimal = Decimal(0)


class Tally(dict[int, Touched]):
    """What changed, by initiative; `own`: also what lines changed that name their initiative themselves."""

    def __init__(self, *, own: bool) -> None:
        self.own = own


_tally: ContextVar[Tally | None] = ContextVar("touched", default=None)

# A version that restates another came while that one went: one line.
OF_EACH = """
SELECT touched.initiative_id, jsonb_strip_nulls(jsonb_build_object(
    'cost_lines', CASE WHEN touched.lines > 0 THEN jsonb_build_array(NULL, touched.lines) END,
    'gross_cost', CASE WHEN touched.gross <> 0 THEN jsonb_build_array(
        trim_scale(coalesce(cost.gross, 0) - touched.gross)::text, trim_scale(coalesce(cost.gross, 0))::text) END)
) AS changes
FROM unnest(%(initiatives)s::bigint[], %(lines)s::bigint[], %(gross)s::numeric[])
    AS touched (initiative_id, lines, gross)
LEFT JOIN costs_initiativecumulated AS cost
    ON cost.initiative_id = touched.initiative_id AND cost.until = '9999-12-31'
WHERE touched.lines > 0 OR touched.gross <> 0
"""


@contextmanager
def told(change: Change, about: models.Model, action: str, label: str = "", *, own: bool = True) -> Iterator[None]:
    """Tell what happens to costs inside in the history of each initiative; `about` is what did it."""
    tally = Tally(own=own)
    token = _tally.set(tally)
    try:
        yield
    finally:
        _tally.reset(token)
    change.counts |= bool(tally)
    tally.pop(UNALLOCATED, None)
    if tally:
        each = tally.values()
        given = {
            "initiatives": list(tally),
            "lines": [max(one.came, one.went) for one in each],
            "gross": [one.gross for one in each],
        }
        change.record_each(about, action, OF_EACH, given, label)


def told_by_import(change: Change, import_id: int, action: str = "import") -> AbstractContextManager[None]:
    """Tell what an import does, or (`revert`) what taking it back does, under the name of its file."""
    job = Import.objects.get(pk=import_id)
    return told(change, job, action, job.file_name)


def placed(
    change: Change, about: models.Model, action: str, days: Collection[date], label: str = ""
) -> AbstractContextManager[None]:
    """Tell what lines by hand inside do to the initiatives that rules place them on; without a label by their days."""
    ends = dict.fromkeys(f"{day}" for day in (min(days), max(days))) if days else ()
    return told(change, about, action, label or " – ".join(ends), own=False)


def note(rows: Iterable[tuple[int, int, int, Decimal]], *, own: bool = False) -> None:
    """Take changes of sums into account: initiative, lines that came and went, gross base amount.

    `own`: of lines that name their initiative themselves.
    """
    tally = _tally.get()
    if tally is None or (own and not tally.own):
        return
    for initiative, came, went, gross in rows:
        before = tally.get(initiative, Touched())
        tally[initiative] = Touched(before.came + came, before.went + went, EXACT.add(before.gross, gross))
