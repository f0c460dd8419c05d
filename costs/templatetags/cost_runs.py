"""What pages of costs tell of runs that wait for a worker."""

from __future__ import annotations

from typing import Any

from django import template

from accounts.models import User
from accounts.permissions import can
from accounts.sent_fields import ids_in
from costs.models import AllocationRun

register = template.Library()


@register.inclusion_tag("costs/_waiting.html", takes_context=True)
def waiting_runs(context: template.Context) -> dict[str, Any]:
    """Show the note about runs: which wait for a worker, and which have failed."""
    request = context["request"]
    return {**note(request.user), "csrf_token": context.get("csrf_token"), "page": request.get_full_path()}


def note(user: User, before: str = "") -> dict[str, Any]:
    """Return what the note tells: who may not reconcile learns no more than that figures are from before.

    `before`: what it has told to wait, as it stands in its address.
    """
    runs = list(AllocationRun.objects.to_tell())
    queued = ",".join(str(run.pk) for run in runs if run.finished_at is None)
    over = set(ids_in(before.split(","))) - {run.pk for run in runs}
    is_told = can(user, "reconcile")
    return {
        "runs": runs if is_told else [],
        "is_neutral": bool(queued) and not is_told,
        "queued": queued,
        # Over and not told of may also be one that failed and was asked for again.
        "is_done": bool(over) and AllocationRun.objects.done().filter(pk__in=over).exists(),
    }
