"""Where charge groups belong, month by month: what is kept of it (`Placement`), and the way to what should be.

A group's life is cut into spans of whole months; in each it belongs to some initiatives by shares that add up to 1, or
has no placement. Only this module writes placements, and it takes the sums along. Beside them stands where that belongs
whose cost is kept for comparison only (`UsagePlacement`): it is in no sum of cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from django.db import connection

from accounts.changes import changing
from costs import rollups
from costs.bulk import planner_statistics
from costs.models import NOT_COUNTED, UNALLOCATED, Placement, UsagePlacement
from money.exact import EXACT, ZERO

EVER, NEVER = date(1900, 1, 1), date(9999, 12, 1)
ONE = Decimal(1)


class Part(NamedTuple):
    """A share of a span's cost that belongs to an initiative (0: to none, −1: not counted), by a rule.

    `division`: where it follows use, by which division of the rule (`Placement.division`).
    """

    initiative_id: int
    share: Decimal
    rule_id: int | None = None
    division: int | None = None


class Span(NamedTuple):
    """Months from `since` to before `until`, and where the cost dated in them belongs. No parts: no placement.

    `used`: where it belongs by a rule, and its usage does, if the cost is not counted; `NOBODYS`: it counted once and
    belonged to nobody.
    """

    since: date
    until: date
    parts: tuple[Part, ...]
    used: tuple[Part, ...] = ()

    @property
    def is_split(self) -> bool:
        """Tell whether it belongs to several, or not as a whole."""
        return len(self.parts) > 1 or self.parts[0].share != ONE

    @property
    def is_counted(self) -> bool:
        """Tell whether its cost counts, not kept for comparison only."""
        return self.parts != KEPT_TO_COMPARE


KEPT_TO_COMPARE = (Part(NOT_COUNTED, ONE),)
NOBODYS = (Part(UNALLOCATED, ONE),)
Spans = Sequence[Span]

# Spans as a table: `given`.
GIVEN = """
SELECT * FROM unnest(%(groups)s::bigint[], %(since)s::date[], %(until)s::date[], %(initiatives)s::bigint[],
                     %(shares)s::numeric[], %(rules)s::bigint[], %(divisions)s::int[])
    AS given (group_id, since, until, initiative_id, share, rule_id, division)
"""
INSERT = f"""
INSERT INTO {{table}} (group_id, since, until, initiative_id, share, rule_id, division)
SELECT group_id, since, until, initiative_id, share, rule_id, division FROM ({GIVEN}) AS given
ORDER BY group_id, since, initiative_id
"""  # noqa: S608 - a text of our own


# Arrays, not Django's lists of parameters: there may be a hundred thousand groups.
KEPT = """
SELECT group_id, since, until, false AS is_used, initiative_id, share, rule_id, division
FROM costs_placement WHERE group_id = ANY(%(groups)s)
UNION ALL
SELECT group_id, since, until, true, initiative_id, share, rule_id, division
FROM costs_usageplacement WHERE group_id = ANY(%(groups)s)
ORDER BY group_id, since, is_used, initiative_id
"""
USED = """
SELECT kept.group_id, charge.initiative_id, min(kept.month), max(kept.month)
FROM costs_groupmonth AS kept JOIN costs_chargegroup AS charge ON charge.id = kept.group_id
WHERE kept.group_id = ANY(%(groups)s) AND kept.lines > 0 GROUP BY 1, 2
"""

OF_DAYS = """
SELECT asked.place, kept.initiative_id, kept.share, kept.rule_id
FROM unnest(%(groups)s::bigint[], %(days)s::date[]) WITH ORDINALITY AS asked (group_id, day, place)
JOIN {table} AS kept ON kept.group_id = asked.group_id AND kept.since <= asked.day AND kept.until > asked.day
ORDER BY asked.place, kept.initiative_id
"""


class Changes(NamedTuple):
    """Groups that belong elsewhere than they are placed: where they are, and where they should be."""

    there: Mapping[int, Spans]
    wanted: Mapping[int, Spans]


def of_cost(span: Span) -> tuple[Part, ...]:
    """Return where the cost of a span belongs."""
    return span.parts


def of_usage(span: Span) -> tuple[Part, ...]:
    """Return where the usage of a span belongs: where its cost does, if that is counted."""
    return span.used or span.parts


def of_usage_alone(span: Span) -> tuple[Part, ...]:
    """Return where the usage of a span belongs that is not counted as cost."""
    return span.used


def given(wanted: Mapping[int, Spans], parts_of: Callable[[Span], tuple[Part, ...]] = of_cost) -> dict[str, list[Any]]:
    """Return spans as the columns of `GIVEN`."""
    rows = [
        (group, span.since, span.until, *part)
        for group, spans in wanted.items()
        for span in spans
        for part in parts_of(span)
    ]
    names = ("groups", "since", "until", "initiatives", "shares", "rules", "divisions")
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def kept(group_ids: Collection[int]) -> dict[int, list[Span]]:
    """Return the spans with a placement of these groups, oldest first; one query."""
    found: dict[int, dict[tuple[date, date], tuple[list[Part], list[Part]]]] = defaultdict(
        lambda: defaultdict(lambda: ([], []))
    )
    with connection.cursor() as cursor:
        cursor.execute(KEPT, {"groups": list(group_ids)})
        for group, since, until, is_used, *part in cursor.fetchall():
            found[group][since, until][is_used].append(Part(*part))
    return {
        group: [Span(*ends, tuple(parts), tuple(used)) for ends, (parts, used) in spans.items()]
        for group, spans in found.items()
    }


def of_days(
    pairs: Sequence[tuple[int, date]], of: type[Placement] | type[UsagePlacement] = Placement
) -> list[list[Part]]:
    """Return the parts that hold for groups on days, in the order given; [] where there is no placement. One query."""
    found: list[list[Part]] = [[] for _pair in pairs]
    if pairs:
        groups, days = zip(*pairs, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(OF_DAYS.format(table=of._meta.db_table), {"groups": list(groups), "days": list(days)})
            for place, *part in cursor.fetchall():
                found[place - 1].append(Part(*part))
    return found


def changes(wanted: Mapping[int, Spans], there: Mapping[int, Spans] | None = None) -> Changes:
    """Compare what is wanted, in the order of `joined`, with what there is; one query, unless that is known."""
    there = kept(wanted) if there is None else there
    wanted = {group: still_nobodys(there.get(group, []), spans) for group, spans in wanted.items()}
    changed = [group for group, spans in wanted.items() if list(spans) != there.get(group, [])]
    return Changes({group: there.get(group, []) for group in changed}, {group: wanted[group] for group in changed})


def bring_to(found: Changes) -> list[int]:
    """Place groups as wanted, and move in the sums what belongs elsewhere now; return the initiatives concerned.

    Inside an open write, under its lock.
    """
    if not found.wanted:
        return []
    planner_statistics.analyze_if_believed_empty()
    with changing(None):  # the write that it is part of counts
        moves = list(moves_between(found))
        Placement.objects.filter(group__in=list(found.wanted)).delete()
        if _have_usage(found.there):
            UsagePlacement.objects.filter(group__in=list(found.wanted)).delete()
        insert(found.wanted)
        return rollups.move(moves)


def insert(wanted: Mapping[int, Spans], also: str = "", given_also: Mapping[str, Any] | None = None) -> None:
    """Place groups that have no placement: new ones, which have no lines either, are placed by this alone.

    `also`: common tables with their values that go into the same statement.
    """
    with connection.cursor() as cursor:
        into_cost = INSERT.format(table=Placement._meta.db_table)
        cursor.execute(f"{also} {into_cost}", {**given(wanted), **(given_also or {})})
        if _have_usage(wanted):
            cursor.execute(INSERT.format(table=UsagePlacement._meta.db_table), given(wanted, of_usage_alone))


def _have_usage(spans: Mapping[int, Spans]) -> bool:
    return any(span.used for each in spans.values() for span in each)


def moves_between(found: Changes) -> Iterator[rollups.Move]:
    """Yield what goes over from where, and to where, for groups that have lines in those months."""
    for piece in pieces(found):
        before, after = by_initiative(piece.before), by_initiative(piece.after)
        for initiative in sorted((before.keys() | after.keys()) - {NOT_COUNTED}):
            share = EXACT.subtract(after.get(initiative, ZERO), before.get(initiative, ZERO))
            sign = (initiative in after) - (initiative in before)
            if share or sign:
                yield rollups.Move(piece.group_id, piece.since, piece.until, initiative, share, sign)


def still_nobodys(old: Spans, new: Spans) -> Spans:
    """Return new spans that keep what was nobody's when it counted, where it is still compared and no rule places it.

    Rules say nothing of it: without this each look at them would find that it is placed otherwise.
    """
    if all(span.used != NOBODYS for span in old):
        return new
    return joined(
        now._replace(used=NOBODYS) if then.used == NOBODYS and not (now.is_counted or now.used) else now
        for then, now in side_by_side(old, new)
    )


class Piece(NamedTuple):
    """Months of a group with lines in which where it belongs is to change, and from what to what."""

    group_id: int
    since: date
    until: date
    before: tuple[Part, ...]
    after: tuple[Part, ...]


def pieces(found: Changes) -> Iterator[Piece]:
    """Yield the stretches of time in which something changes for groups that have lines in them; one query.

    What has no placement belongs to the initiative that its lines name, or to none.
    """
    with connection.cursor() as cursor:
        cursor.execute(USED, {"groups": list(found.wanted)})
        used = cursor.fetchall()
    for group, own, first, last in used:
        without = (Part(own or UNALLOCATED, ONE),)
        for old, new in side_by_side(found.there[group], found.wanted[group]):
            if old.parts != new.parts and old.until > first and old.since <= last:
                yield Piece(group, old.since, old.until, old.parts or without, new.parts or without)


def by_initiative(parts: Iterable[Part]) -> dict[int, Decimal]:
    """Return the share of each initiative."""
    return {part.initiative_id: part.share for part in parts}


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return the spans that have parts, neighbours of the same kind joined, parts in the order they are kept in."""
    found: list[Span] = []
    for span in sorted(spans):
        parts, used = tuple(sorted(span.parts)), tuple(sorted(span.used))
        if found and found[-1].until == span.since and found[-1][2:] == (parts, used):
            found[-1] = found[-1]._replace(until=span.until)
        elif parts:
            found.append(span._replace(parts=parts, used=used))
    return found


def without_weights(spans: Spans) -> list[Span]:
    """Return spans as `outline` draws them, neighbours that it makes alike joined."""
    return joined([span._replace(parts=outline(span.parts), used=outline(span.used)) for span in spans])


def outline(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return what stays of parts when use changes: of those divided by it, by which rule and division of it."""
    by_use = next((part for part in parts if part.division is not None), None)
    return (by_use._replace(initiative_id=UNALLOCATED, share=ONE),) if by_use else parts


def side_by_side(old: Spans, new: Spans) -> Iterator[tuple[Span, Span]]:
    """Yield all time in stretches in which neither changes, as the span of each; without parts: no placement."""
    cuts = sorted({EVER, NEVER, *(cut for span in (*old, *new) for cut in span[:2])})
    for since, until in pairwise(cuts):
        yield _between(old, since, until), _between(new, since, until)


def _between(spans: Spans, since: date, until: date) -> Span:
    parts, used = next((span[2:] for span in spans if span.since <= since < span.until), ((), ()))
    return Span(since, until, parts, used)
