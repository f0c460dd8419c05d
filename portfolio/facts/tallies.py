"""Initiatives as the figures see them: those that no figure tells apart are counted together.

A portfolio of thousands has a few dozen tallies, so the database reads the initiatives and Python works on the tallies.
Lists of one initiative each stand in `portfolio.facts.rows`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from costs.totals import Flow
from money.exact import ZERO
from portfolio.figures.exact import total
from portfolio.guidance import Guidance
from projects.stages import ENDS, Stage


@dataclass(slots=True)
class Tally:
    """Initiatives alike: how many, their days, and what they cost and brought together, in the base currency."""

    stage: Stage
    furthest: int = 0  # how many stages of the line they entered or passed
    is_prototype: bool = False
    reached_production: bool = False
    failed: bool = False
    guidance: Guidance | None = None
    rests_on_later_rows: bool = False
    has_agreed_target: bool = False  # also of an outcome that has ended
    is_start_known: bool = True  # of prototypes
    left_out: str = ""  # why their days from start to end are unknown
    end_unknown: str = ""  # why their date of production, or of the stop of failed ones, is unknown
    ids: list[int] = field(default_factory=list)
    # Beside the ids, None where unknown: days from start to production, stop or the as-of date; day of production
    # (empty where none was reached); of prototypes before production, whether its planned day has passed; days of each
    # step of the line (as `StandingPeriod` keeps them, empty where no step was taken). All but the first are of the
    # as-of date alone, and empty for a day before.
    days: list[int | None] = field(default_factory=list)
    production_on: list[date | None] = field(default_factory=list)
    is_late: list[bool] = field(default_factory=list)
    step_days: list[list[int | None]] = field(default_factory=list)
    with_cost: int = 0  # how many of them have cost anything, also where credits have brought it back to nothing
    gross: Decimal = ZERO
    recovered: Decimal = ZERO
    benefit: Decimal = ZERO
    validated: Decimal = ZERO
    with_benefit: int = 0  # how many of them have brought anything, also where readings have evened out
    until_production: Decimal = ZERO  # gross cost to the day of production, of those whose day is known
    last_quarter: Decimal = ZERO  # gross cost of the three full calendar months before the as-of month

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.ids)

    @property
    def known_days(self) -> list[int]:
        """The days from start to end where they are known."""
        return [days for days in self.days if days is not None]

    @property
    def in_flight(self) -> bool:
        """Tell whether they are prototypes that neither reached production nor failed."""
        return self.is_prototype and not self.reached_production and not self.failed

    @property
    def late(self) -> list[int]:
        """Those that have not reached production, although it was planned for an earlier day."""
        return [pk for pk, late in zip(self.ids, self.is_late, strict=False) if late]

    def took_step(self, index: int) -> list[int]:
        """Return those that took a step of the line, on whatever days."""
        steps_of = zip(self.ids, self.step_days, strict=False)  # empty where none was taken
        return [pk for pk, steps in steps_of if steps[index] is not None]

    @property
    def is_under_way(self) -> bool:
        """Tell whether they are prototypes that have not ended."""
        return self.is_prototype and self.stage not in ENDS


def count_of(tallies: Iterable[Tally]) -> int:
    """Return how many initiatives the tallies count."""
    return sum(tally.count for tally in tallies)


def spent_by(tallies: Sequence[Tally]) -> Flow:
    """Return what the tallies have cost."""
    return Flow(total(tally.gross for tally in tallies), total(tally.recovered for tally in tallies))


def split(tally: Tally, key: Callable[[int], Hashable]) -> dict[Any, Tally]:
    """Return the tally in parts: the initiatives whose ids have the same key. No money may be on it yet."""
    places: dict[Any, list[int]] = defaultdict(list)
    for place, pk in enumerate(tally.ids):
        places[key(pk)].append(place)
    if len(places) == 1:
        return {next(iter(places)): tally}
    parts = {}
    for each, chosen in places.items():
        lists = {name: [getattr(tally, name)[place] for place in chosen] for name in _LISTS if getattr(tally, name)}
        parts[each] = replace(tally, **lists)
    return parts


_LISTS = ("ids", "days", "production_on", "is_late", "step_days")
