"""Putting a stage move right: its date, or that it was made at all."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import refusals
from accounts.errors import RuleError
from projects import access, history, transitions
from projects.forms import RedateForm
from projects.header import initiative_header
from projects.models import Initiative, Transition
from projects.people import INPUTS
from projects.stages import Stage


@require_http_methods(["GET", "HEAD", "POST"])
def transition_correct(request: HttpRequest, key: str, position: int) -> HttpResponse:
    """Ask when a move really happened; the page of the last one also offers to take it back."""
    initiative, steps, step = _step(request, key, position)
    if step is None:
        return _gone(request, initiative)
    form = RedateForm(request.POST or None, initial={"effective_on": step.effective_on})
    is_stale = False
    if form.is_valid():
        is_as_read, is_there = _is_as_read(request, step), form.days() == (step.effective_on, step.known_by)
        is_stale = not is_as_read and not is_there
        if not is_stale and _redated(initiative, step, form, request):
            is_same = is_as_read and is_there  # another id with this day: it was sent twice
            said = _("Nothing has changed.") if is_same else _("The date is corrected; the history keeps both.")
            messages.success(request, said)
            return redirect(initiative.history_url)
    first, last = transitions.bounds(steps, step)
    context = initiative_header(initiative, request.user, "")
    context |= {"form": form, "step": step, "first": first, "last": last, "is_stale": is_stale}
    context["is_latest"] = last == timezone.localdate()  # no later move keeps it from being today
    context["back_to"] = Stage(transitions.before_last(steps)).label if step is steps[-1] else ""
    status = 409 if is_stale else 422 if form.errors else 200
    return render(request, "projects/transition_correct.html", context, status=status)


@require_POST
def transition_take_back(request: HttpRequest, key: str, position: int) -> HttpResponse:
    """Take back the last move, if it is the one that the page showed."""
    initiative, _steps, step = _step(request, key, position)
    if step is None:
        return _gone(request, initiative)
    try:
        if not _is_as_read(request, step):
            raise transitions.GoneMoveError
        transitions.take_back(initiative, step.pk, request.user)
    except RuleError as error:
        messages.warning(request, error.message)
    else:
        stage = Stage(initiative.stage).label
        messages.success(request, _("The move is taken back: it is “{stage}” again.").format(stage=stage))
    return redirect(initiative.history_url)


def _step(request: HttpRequest, key: str, position: int) -> tuple[Initiative, list[Transition], Transition | None]:
    initiative = access.get_editable(request.user, key)
    steps = history.steps(initiative)
    step = next((each for each in steps if each.position == position), None)
    if step is not None:
        access.require_move(request.user, initiative, step.to_stage)
    return initiative, steps, step


def _is_as_read(request: HttpRequest, step: Transition) -> bool:
    """Tell whether this is the move that the page showed: a corrected one, or another at its place, has another id."""
    return request.POST.get("read") == str(step.pk)


def _redated(initiative: Initiative, step: Transition, form: RedateForm, request: HttpRequest) -> bool:
    effective_on, known_by = form.days()
    try:
        transitions.redate(initiative, step.pk, effective_on, request.user, known_by=known_by)
    except RuleError as error:
        error.errors = [("effective_on" if name == "known_by" else name, said) for name, said in error.errors]
        refusals.show(form, error, INPUTS)
        return False
    return True


def _gone(request: HttpRequest, initiative: Initiative) -> HttpResponse:
    """Answer for a move that is no longer there: taken back meanwhile, or just now by a first press."""
    if request.method != "POST":
        raise Http404
    messages.info(request, _("This move is taken back already."))
    return redirect(initiative.history_url)
