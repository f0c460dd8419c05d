"""The rows behind a figure: its initiatives with what each brings to it, and those that it left out, by reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from costs.models import UNALLOCATED
from portfolio.explanations.contributions import WAITING, Measure, base_figure, selection_of
from portfolio.facts.gathering import Facts
from portfolio.facts.pending import waiting_by_initiative
from portfolio.figure import Figure, Number
from portfolio.figures.exact import total
from portfolio.metrics.unknown_starts import missing_from


@dataclass
class Behind:
    """Initiatives by id with what each brings, what belongs to none, and those left out, by reason."""

    measure: Measure | None = None
    counted: dict[int, Number | None] = field(default_factory=dict)
    unallocated: Number | None = None
    left_out: dict[str, Behind] = field(default_factory=dict)

    @property
    def sum(self) -> Decimal | None:
        """What all of them and the unallocated come to; None where amounts of this kind are not added up."""
        if self.measure is None or self.measure.form != "money":
            return None
        return total([*(Decimal(each or 0) for each in self.counted.values()), Decimal(self.unallocated or 0)])

    def in_order(self) -> list[tuple[int, Number | None]]:
        """Return the initiatives with what each brings: most money first, fewest days first, else as they came."""
        if self.measure is None:
            return sorted(self.counted.items())
        sign = -1 if self.measure.most_first else 1
        return sorted(self.counted.items(), key=lambda each: (sign * (each[1] or 0), each[0]))


def behind(figure: Figure, facts: Facts) -> Behind:
    """Return what stands behind a figure of the portfolio; one query where something waits for an exchange rate."""
    chosen = selection_of(figure.name)
    found = Behind(chosen.measure)
    for tally in facts.tallies:
        for place, pk in enumerate(tally.ids):
            if chosen.keeps(facts, tally, place):
                why = chosen.lacks(facts, tally, place)
                if why:
                    found.left_out.setdefault(why, Behind()).counted[pk] = None
                if not why or not chosen.is_apart:
                    found.counted[pk] = chosen.measure.of(facts, tally, place) if chosen.measure else None
    for tally in facts.without_start:
        lacks = missing_from(base_figure(figure.name), tally)
        if lacks:
            found.left_out.setdefault(tally.left_out, Behind()).counted |= dict.fromkeys(lacks)
    if "pending budget lines" in figure.left_out:
        waits = {pk: budget.pending for pk, budget in facts.budgets.items() if budget.pending}
        found.left_out["pending budget lines"] = Behind(WAITING["pending lines"], dict(waits))
    if chosen.measure and chosen.measure.of_unallocated and facts.unallocated is not None:
        found.unallocated = chosen.measure.of_unallocated(facts.unallocated)
    return _with_waiting(found, figure, facts)


def _with_waiting(found: Behind, figure: Figure, facts: Facts) -> Behind:
    """Add whose cost lines and readings wait for an exchange rate, where the figure lacks them or counts them."""
    counts_them = figure.name == "pending_lines" and bool(figure.value)
    if not counts_them and not figure.left_out.keys() & WAITING.keys():
        return found
    chosen = selection_of(figure.name)
    of_all = not chosen.lacks_theirs
    waiting = waiting_by_initiative(
        facts.ids if of_all else list(found.counted),
        facts.filters.as_of,
        with_unallocated=of_all and facts.unallocated is not None,
        validated=figure.name == "validated_benefit",
        lines=chosen.lines,
    )
    each = {why: Behind(measure, dict(waiting[why])) for why, measure in WAITING.items()}
    for apart in each.values():
        apart.unallocated = apart.counted.pop(UNALLOCATED, None)
    if counts_them:
        return each["pending lines"]
    found.left_out |= {why: apart for why, apart in each.items() if why in figure.left_out}
    return found
