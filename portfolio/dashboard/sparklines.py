"""The sparklines beside the headline figures: how each one came to stand where it stands.

Each ends at its figure. The two of cost follow today's initiatives back over a year (`trend_days`), so they show
how their cost and their number in production grew, not how initiatives moved in and out of the set.
"""

from __future__ import annotations

from datetime import date
from itertools import accumulate

from costs.totals import NO_COST
from portfolio.facts.gathering import Facts
from portfolio.facts.look_back_days import trend_days
from portfolio.figures.exact import total
from portfolio.metrics.summary import Summary

Line = list[float | None]
SPARK_MONTHS = 13
QUARTERS = range(0, 25, 3)  # months since the prototype started


def within_24_months(summary: Summary) -> Line:
    """Return the curve of all prototypes every three months to the 24th; nothing where it was not observed so long."""
    curve = summary.curve.incidence
    if summary.production_within[24].value is None:
        return []
    return [curve.within_months(months).value for months in QUARTERS]


def cost_per_production(summary: Summary) -> Line:
    """Return the cost of today's prototypes per one of them in production; a gap while there was none.

    A production whose day is unknown counts all the time.
    """
    facts, found = summary.facts, summary["cost_per_production"].value
    if found is None:
        return []
    tallies = facts.cohort.tallies
    ids = [pk for tally in tallies for pk in tally.ids]
    days = trend_days(facts.filters.as_of)
    counts = [_reached(facts, day) for day in days]
    costs = [_spent(facts, ids, day) for day in days]
    return [cost / count if count else None for cost, count in zip(costs, counts, strict=True)] + [float(found)]


def spend_without_outcome(summary: Summary) -> Line:
    """Return what today's initiatives without a target had cost."""
    facts, found = summary.facts, summary["spend_without_outcome"].value
    if not found:
        return []
    ids = [pk for tally in facts.tallies if not tally.has_agreed_target for pk in tally.ids]
    return [*(_spent(facts, ids, day) for day in trend_days(facts.filters.as_of)), float(found)]


def net_benefit(summary: Summary) -> Line:
    """Return the net benefit to the end of each of the last months."""
    return [float(value) for value in accumulate(flow.net for flow in summary.facts.months)][-SPARK_MONTHS:]


def _spent(facts: Facts, ids: list[int], day: date) -> float:
    return float(total(facts.on_days.get((pk, day), NO_COST).gross for pk in ids))


def _reached(facts: Facts, day: date) -> int:
    reached = [tally for tally in facts.cohort.tallies if tally.reached_production]
    return sum(on is None or on <= day for tally in reached for on in tally.production_on)
