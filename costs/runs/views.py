"""The note about runs on pages of costs: a page asks for it until none waits any more, and may drop one that failed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.errors import RuleError
from accounts.next_url import next_url
from accounts.permissions import require
from costs.models import AllocationRun
from costs.runs import queue
from costs.templatetags.cost_runs import note


def waiting_runs(request: HttpRequest) -> HttpResponse:
    """Answer the note anew when other runs wait than those that it tells of; else leave it as it is."""
    require(request.user, "portfolio.see")
    before = request.GET.get("runs", "")
    told = note(request.user, before)  # type: ignore[arg-type]
    if told["queued"] == before:
        return HttpResponse(status=204)
    told["is_done"] |= "done" in request.GET  # one that was over when it last asked
    return render(
        request, "costs/_waiting.html", {**told, "asked": True, "page": request.htmx.current_url_abs_path or ""}
    )


@require_POST
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell no more of a run that failed."""
    actor = require(request.user, "reconcile")
    try:
        queue.leave(actor, get_object_or_404(AllocationRun, pk=pk))
    except RuleError as error:
        messages.error(request, error.message)
    return redirect(next_url(request, "costs:ledger"))


@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once more for what a run that failed was to do."""
    actor = require(request.user, "reconcile")
    try:
        queue.again(actor, get_object_or_404(AllocationRun, pk=pk))
    except RuleError as error:  # somebody was quicker
        messages.error(request, error.message)
    return redirect(next_url(request, "costs:ledger"))
