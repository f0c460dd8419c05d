"""The prototypes of a set, and those that a cohort by start leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from portfolio.facts.tallies import Tally, count_of
from portfolio.figure import counted


@dataclass(frozen=True)
class Cohort:
    """A set of prototypes: n prototypes = p in production + s failed + f in flight.

    `without_start`: those that are left out of a set which is chosen by start, because theirs is unknown.
    """

    tallies: tuple[Tally, ...]
    without_start: tuple[Tally, ...] = ()

    @classmethod
    def of(cls, tallies: Iterable[Tally], without_start: Iterable[Tally] = ()) -> Cohort:
        """Keep the prototypes of a set."""
        return cls(tuple(tally for tally in tallies if tally.is_prototype), tuple(without_start))

    def left_out(self, keeps: Callable[[Tally], bool] = attrgetter("is_prototype")) -> dict[str, int]:
        """Return how many of those without a start pass a test, by the reason why their days are not known."""
        return counted((tally.left_out, tally.count) for tally in self.without_start if keeps(tally))

    @cached_property
    def prototypes(self) -> int:
        """How many there are."""
        return count_of(self.tallies)

    @cached_property
    def reached(self) -> int:
        """How many ever entered production."""
        return count_of(tally for tally in self.tallies if tally.reached_production)

    @cached_property
    def failed(self) -> int:
        """How many were stopped and never reached production."""
        return count_of(tally for tally in self.tallies if tally.failed)

    @property
    def has_cost(self) -> bool:
        """Tell whether they have cost anything, also where credits have brought it back to nothing."""
        return any(tally.with_cost for tally in self.tallies)

    @property
    def in_flight(self) -> int:
        """How many have done neither."""
        return self.prototypes - self.reached - self.failed
