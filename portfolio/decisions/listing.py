"""What needs a decision, most money first: the first few for the portfolio page, and all of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from accounts.models import User
from portfolio.decisions.signals import Signal, is_under_way, signals
from portfolio.facts.chosen import MOST_SIGNALS
from portfolio.facts.gathering import Facts, gather, rows_in
from portfolio.facts.rows import Row
from portfolio.facts.tallies import count_of
from portfolio.selection.filters import Filters


@dataclass(frozen=True)
class Watch:
    """The first few signals, of how many initiatives with one, of how many under way."""

    signals: list[Signal]
    signalled: int
    under_way: int


def needs_a_decision(facts: Facts, base_currency: str) -> Watch:
    """Return what to look at first; facts gathered for the page."""
    under_way = [tally for tally in facts.tallies if tally.is_under_way]
    for row in facts.watched:
        facts.money.apply_to(row)
    first: dict[int, Signal] = {}
    for signal in signals(facts.watched, facts.filters.as_of, base_currency):
        first.setdefault(signal.row.id, signal)
    read = {row.id for row in facts.watched}
    not_read = sum(pk not in read for tally in under_way for pk in tally.late)  # late ones that have cost nothing
    return Watch(list(first.values())[:MOST_SIGNALS], len(first) + not_read, count_of(under_way))


@dataclass(frozen=True)
class Case:
    """An initiative under way with every rule that asks for a decision about it."""

    row: Row
    signals: list[Signal] = field(default_factory=list)


@dataclass(frozen=True)
class Cases:
    """All that need a decision, of how many under way."""

    cases: list[Case]
    under_way: int


def every_decision(filters: Filters, user: User | None, base_currency: str) -> Cases:
    """Return all that need a decision, with every reason: the set of which `needs_a_decision` shows the first."""
    rows = [row for row in rows_in(gather(filters, user)) if is_under_way(row)]
    found: dict[int, Case] = {}
    for signal in signals(rows, filters.as_of, base_currency):
        found.setdefault(signal.row.id, Case(signal.row)).signals.append(signal)
    return Cases(list(found.values()), len(rows))
