"""Plans: the dates that were agreed for each stage. A changed plan adds a row; none is ever overwritten."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone

from accounts.changes import Change
from projects.dates import not_in_future
from projects.fields import PLAN
from projects.models import Initiative, PlanRevision


def agree(initiative: Initiative, agreed_on: date | None, change: Change) -> dict[str, tuple[Any, Any]]:
    """Keep the plan that the initiative has been given as agreed on a day (default: today).

    One that is older than the plan in force is kept beside it: the initiative has the dates of that one again.
    Returns the day as a difference for the audit trail; nothing where this very plan is recorded already.
    """
    not_in_future(agreed_on, "plan_agreed_on")
    today = timezone.localdate()
    day = agreed_on or today
    plan = {name: getattr(initiative, name) for name in PLAN}
    now = in_force(initiative, today)
    then = now if day == today else in_force(initiative, day)
    if now is not None and day < now.agreed_on:
        for name in PLAN:
            setattr(initiative, name, getattr(now, name))
    if then is None and not any(plan.values()):
        return {}
    same = then is not None and all(getattr(then, name) == planned for name, planned in plan.items())
    if same and agreed_on in (None, then.agreed_on):
        return {}
    made = PlanRevision.objects.create(
        initiative=initiative, agreed_on=day, recorded_at=change.at, recorded_by=change.actor, **plan
    )
    return {"plan_agreed_on": (now.agreed_on if now else None, made.agreed_on)}


def in_force(initiative: Initiative, day: date) -> PlanRevision | None:
    """Return the plan in force on a day: of those agreed by then the last agreed, then the last recorded."""
    return initiative.plan_revisions.filter(agreed_on__lte=day).order_by("-agreed_on", "-recorded_at", "-pk").first()
