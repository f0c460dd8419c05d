"""The insurer's initiatives as told in the TOML files beside this one, with their dates worked out from today."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

MONTH = 365.25 / 12
LINE = ("proposed", "approved", "prototype", "pilot", "production")
ENDS = ("declined", "stopped", "retired")
LANGUAGES = ("en", "ja")


@dataclass(frozen=True)
class Goal:
    """A target outcome and how far its readings come (`reach`: share of the way from baseline to target)."""

    metric: str
    unit: str
    kind: str
    benefit_type: str
    baseline: float | None = None
    target: float | None = None
    bounds: tuple[float, float] | None = None
    around: float = 0
    reach: float = 0
    value: float | None = None
    volume: float | None = None
    share: float = 1
    silent: bool = False
    overdue: bool = False


@dataclass(frozen=True)
class Story:
    """One initiative: its words, its dates and the size of its money (base currency a month, USD scale)."""

    number: int
    unit: str
    title: str
    problem: str
    desired_outcome: str
    why_ai: str
    alternative: str
    hosting: str
    risk: str
    tags: list[str]
    guidance: str
    stages: dict[str, date]
    planned_on: date | None
    stop_reason: str
    monthly: dict[str, float]
    hardware: float = 0
    recoverable: float = 0
    overspend: float = 1
    price_shock: float = 1
    hold: tuple[date, date, str] | None = None
    goals: list[Goal] = field(default_factory=list)

    registered: list[str] = field(default_factory=list)  # categories that follow from registers, not from bills

    @property
    def started_on(self) -> date | None:
        """The day on which it became a prototype."""
        return self.stages.get("prototype")

    @property
    def ended_on(self) -> date | None:
        """The day on which it was declined, stopped or retired."""
        return next((self.stages[end] for end in ENDS if end in self.stages), None)


def stories(language: str, today: date) -> list[Story]:
    """Read every story in one language ("en" or "ja")."""
    told = []
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        told += tomllib.loads(path.read_text(encoding="utf-8"))["initiative"]
    return [_story(number, raw, LANGUAGES.index(language), today) for number, raw in enumerate(told, 1)]


def months_ago(months: float, today: date) -> date:
    """Return the day that lies so many months before today (a negative number: after)."""
    return today - timedelta(days=round(months * MONTH))


def _story(number: int, raw: dict[str, Any], lang: int, today: date) -> Story:
    said = {name: raw[name][lang] if name in raw else "" for name in ("why_ai", "alternative", "stop_reason")}
    hold = raw.get("hold")
    return Story(
        number=number,
        unit=raw["unit"],
        title=raw["title"][lang],
        problem=raw["problem"][lang],
        desired_outcome=raw["desired"][lang],
        hosting=raw["hosting"],
        risk=raw["risk"],
        tags=raw["tags"],
        guidance=raw["guidance"],
        stages={
            stage: min(months_ago(at, today) + _some_days(number, place), today)
            for place, (stage, at) in enumerate(raw["at"].items())
        },
        planned_on=months_ago(raw["plan"], today) if "plan" in raw else None,
        monthly=raw["monthly"],
        hardware=raw.get("hardware", 0),
        recoverable=raw.get("recoverable", 0),
        overspend=raw.get("overspend", 1),
        price_shock=raw.get("price_shock", 1),
        registered=raw.get("registered", []),
        hold=(
            months_ago(hold["from"], today),
            months_ago(hold["to"], today),
            hold["reason"][lang],
        )
        if hold
        else None,
        goals=[_goal(goal, lang) for goal in raw.get("outcomes", [])],
        **said,
    )


def _some_days(number: int, place: int) -> timedelta:
    """Move a date by up to six days, so that steps do not all fall on the same day of the month."""
    return timedelta(days=(number * 31 + place * 17) % 13 - 6)


def _goal(raw: dict[str, Any], lang: int) -> Goal:
    plain = {name: raw[name] for name in Goal.__dataclass_fields__ if name in raw and name not in ("metric", "unit")}
    if "maintain" in raw:
        plain["bounds"] = tuple(raw["maintain"])
    return Goal(
        metric=raw["metric"][lang],
        unit=raw["unit"][lang],
        benefit_type=raw["type"],
        **plain,
    )
