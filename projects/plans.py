"""Plans: the dates that were agreed for each stage. A changed plan adds a row; none is ever overwritten."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone

from accounts.changes import Change
from projects.dates import day_in_range
from projects.fields import PLAN
from projects.models import Initiative, PlanRevision


def agree(initiative: Initiative, agreed_on: date | None, change: Change) -> dict[str, tuple[Any, Any]]:
    """Keep the plan that the initiative now has as agreed on a day (default: today).

    Returns the day as a difference for the audit trail; nothing where this very plan is recorded already.
    """
    day_in_range(agreed_on, "plan_agreed_on")
    plan = {name: getattr(initiative, name) for name in PLAN}
    last = latest(initiative)
    if last is None and not any(plan.values()):
        return {}
    same = last is not None and all(getattr(last, name) == day for name, day in plan.items())
    if same and agreed_on in (None, last.agreed_on):
        return {}
    made = PlanRevision.objects.create(
        initiative=initiative,
        agreed_on=agreed_on or timezone.localdate(),
        recorded_at=change.at,
        recorded_by=change.actor,
        **plan,
    )
    return {"plan_agreed_on": (last.agreed_on if last else None, made.agreed_on)}


def latest(initiative: Initiative) -> PlanRevision | None:
    """Return the plan that was recorded last: the one that the initiative has."""
    return initiative.plan_revisions.order_by("-recorded_at", "-pk").first()
