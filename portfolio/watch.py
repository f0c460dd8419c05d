"""What needs a decision: the first signal of each initiative under way, most money first."""

from __future__ import annotations

from dataclasses import dataclass

from portfolio.facts import MOST_SIGNALS, Facts
from portfolio.signals import Signal, signals
from portfolio.tallies import count_of


@dataclass(frozen=True)
class Watch:
    """The first few signals, of how many initiatives with one, of how many under way."""

    signals: list[Signal]
    signalled: int
    under_way: int


def needs_a_decision(facts: Facts, base_currency: str) -> Watch:
    """Return what to look at first; facts gathered for the page."""
    under_way = [tally for tally in facts.tallies if tally.is_under_way]
    kept = {pk for tally in under_way for pk in tally.ids}
    rows = [row for row in facts.watched if row.id in kept]
    for row in rows:
        facts.money.lay_on(row)
    first: dict[int, Signal] = {}
    for signal in signals(rows, facts.filters.as_of, base_currency):
        first.setdefault(signal.row.id, signal)
    read = {row.id for row in rows}
    not_read = sum(pk not in read for tally in under_way for pk in tally.late)  # late ones that have cost nothing
    return Watch(list(first.values())[:MOST_SIGNALS], len(first) + not_read, count_of(under_way))
