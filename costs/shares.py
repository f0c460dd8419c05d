"""The shares that a rule gives, month by month: fixed ones first, the rest equally or by use.

A share is a decimal of at most 18 places; what does not divide goes to the last initiative, so that shares add up to
exactly 1 and amounts times shares to exactly the amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_DOWN, Decimal
from functools import cached_property

from costs import measures
from costs.exact import EXACT
from costs.models import UNALLOCATED, AllocationRule, Method
from costs.placements import ONE, Part

PLACES = Decimal("1e-18")


class Shares:
    """The parts of rules; what measures use is looked up once, for the months that are asked about."""

    def __init__(self, rules: Sequence[AllocationRule], months: Mapping[int, Sequence[date]]) -> None:
        self._rules = rules
        self._months = sorted({month for each in months.values() for month in each})

    def of(self, rule: AllocationRule, month: date) -> tuple[Part, ...]:
        """Return where the cost of a month belongs by this rule; nothing where the rest has no measure and no share."""
        fixed = {part.initiative_id: part.share for part in rule.parts.all() if part.share is not None}
        others = [part.initiative_id for part in rule.parts.all() if part.share is None]
        rest = EXACT.subtract(ONE, sum(fixed.values(), Decimal(0)))
        if rest > 0:
            fixed |= divided(rest, self._weights(rule, others, month)) or {UNALLOCATED: rest}
        if set(fixed) == {UNALLOCATED}:
            return ()
        return tuple(Part(pk, share.normalize(EXACT), rule.pk) for pk, share in sorted(fixed.items()) if share)

    def _weights(self, rule: AllocationRule, initiatives: Iterable[int], month: date) -> dict[int, Decimal]:
        if rule.method == Method.EQUAL:
            return dict.fromkeys(initiatives, ONE)
        measured = self._tokens if rule.method == Method.TOKENS else self._costs[rule.measure_id]
        return {pk: measured.get((pk, month), Decimal(0)) for pk in initiatives}

    @cached_property
    def _tokens(self) -> dict[tuple[int, date], Decimal]:
        return measures.tokens_used(self._months)

    @cached_property
    def _costs(self) -> dict[int | None, dict[tuple[int, date], Decimal]]:
        wanted = {rule.measure_id for rule in self._rules if rule.method == Method.COST}
        return {measure: measures.cost(measure, self._months) for measure in wanted}


def divided(whole: Decimal, weights: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """Divide a share by weights; negative weights are none. {} where no weight is above 0."""
    positive = {pk: weight for pk, weight in sorted(weights.items()) if weight > 0}
    total = sum(positive.values(), Decimal(0))
    found: dict[int, Decimal] = {}
    left = whole
    for pk, weight in positive.items():
        found[pk] = EXACT.divide(EXACT.multiply(whole, weight), total).quantize(PLACES, ROUND_DOWN, EXACT)
        left = EXACT.subtract(left, found[pk])
    if found:
        last = next(reversed(found))
        found[last] = EXACT.add(found[last], left)
    return {pk: share for pk, share in found.items() if share}
