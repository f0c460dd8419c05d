"""Moving an initiative to another stage, and putting it on hold."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.errors import RuleError
from accounts.permissions import can, require
from projects import access, gates, holds, transitions
from projects.forms import HoldForm, ResumeForm, TransitionForm
from projects.header import initiative_header
from projects.models import Initiative
from projects.stages import Stage
from projects.views.problems import show


@require_http_methods(["GET", "HEAD", "POST"])
def transition_new(request: HttpRequest, key: str) -> HttpResponse:
    """Ask where it goes and since when; only the moves that the line and the role allow are offered."""
    initiative = access.get_initiative(request.user, key)
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
    context |= {"form": form, "earliest": transitions.earliest(steps), "may_hold": _may_hold(request, initiative)}
    return render(request, "projects/transition_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def hold_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Put it on hold, or say when work went on; past pauses are listed below."""
    initiative = access.get_initiative(request.user, key)
    require(request.user, "initiative.edit", initiative)
    open_hold = holds.open_hold(initiative)
    form_class = ResumeForm if open_hold else HoldForm
    day = "ended_on" if open_hold else "started_on"
    form = form_class(request.POST or None, initial={day: timezone.localdate()})
    if form.is_valid():
        try:
            _keep(initiative, form, bool(open_hold), request)
        except RuleError as error:
            show(form, error)
        else:
            return redirect(initiative.url)
    context = initiative_header(initiative, request.user, "")
    context |= {"form": form, "open_hold": open_hold, "holds": initiative.holds.order_by("-started_on")}
    return render(request, "projects/hold_form.html", context, status=422 if form.errors else 200)


def _keep(initiative: Initiative, form: HoldForm | ResumeForm, resumes: bool, request: HttpRequest) -> None:
    if resumes:
        holds.end(initiative, actor=request.user, **form.cleaned_data)
        messages.success(request, _("Work goes on."))
    else:
        holds.start(initiative, actor=request.user, **form.cleaned_data)
        messages.success(request, _("The pause is recorded."))


def _may_hold(request: HttpRequest, initiative: Initiative) -> bool:
    return can(request.user, "initiative.edit", initiative)
