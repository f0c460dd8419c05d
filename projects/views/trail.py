"""The audit trail of everything: a page and a file, for administrators."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import require
from display.file_answers import csv_answer
from projects import trail
from projects.trail import TrailFilters


@require_safe
def trail_list(request: HttpRequest) -> HttpResponse:
    """Show who changed what, the latest first."""
    reader = require(request.user, "audit.see")
    filters = TrailFilters(request.GET)
    part = trail.part(filters.entries(), request.GET.get("after", ""), reader)
    return render(request, "projects/trail.html", {"filters": filters, "part": part})


@require_safe
def trail_export(request: HttpRequest) -> StreamingHttpResponse:
    """Give the same entries as a file, all parts of them."""
    require(request.user, "audit.see")
    return csv_answer(trail.as_csv(TrailFilters(request.GET).entries()), f"audit-trail-{timezone.localdate()}.csv")
