"""What was measured in the made-up initiatives: values that approach the target as far as the story tells."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from portfolio.demo.stories import Goal, Story


@dataclass(frozen=True)
class Reading:
    """One measured value; `period_start` only for amounts per period."""

    period_start: date | None
    period_end: date
    value: Decimal
    validated: bool


def cadence_days(story: Story, goal: Goal) -> int:
    """Say how often it is measured: amounts monthly, levels weekly where machines count, else every two weeks."""
    if goal.kind == "flow":
        return 31
    return 7 if story.unit in ("service", "it", "motor") else 14


def readings(story: Story, goal: Goal, today: date) -> Iterator[Reading]:
    """Yield the readings of one outcome, from a month after the prototype's start to its end or today."""
    if goal.silent or story.started_on is None:
        return
    last = min(story.ended_on or today, today - timedelta(days=130 if goal.overdue else 1))
    periods = _months if goal.kind == "flow" else _days
    for number, (start, end) in enumerate(periods(story, goal, last)):
        noise = 0.035 * math.sin(number * 2.4 + story.number) + 0.02 * math.sin(number * 5.1)
        yield Reading(
            period_start=start,
            period_end=end,
            value=_value(story, goal, end, noise),
            validated=end < today - timedelta(days=65) and (number * 13 + story.number) % 11 != 0,
        )


def target_date(story: Story) -> date:
    """Return the day by which the target was to be reached."""
    planned = story.planned_on or story.stages.get("production")
    if planned:
        return planned + timedelta(days=150)
    return min(story.stages.values()) + timedelta(days=480)


def _value(story: Story, goal: Goal, day: date, noise: float) -> Decimal:
    if goal.bounds:
        low, high = goal.bounds
        return Decimal(f"{goal.around + noise * (high - low) * 4:.2f}")
    assert story.started_on and goal.baseline is not None and goal.target is not None
    begun = story.stages.get("pilot", story.started_on)
    way = max((target_date(story) - begun).days, 60)
    passed = (day - begun).days / way
    progress = goal.reach * (1 / (1 + math.exp(-7 * (passed - 0.5))))
    span = goal.target - goal.baseline
    value = goal.baseline + span * (progress + noise * 0.6)
    digits = 0 if goal.kind == "flow" and abs(goal.target) >= 100 else 2
    return Decimal(f"{max(value, 0):.{digits}f}")


def _months(story: Story, goal: Goal, last: date) -> Iterator[tuple[date | None, date]]:
    assert story.started_on
    month = (story.started_on.replace(day=1) + timedelta(days=32)).replace(day=1)
    while (end := (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)) <= last:
        yield month, end
        month = end + timedelta(days=1)


def _days(story: Story, goal: Goal, last: date) -> Iterator[tuple[date | None, date]]:
    assert story.started_on
    day = story.started_on + timedelta(days=30)
    while day <= last:
        yield None, day
        day += timedelta(days=cadence_days(story, goal))
