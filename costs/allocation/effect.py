"""What placing groups anew would move: read from the sums by group and month, never from lines.

Groups for which the same changes in the same months are added up first; shares are applied to those few sums.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from costs.allocation.placements import Changes, Part, by_initiative, pieces
from costs.models import UNALLOCATED
from money.exact import EXACT, ZERO, total

SUMS = """
SELECT piece.change, kept.month, sum(kept.lines), sum(kept.pending), sum(kept.gross)
FROM unnest(%(groups)s::bigint[], %(since)s::date[], %(until)s::date[], %(changes)s::int[])
    AS piece (group_id, since, until, change)
JOIN costs_groupmonth AS kept
    ON kept.group_id = piece.group_id AND kept.month >= piece.since AND kept.month < piece.until
GROUP BY 1, 2 ORDER BY 2, 1
"""
Parts = tuple[Part, ...]


@dataclass
class Moved:
    """Lines for which something changes, and an amount in base currency."""

    lines: int = 0
    amount: Decimal = ZERO

    def add(self, lines: int, amount: Decimal) -> None:
        """Take more into account."""
        self.lines += lines
        self.amount = EXACT.add(self.amount, amount)


@dataclass
class Effect:
    """What would move. `total`: lines for which something changes, and the amount that goes to another place.

    `places`: what an initiative gets or (negative) gives up; 0: what is unallocated, −1: what is kept to compare.
    `rules`: what a rule places more or (negative) less; 0: a draft. `allocated`: lines that belonged to nobody and
    then belong, at least in part, to initiatives. `waiting`: lines that wait for an exchange rate, in no amount.
    `groups`: those that would be placed otherwise; also where nothing moves by it, as no line is dated there or none
    counts.
    """

    groups: int = 0
    total: Moved = field(default_factory=Moved)
    allocated: int = 0
    waiting: int = 0
    places: dict[int, Moved] = field(default_factory=lambda: defaultdict(Moved))
    months: dict[date, Moved] = field(default_factory=lambda: defaultdict(Moved))
    rules: dict[int, Moved] = field(default_factory=lambda: defaultdict(Moved))

    def __bool__(self) -> bool:
        """Tell whether anything would move."""
        return self.total.lines > 0


class _Sum(NamedTuple):
    before: Parts
    after: Parts
    month: date
    lines: int
    waiting: int
    gross: Decimal


def effect_of(found: Changes) -> Effect:
    """Return what the changes would move; two queries."""
    effect = Effect(len(found.wanted))
    for each in _sums(found):
        shares = _differences(by_initiative(each.before), by_initiative(each.after))
        for place, share in shares.items():
            effect.places[place].add(each.lines, EXACT.multiply(each.gross, share))
        for rule, share in _differences(_by_rule(each.before), _by_rule(each.after)).items():
            effect.rules[rule].add(each.lines, EXACT.multiply(each.gross, share))
        if shares:
            going = total(share for share in shares.values() if share > 0).normalize(EXACT)
            gone = EXACT.multiply(each.gross, going)
            effect.total.add(each.lines, gone)
            effect.months[each.month].add(each.lines, gone)
            effect.waiting += each.waiting
            effect.allocated += each.lines if _is_nobodys(each.before) and not _is_nobodys(each.after) else 0
    return effect


def _sums(found: Changes) -> Iterator[_Sum]:
    numbers: dict[tuple[Parts, Parts], int] = {}
    rows = [
        (piece.group_id, piece.since, piece.until, numbers.setdefault((piece.before, piece.after), len(numbers)))
        for piece in pieces(found)
    ]
    if not rows:
        return
    names = ("groups", "since", "until", "changes")
    known = list(numbers)
    with connection.cursor() as cursor:
        cursor.execute(SUMS, {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)})
        for change, *sums in cursor.fetchall():
            yield _Sum(*known[change], *sums)


def _differences(before: Mapping[int, Decimal], after: Mapping[int, Decimal]) -> dict[int, Decimal]:
    found = {
        key: EXACT.subtract(after.get(key, ZERO), before.get(key, ZERO)) for key in sorted(before.keys() | after.keys())
    }
    return {key: share.normalize(EXACT) for key, share in found.items() if share}


def _by_rule(parts: Parts) -> dict[int, Decimal]:
    """Return what each rule gives to initiatives."""
    rules = {part.rule_id for part in parts if part.rule_id is not None and part.initiative_id > UNALLOCATED}
    return {
        rule: total(part.share for part in parts if part.rule_id == rule and part.initiative_id > UNALLOCATED)
        for rule in rules
    }


def _is_nobodys(parts: Parts) -> bool:
    return all(part.initiative_id == UNALLOCATED for part in parts)
