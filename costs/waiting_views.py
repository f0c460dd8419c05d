"""What pages of costs tell of runs that wait, asked for again and again until they are over."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.permissions import require
from costs.templatetags.waiting import note


def waiting_runs(request: HttpRequest) -> HttpResponse:
    """Answer the note anew when other runs wait than those that it tells of; else leave it as it is."""
    require(request.user, "portfolio.see")
    before = request.GET.get("runs", "")
    told = note(request.user, before)  # type: ignore[arg-type]
    if told["queued"] == before:
        return HttpResponse(status=204)
    told["is_done"] |= "done" in request.GET  # one that was over when it last asked
    return render(request, "costs/_waiting.html", {**told, "asked": True})
