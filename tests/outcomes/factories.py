"""Outcomes and readings for tests, through the doors of the room."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from outcomes import agreements, measurements
from outcomes.models import Measurement, Outcome
from projects.models import Initiative, Transition
from tests.factories import InitiativeFactory


def make_outcome(initiative: Initiative | None = None, **fields: Any) -> Outcome:
    """Minutes per claim, from 14 to 7 within 2025; `worth=True` adds 0.85 USD a minute for 9,400 claims a month."""
    initiative = initiative or InitiativeFactory()
    known: dict[str, Any] = {
        "metric": "Minutes per claim",
        "unit": "minutes",
        "direction": "decrease",
        "kind": "level",
        "agreed_on": date(2025, 1, 1),
        "baseline": Decimal(14),
        "baseline_on": date(2025, 1, 1),
        "target": Decimal(7),
        "target_on": date(2025, 12, 31),
    }
    if fields.pop("worth", False):
        known |= {"unit_value": Decimal("0.85"), "unit_value_currency": "USD", "volume_per_month": Decimal(9400)}
    return agreements.agree(initiative.owner, initiative, **known | fields)


def make_flow(initiative: Initiative | None = None, **fields: Any) -> Outcome:
    """Hours saved a month, from 0 to 100, worth 60 USD an hour."""
    known = {
        "metric": "Hours saved",
        "unit": "hours",
        "direction": "increase",
        "kind": "flow",
        "baseline": Decimal(0),
        "target": Decimal(100),
        "unit_value": Decimal(60),
        "unit_value_currency": "USD",
    }
    return make_outcome(initiative, **known | fields)


def read(outcome: Outcome, on: date, value: Any, **details: Any) -> Measurement:
    """Record a reading as the initiative's owner."""
    return measurements.record(outcome.initiative.owner, outcome, period_end=on, value=Decimal(value), **details)


def enter(initiative: Initiative, stage: str, on: date) -> None:
    """Write a transition straight to the table and let the rooms above know."""
    from projects import hooks, periods

    position = initiative.transitions.count() + 1
    Transition.objects.create(
        initiative=initiative, position=position, from_stage=initiative.stage, to_stage=stage, effective_on=on
    )
    initiative.stage = stage
    initiative.save(update_fields=["stage"])
    periods.rebuild([initiative.pk])
    for callback in hooks.after_stage_change:
        callback([initiative.pk])
