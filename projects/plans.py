"""Plans: the dates that were agreed for each stage. A changed plan adds a row; none is ever overwritten."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone

from accounts.changes import Change
from projects.dates import not_in_future
from projects.fields import PLAN
from projects.models import Initiative, PlanRevision


def agree(initiative: Initiative, agreed_on: date | None, change: Change) -> dict[str, tuple[Any, Any]] | None:
    """Keep the plan that the initiative has been given as agreed on a day (default: today).

    One that is older than the plan in force is kept beside it: the initiative has the dates of that one again, and the
    audit trail has the older one by itself.
    Returns what differs in the initiative besides its dates; None where this very plan is recorded already.
    """
    not_in_future(agreed_on, "plan_agreed_on")
    today = timezone.localdate()
    day = agreed_on or today
    plan = {name: getattr(initiative, name) for name in PLAN}
    now = in_force(initiative, today)
    then = now if day == today else in_force(initiative, day)
    is_late = now is not None and day < now.agreed_on
    if is_late:
        for name in PLAN:
            setattr(initiative, name, getattr(now, name))
    if then is None and not any(plan.values()):
        return None
    same = then is not None and all(getattr(then, name) == planned for name, planned in plan.items())
    if same and agreed_on in (None, then.agreed_on):
        return None
    made = PlanRevision.objects.create(
        initiative=initiative, agreed_on=day, recorded_at=change.at, recorded_by=change.actor, **plan
    )
    if is_late:
        given = {name: (None, planned) for name, planned in plan.items() if planned}
        change.record(made, "create", {"agreed_on": (None, day), **given}, initiative.pk)
        return {}
    return {"plan_agreed_on": (now.agreed_on if now else None, day)}


def in_force(initiative: Initiative, day: date) -> PlanRevision | None:
    """Return the plan in force on a day: of those agreed by then the last agreed, then the last recorded."""
    return initiative.plan_revisions.by(day).first()
