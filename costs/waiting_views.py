"""What pages of costs tell of runs that wait, asked for again and again until they are over."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from accounts.permissions import require
from costs.models import AllocationRun


def waiting_runs(request: HttpRequest) -> HttpResponse:
    """Let the page be loaded anew when other runs wait than those that it tells of; else leave it as it is."""
    require(request.user, "portfolio.see")
    queued = ",".join(str(pk) for pk in AllocationRun.objects.waiting().values_list("pk", flat=True))
    if queued == request.GET.get("runs"):
        return HttpResponse(status=204)
    return HttpResponse(headers={"HX-Refresh": "true"})
