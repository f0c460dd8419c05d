"""The shares that a rule gives, month by month: fixed ones first, the rest equally or by use.

A share is a decimal of at most 18 places; what does not divide goes to the last initiative, so that shares add up to
exactly 1 and amounts times shares to exactly the amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_DOWN, Decimal
from functools import cached_property

from costs.allocation import measures
from costs.allocation.active_rules import Rule
from costs.allocation.placements import ONE, Part, Spans
from costs.models import UNALLOCATED, Method
from money.exact import EXACT, total

PLACES = Decimal("1e-18")
Parts = tuple[Part, ...]


class Shares:
    """The parts of rules. What measures use is looked up once, for these months.

    `settled` says where the groups that are being placed anew belong by rules that do not follow use: their cost is
    part of the measure as it will be, not as it was, so that placing them twice changes nothing.
    """

    def __init__(self, rules: Iterable[Rule], months: Iterable[date], settled: Mapping[int, Spans]) -> None:
        self._measured = {rule.measure_id for rule in rules if rule.method == Method.COST}
        self._months = sorted(set(months))
        self._settled = settled
        self._known: dict[tuple[int, date], Parts] = {}

    def of(self, rule: Rule, month: date) -> Parts:
        """Return where the cost of a month belongs by this rule; a rest that has no measure stays unallocated.

        That too is a part, by this rule: the daily look at use finds by it what waits for a measure.
        """
        if not rule.follows_use:
            return even(rule)
        if (rule.pk, month) not in self._known:
            open_parts = [initiative for initiative, share in rule.parts if share is None]
            measured = self._tokens if rule.method == Method.TOKENS else self._costs[rule.measure_id]
            weights = {pk: measured.get((pk, month), Decimal(0)) for pk in open_parts}
            self._known[rule.pk, month] = _parts(rule, weights)
        return self._known[rule.pk, month]

    @cached_property
    def _tokens(self) -> dict[tuple[int, date], Decimal]:
        return measures.tokens_used(self._months, self._settled)

    @cached_property
    def _costs(self) -> dict[int | None, dict[tuple[int, date], Decimal]]:
        return {measure: measures.cost(measure, self._months, self._settled) for measure in self._measured}


def even(rule: Rule) -> Parts:
    """Return the parts of a rule whose rest is divided equally."""
    return _parts(rule, {initiative: ONE for initiative, share in rule.parts if share is None})


def divided(whole: Decimal, weights: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """Divide a share by weights; negative weights are none. {} where no weight is above 0."""
    positive = {pk: weight for pk, weight in sorted(weights.items()) if weight > 0}
    every = total(positive.values())
    found: dict[int, Decimal] = {}
    left = whole
    for pk, weight in positive.items():
        found[pk] = EXACT.divide(EXACT.multiply(whole, weight), every).quantize(PLACES, ROUND_DOWN, EXACT)
        left = EXACT.subtract(left, found[pk])
    if found:
        last = next(reversed(found))
        found[last] = EXACT.add(found[last], left)
    return {pk: share for pk, share in found.items() if share}


def _parts(rule: Rule, weights: Mapping[int, Decimal]) -> Parts:
    fixed = {initiative: share for initiative, share in rule.parts if share is not None}
    rest = EXACT.subtract(ONE, total(fixed.values()))
    if rest > 0:
        fixed |= divided(rest, weights) or {UNALLOCATED: rest}
    division = rule.division if rule.follows_use else None
    return tuple(Part(pk, share.normalize(EXACT), rule.pk, division) for pk, share in sorted(fixed.items()) if share)
