"""One initiative as the figures see it at the as-of date."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from portfolio.figures.survival import Ending
from portfolio.guidance import Guidance
from projects.stages import Stage
from projects.standing import Standing

ZERO = Decimal(0)


@dataclass(slots=True)
class Row:
    """What the figures need to know of one initiative; money in the base currency."""

    id: int
    number: int
    title: str
    unit: str
    hosting: str
    tags: tuple[str, ...]
    stage: Stage
    on_hold: bool
    stage_since: date | None
    is_prototype: bool
    started_on: date | None
    reached_production: bool
    production_on: date | None
    failed: bool
    entered: dict[str, date | None] = field(default_factory=dict)  # stages of the line that it entered or passed
    entered_unknown: dict[str, str] = field(default_factory=dict)  # why a stage's date is unknown
    start_unknown: str = ""  # why the start has no known date; "" when it has
    end_unknown: str = ""  # the same for production, or for the stop of a failed one
    planned_production_on: date | None = None
    guidance: Guidance | None = None
    rests_on_later_rows: bool = False
    has_target: bool = False  # a target outcome is agreed and in force at the date
    had_target: bool = False  # the same a year before
    planned_cost: Decimal = ZERO  # the budget phased to the date
    gross: Decimal = ZERO
    recovered: Decimal = ZERO
    benefit: Decimal = ZERO
    validated: Decimal = ZERO
    before: Standing | None = None  # where it stood a year before, where that was asked for
    benefit_before: Decimal = ZERO

    @property
    def key(self) -> str:
        """The name that people use."""
        return f"AI-{self.number:04d}"

    @property
    def in_flight(self) -> bool:
        """Tell whether it is a prototype that neither reached production nor failed."""
        return self.is_prototype and not self.reached_production and not self.failed

    def ending(self, as_of: date) -> tuple[int, Ending] | str:
        """Return the days since the start and what then happened, or why that is not known."""
        if self.started_on is None:
            return self.start_unknown
        if self.reached_production:
            end, kind = self.production_on, Ending.PRODUCTION
        elif self.failed:
            end, kind = self.stage_since, Ending.STOPPED
        else:
            end, kind = as_of, Ending.IN_FLIGHT
        return self.end_unknown if end is None else ((end - self.started_on).days, kind)
