"""What pages of costs tell of runs that wait for a worker."""

from __future__ import annotations

from typing import Any

from django import template

from costs.models import AllocationRun

register = template.Library()


@register.inclusion_tag("costs/_waiting.html")
def waiting_runs() -> dict[str, Any]:
    """Tell what cost is being brought to, and what of it failed."""
    runs = list(AllocationRun.objects.to_tell())
    return {"runs": runs, "queued": ",".join(str(run.pk) for run in runs if run.finished_at is None)}
