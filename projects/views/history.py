"""The History tab: every stage with its date, every change with its author."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects import access, history
from projects.header import initiative_header
from projects.history_words import UNKNOWN_REASONS

PER_PAGE = 50


@require_safe
def initiative_history(request: HttpRequest, key: str) -> HttpResponse:
    """Show what happened to an initiative, and who wrote it down when."""
    initiative = access.get_initiative_with_edit(request.user, key)
    page = Paginator(history.goes(initiative), PER_PAGE).get_page(request.GET.get("page"))
    context = initiative_header(initiative, request.user, "history")
    context |= {
        "page_obj": page,
        "told": history.tell_all(initiative, page.object_list, request.user),
        "steps": history.steps(initiative),
        "unknown_reasons": UNKNOWN_REASONS,
        "holds": initiative.holds.order_by("started_on"),
        "may_move_to": access.may_move_to(request.user, initiative),
    }
    return render(request, "projects/history.html", context)
