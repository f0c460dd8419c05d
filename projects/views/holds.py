"""Putting an initiative on hold, saying when work went on, and putting a pause right."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import refusals
from accounts.errors import RuleError
from projects import access, holds
from projects.forms import HoldForm, ResumeForm
from projects.header import initiative_header
from projects.models import Hold, Initiative
from projects.people import INPUTS


@require_http_methods(["GET", "HEAD", "POST"])
def hold_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Put it on hold, or say when work went on; past pauses are listed below.

    What is sent is read as the form that its page showed, and with the pause that was open then (`read`).
    """
    initiative = access.get_editable(request.user, key)
    open_hold = holds.open_hold(initiative)
    form = _form(request, open_hold)
    is_valid, is_stale = form.is_valid(), False
    if form.is_bound:
        is_stale = form.cleaned_data.get("read") != (open_hold.pk if open_hold else None)
        # That an earlier pause ended on this day says nothing of the one that is still open.
        may_be_there = isinstance(form, HoldForm) or is_stale or open_hold is None
        if is_valid and may_be_there and _is_there(initiative, form):
            return _done(request, initiative, form)
        if is_valid and not is_stale and _kept(request, initiative, form):
            return _done(request, initiative, form)
    context = initiative_header(initiative, request.user, "")
    context |= {"form": form, "open_hold": open_hold, "resumes": isinstance(form, ResumeForm), "is_stale": is_stale}
    context |= {"read": open_hold.pk if open_hold else "", "holds": initiative.holds.order_by("-started_on")}
    return render(request, "projects/hold_form.html", context, status=_status(form, is_stale))


@require_http_methods(["GET", "HEAD", "POST"])
def hold_correct(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Say when a pause really was, and why."""
    initiative = access.get_editable(request.user, key)
    hold = initiative.holds.filter(pk=pk).first()
    if request.method != "POST" and hold is None:
        raise Http404
    known = {name: getattr(hold, name) for name in holds.FIELDS} if hold else {}
    form = HoldForm(request.POST or None, initial=known)
    is_stale = False
    if form.is_valid():
        is_same = False
        try:
            if hold is not None or not _is_there(initiative, form):  # sent twice: another one says the same by now
                is_same = holds.correct(initiative, pk, actor=request.user, **_values(form)).pk == pk
        except holds.GoneHoldError:
            is_stale = True
        except RuleError as error:
            refusals.show(form, error, INPUTS)
        else:
            said = _("Nothing has changed.") if is_same else _("The pause is corrected; the history keeps both.")
            messages.success(request, said)
            return redirect(initiative.history_url)
    context = initiative_header(initiative, request.user, "")
    context |= {"form": form, "hold": hold, "is_stale": is_stale, "holds": initiative.holds.order_by("-started_on")}
    return render(request, "projects/hold_correct.html", context, status=_status(form, is_stale))


@require_POST
def hold_take_back(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Take back a pause that never was."""
    initiative = access.get_editable(request.user, key)
    try:
        holds.take_back(initiative, pk, request.user)
    except holds.GoneHoldError as gone:
        messages.warning(request, gone.message)
    else:
        messages.success(request, _("The pause is taken back; the history keeps it."))
    return redirect(initiative.history_url)


def _form(request: HttpRequest, open_hold: Hold | None) -> HoldForm | ResumeForm:
    if request.method == "POST":
        return HoldForm(request.POST) if "started_on" in request.POST else ResumeForm(request.POST)
    today = timezone.localdate()
    return ResumeForm(initial={"ended_on": today}) if open_hold else HoldForm(initial={"started_on": today})


def _values(form: HoldForm | ResumeForm) -> dict[str, Any]:
    return {name: value for name, value in form.cleaned_data.items() if name != "read"}


def _is_there(initiative: Initiative, form: HoldForm | ResumeForm) -> bool:
    """Tell whether a pause stands, or has ended, exactly as it was sent: it was sent twice."""
    return initiative.holds.filter(**_values(form)).exists()


def _kept(request: HttpRequest, initiative: Initiative, form: HoldForm | ResumeForm) -> bool:
    try:
        if isinstance(form, ResumeForm):
            holds.end(initiative, actor=request.user, hold_id=form.cleaned_data["read"], **_values(form))
        else:
            holds.start(initiative, actor=request.user, **_values(form))
    except RuleError as error:
        refusals.show(form, error, INPUTS)
        return False
    return True


def _done(request: HttpRequest, initiative: Initiative, form: HoldForm | ResumeForm) -> HttpResponse:
    messages.success(request, _("Work goes on.") if isinstance(form, ResumeForm) else _("The pause is recorded."))
    return redirect(initiative.url)


def _status(form: HoldForm | ResumeForm, is_stale: bool) -> int:
    if is_stale:
        return 409
    return 422 if form.errors else 200
