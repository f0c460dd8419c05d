"""One record of the federal inventory: its stage, its transitions, its plan (rules 4 to 7 of the README)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from projects.bulk import NewTransition
from projects.importers.federal_dates import INVENTORY_ON, Kind, Reading, read
from projects.models import RiskTier
from projects.stages import Stage

DATE_COLUMNS = ("initiated", "development_began", "implemented", "retired")
STAGES = {
    "initiated": Stage.PROPOSED,
    "planned": Stage.PROPOSED,
    "ideation": Stage.PROPOSED,
    "acquisition and/or development": Stage.PROTOTYPE,
    "implementation and assessment": Stage.PILOT,
    "operation and maintenance": Stage.PRODUCTION,
    "in production": Stage.PRODUCTION,
    "in mission": Stage.PRODUCTION,
    "research or administrative action complete": Stage.STOPPED,
}
WAY = {
    Stage.PROPOSED: (Stage.PROPOSED,),
    Stage.PROTOTYPE: (Stage.PROPOSED, Stage.PROTOTYPE),
    Stage.PILOT: (Stage.PROPOSED, Stage.PROTOTYPE, Stage.PILOT),
    Stage.PRODUCTION: (Stage.PROPOSED, Stage.PROTOTYPE, Stage.PRODUCTION),
    Stage.STOPPED: (Stage.PROPOSED, Stage.PROTOTYPE, Stage.STOPPED),
    Stage.RETIRED: (Stage.PROPOSED, Stage.PROTOTYPE, Stage.PRODUCTION, Stage.RETIRED),
}
DATED_BY = {
    Stage.PROPOSED: "initiated",
    Stage.PROTOTYPE: "development_began",
    Stage.PRODUCTION: "implemented",
    Stage.STOPPED: "retired",
    Stage.RETIRED: "retired",
}
UNKNOWN_REASON = {
    Kind.ABSENT: "absent",
    Kind.UNREADABLE: "unreadable",
    Kind.YEAR_ONLY: "year-only",
    Kind.PLAN: "planned",
}
HIGH_RISK = {"rights-impacting", "safety-impacting", "both"}


@dataclass
class Record:
    """What a row says about an initiative's way."""

    stage: Stage
    # Why the stage could not be read: "" when it could, else what stood there (None: nothing).
    strange_stage: str | None
    dates: dict[str, Reading]
    transitions: list[NewTransition] = field(default_factory=list)

    def planned(self, column: str) -> date | None:
        """Return the day of a plan, where the date in this column is one."""
        reading = self.dates[column]
        return reading.on if reading.kind is Kind.PLAN else None

    @property
    def unused(self) -> list[str]:
        """Return the date columns that say something about a stage that the record has not reached."""
        used = {DATED_BY.get(transition.to_stage) for transition in self.transitions}
        silent = (Kind.ABSENT, Kind.PLAN)
        return [name for name in DATE_COLUMNS if name not in used and self.dates[name].kind not in silent]


def collapsed(text: str) -> str:
    """Return a text without white space around it and with single spaces inside."""
    return " ".join(text.split())


def read_record(stage_text: str, dates: dict[str, str]) -> Record:
    """Read stage and dates of a row; `dates` has the four date cells by column."""
    readings = {column: read(dates[column]) for column in DATE_COLUMNS}
    stage, strange = _stage(collapsed(stage_text), readings["implemented"])
    record = Record(stage, strange, readings)
    record.transitions = _transitions(stage, readings, dates)
    return record


def risk_tier(text: str) -> RiskTier:
    """Return the risk tier of a rights and safety statement."""
    plain = collapsed(text).casefold()
    if plain in HIGH_RISK:
        return RiskTier.HIGH
    return RiskTier.LIMITED if plain == "neither" else RiskTier.UNKNOWN


def _stage(text: str, implemented: Reading) -> tuple[Stage, str | None]:
    plain = text.casefold()
    if plain == "retired":
        return (Stage.RETIRED if implemented.kind is Kind.KNOWN else Stage.STOPPED), ""
    if plain in STAGES:
        return STAGES[plain], ""
    return Stage.PROPOSED, text or None


def _transitions(stage: Stage, readings: dict[str, Reading], texts: dict[str, str]) -> list[NewTransition]:
    made: list[NewTransition] = []
    latest: date | None = None
    before = Stage.DRAFT
    for to_stage in WAY[stage]:
        column = DATED_BY.get(to_stage)  # the inventory has no date for the pilot
        reading = readings[column] if column else Reading(Kind.ABSENT)
        step = NewTransition(before, to_stage, source_text=texts[column] if column else "")
        if reading.kind is not Kind.KNOWN:
            step.unknown_reason = UNKNOWN_REASON[reading.kind]
        elif latest is not None and reading.on is not None and reading.on < latest:
            step.unknown_reason = "out of order"
        else:
            step.effective_on = latest = reading.on
        step.known_by = INVENTORY_ON if step.unknown_reason else None
        made.append(step)
        before = to_stage
    return made
