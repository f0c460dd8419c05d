"""Moving an initiative to another stage."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import refusals
from accounts.errors import RuleError
from accounts.permissions import can
from projects import access, gates, transitions
from projects.forms import TransitionForm
from projects.header import initiative_header
from projects.models import Initiative, Transition
from projects.people import INPUTS
from projects.stages import Stage


@require_http_methods(["GET", "HEAD", "POST"])
def transition_new(request: HttpRequest, key: str) -> HttpResponse:
    """Ask where it goes and since when; only the moves that the line and the role allow are offered.

    What is sent goes on from the move that was the last as the page was shown (`read`), or is shown again.
    """
    initiative = access.get_initiative(request.user, key)
    steps = list(initiative.transitions.order_by("position"))
    last = steps[-1] if steps else None
    if last and _is_made(request, last):  # sent twice
        access.require_move(request.user, initiative, last.to_stage)
        messages.info(request, _("It is already in the stage “{stage}”.").format(stage=Stage(last.to_stage).label))
        return redirect(initiative.url)
    is_stale = request.method == "POST" and request.POST.get("read", "") != _id_of(last)
    form = _form(request, initiative, is_stale)
    if form.is_valid():
        access.require_move(request.user, initiative, form.cleaned_data["to_stage"])
        try:
            made = transitions.move(initiative, actor=request.user, after=last.pk if last else 0, **form.cleaned_data)
        except transitions.GoneMoveError:
            return transition_new(request, key)  # somebody was quicker just now: what was read is an earlier one
        except RuleError as error:
            refusals.show(form, error, INPUTS)
        else:
            messages.success(request, _("Now in the stage “{stage}”.").format(stage=Stage(made.to_stage).label))
            return redirect(initiative.url)
    context = initiative_header(initiative, request.user, "")
    context |= {"form": form, "earliest": transitions.earliest(steps), "read": _id_of(last)}
    may_approve = Stage.APPROVED in dict(form.fields["to_stage"].choices)  # type: ignore[attr-defined]
    context |= {"is_stale": is_stale, "last": last, "may_approve": may_approve}
    return render(request, "projects/transition_form.html", context, status=_status(form, is_stale))


def _id_of(last: Transition | None) -> str:
    """Return what a form says of the last move; a draft has made none."""
    return str(last.pk) if last else ""


def _is_made(request: HttpRequest, last: Transition) -> bool:
    """Tell whether the last move is exactly the one that was sent."""
    sent = TransitionForm(request.POST, moves=(Stage(last.to_stage),), may_override=False)
    return sent.is_valid() and all(getattr(last, name) == value for name, value in sent.cleaned_data.items())


def _form(request: HttpRequest, initiative: Initiative, is_stale: bool) -> TransitionForm:
    """Return the form as it was sent; where somebody has moved it meanwhile, what was typed is not judged yet."""
    moves = access.allowed_moves(request.user, initiative)
    if is_stale:
        access.require_move(request.user, initiative, request.POST.get("to_stage", ""))
    elif not moves:
        raise PermissionDenied("initiative.move")
    may_override = bool(gates.criteria) and can(request.user, "initiative.override", initiative)
    sent, typed = (None, request.POST.dict()) if is_stale else (request.POST or None, None)
    return TransitionForm(sent, initial=typed, moves=moves, may_override=may_override)


def _status(form: TransitionForm, is_stale: bool) -> int:
    if is_stale:
        return 409
    return 422 if form.errors else 200
