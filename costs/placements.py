"""Where charge groups belong, month by month: what is kept of it (`Placement`), and the way to what should be.

A group's life is cut into spans of whole months; in each it belongs to some initiatives by shares that add up to 1, or
has no placement. Only this module writes placements, and it takes the sums along.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from django.db.models import Max, Min

from costs import rollups
from costs.exact import EXACT
from costs.models import NOT_COUNTED, UNALLOCATED, ChargeGroup, GroupMonth, Placement

EVER, NEVER = date(1900, 1, 1), date(9999, 12, 1)
ONE = Decimal(1)


class Part(NamedTuple):
    """A share of a span's cost that belongs to an initiative (0: to none, −1: not counted), by a rule."""

    initiative_id: int
    share: Decimal
    rule_id: int | None = None


class Span(NamedTuple):
    """Months from `since` to before `until`, and where the cost dated in them belongs. No parts: no placement."""

    since: date
    until: date
    parts: tuple[Part, ...]


Spans = Sequence[Span]


def kept(group_ids: Collection[int]) -> dict[int, list[Span]]:
    """Return the spans with a placement of these groups, oldest first; one query."""
    found: dict[int, dict[tuple[date, date], list[Part]]] = defaultdict(lambda: defaultdict(list))
    rows = Placement.objects.filter(group__in=list(group_ids)).order_by("group_id", "since", "initiative_id")
    for row in rows.values_list("group_id", "since", "until", "initiative_id", "share", "rule_id"):
        found[row[0]][row[1], row[2]].append(Part(*row[3:]))
    return {group: [Span(*ends, tuple(parts)) for ends, parts in spans.items()] for group, spans in found.items()}


def in_months(pairs: Iterable[tuple[int, date]]) -> dict[tuple[int, date], tuple[int, bool]]:
    """Return the initiative of each (group, month) with a placement, and whether it is only one of several."""
    by_group: dict[int, list[date]] = defaultdict(list)
    for group, month in pairs:
        by_group[group].append(month)
    found = {}
    for group, spans in kept(by_group).items():
        for month in by_group[group]:
            for span in spans:
                if span.since <= month < span.until:
                    first = span.parts[0]
                    found[group, month] = (first.initiative_id, len(span.parts) > 1 or first.share != ONE)
    return found


def bring_to(wanted: Mapping[int, Spans]) -> None:
    """Place groups as wanted, and move in the sums what belongs elsewhere now. Inside an open write, under its lock."""
    there = kept(wanted)
    changed = {group for group, spans in wanted.items() if _placed(spans) != there.get(group, [])}
    if not changed:
        return
    moves = list(moves_between(there, {group: wanted[group] for group in changed}))
    Placement.objects.filter(group__in=changed).delete()
    Placement.objects.bulk_create(
        (
            Placement(group_id=group, since=span.since, until=span.until, **part._asdict())
            for group in sorted(changed)
            for span in _placed(wanted[group])
            for part in span.parts
        ),
        batch_size=5_000,
    )
    rollups.move(moves)


def moves_between(there: Mapping[int, Spans], wanted: Mapping[int, Spans]) -> Iterator[rollups.Move]:
    """Yield what goes over from where, and to where, for groups that have lines in those months."""
    own = dict(ChargeGroup.objects.filter(pk__in=list(wanted)).values_list("pk", "initiative_id"))
    used = GroupMonth.objects.filter(group__in=list(wanted), lines__gt=0).values_list("group_id")
    for group, first, last in used.annotate(first=Min("month"), last=Max("month")):
        without = (Part(own[group] or UNALLOCATED, ONE),)
        for since, until, old, new in _side_by_side(there.get(group, ()), wanted[group]):
            if until <= first or since > last:
                continue
            yield from _differences(group, since, until, old or without, new or without)


def _placed(spans: Spans) -> list[Span]:
    """Return the spans that have parts, neighbours of the same kind joined, parts in the order they are kept in."""
    joined: list[Span] = []
    for span in sorted(spans):
        parts = tuple(sorted(span.parts))
        if joined and joined[-1].until == span.since and joined[-1].parts == parts:
            joined[-1] = joined[-1]._replace(until=span.until)
        elif parts:
            joined.append(span._replace(parts=parts))
    return joined


def _side_by_side(old: Spans, new: Spans) -> Iterator[tuple[date, date, tuple[Part, ...], tuple[Part, ...]]]:
    """Yield the stretches of time in which neither changes, where the two differ."""
    cuts = sorted({EVER, NEVER, *(cut for span in (*old, *new) for cut in span[:2])})
    for since, until in pairwise(cuts):
        before, after = _at(old, since), _at(new, since)
        if before != after:
            yield since, until, before, after


def _at(spans: Spans, day: date) -> tuple[Part, ...]:
    return next((span.parts for span in spans if span.since <= day < span.until), ())


def _differences(
    group: int, since: date, until: date, old: tuple[Part, ...], new: tuple[Part, ...]
) -> Iterator[rollups.Move]:
    before = {part.initiative_id: part.share for part in old if part.initiative_id != NOT_COUNTED}
    after = {part.initiative_id: part.share for part in new if part.initiative_id != NOT_COUNTED}
    for initiative in sorted(before.keys() | after.keys()):
        share = EXACT.subtract(after.get(initiative, Decimal(0)), before.get(initiative, Decimal(0)))
        sign = (initiative in after) - (initiative in before)
        if share or sign:
            yield rollups.Move(group, since, until, initiative, share, sign)
