"""Moving an initiative to another stage."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.errors import RuleError
from accounts.permissions import can
from projects import access, gates, transitions
from projects.forms import TransitionForm
from projects.header import initiative_header
from projects.stages import Stage
from projects.views.problems import show


@require_http_methods(["GET", "HEAD", "POST"])
def transition_new(request: HttpRequest, key: str) -> HttpResponse:
    """Ask where it goes and since when; only the moves that the line and the role allow are offered."""
    initiative = access.get_initiative(request.user, key)
    if request.POST.get("to_stage") == initiative.stage:  # sent twice, or somebody else was quicker
        access.require_move(request.user, initiative, initiative.stage)
        messages.info(request, _("It is already in the stage “{stage}”.").format(stage=Stage(initiative.stage).label))
        return redirect(initiative.url)
    moves = access.allowed_moves(request.user, initiative)
    if not moves:
        raise PermissionDenied("initiative.move")
    may_override = bool(gates.criteria) and can(request.user, "initiative.override", initiative)
    form = TransitionForm(request.POST or None, moves=moves, may_override=may_override)
    if form.is_valid():
        access.require_move(request.user, initiative, form.cleaned_data["to_stage"])
        try:
            made = transitions.move(initiative, actor=request.user, **form.cleaned_data)
        except RuleError as error:
            show(form, error)
        else:
            messages.success(request, _("Now in the stage “{stage}”.").format(stage=Stage(made.to_stage).label))
            return redirect(initiative.url)
    steps = list(initiative.transitions.order_by("position"))
    context = initiative_header(initiative, request.user, "")
    context |= {"form": form, "earliest": transitions.earliest(steps)}
    return render(request, "projects/transition_form.html", context, status=422 if form.errors else 200)
