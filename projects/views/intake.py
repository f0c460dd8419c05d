"""The intake: a few short questions, saved on the server as one goes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.once import FIELD, once
from accounts.permissions import can, require
from display import numbers
from projects.intake import drafts, similar, submission
from projects.intake.own_steps import LAST
from projects.intake.registry import IntakeStep
from projects.models import IntakeDraft
from projects.views.steps import StepPages


class IntakePages(StepPages):
    """The pages that ask for a new initiative."""

    template = "projects/intake/step.html"
    side_template = "projects/intake/_side.html"

    def address(self, step: IntakeStep) -> str:
        """Return where a step is asked. The first page has no draft yet: its first save leads to it."""
        return reverse("projects:intake-step", args=[self.draft.pk, step.slug]) if self.draft.pk else ""

    def side(self) -> dict[str, Any]:
        """Return "Ready for a decision?" and what looks alike."""
        why = drafts.flat(self.draft, self.steps[0])
        alike = similar.look_alikes(self.draft.user, str(why.get("title", "")), str(why.get("problem", "")))
        return {"checks": drafts.checks(self.draft), "alike": alike}

    def last(self) -> dict[str, Any]:
        """Return what was said in each step, question by question, and what stands against sending it."""
        told = [(step, _said(drafts.form_of(self.draft, step))) for step in self.steps[:-1]]
        return {"told": told, "problems": submission.problems(self.draft)}

    def send(self, here: IntakeStep) -> HttpResponse:
        """Make the initiative."""
        try:
            initiative = submission.send(self.draft)
        except submission.NotReady as not_ready:
            return self.page(here, problems=not_ready.problems)
        words = _("{key} is proposed.") if initiative.stage == "proposed" else _("{key} is kept as a draft.")
        messages.success(self.request, words.format(key=initiative.key))
        return redirect(initiative.url)


@require_http_methods(["GET", "HEAD", "POST"])
@once
def intake_new(request: HttpRequest) -> HttpResponse:
    """Ask the first question at once, and offer the drafts that one has. The first save makes a draft of it."""
    require(request.user, "initiative.create")
    if request.method == "POST":
        draft = drafts.start(request.user, request.POST.get(FIELD, ""), is_autosave=bool(request.htmx))
        pages = IntakePages(request, draft)
        answer = pages.answer(pages.steps[0])
        # From here on the page belongs to the draft: its next save, and a reload, go there; so does what is sent twice.
        answer["HX-Replace-Url" if request.htmx else "Content-Location"] = pages.address(pages.steps[0])
        return answer
    own = drafts.reachable(request.user)
    pages = IntakePages(request, IntakeDraft(user=request.user))
    return pages.page(pages.steps[0], begun=[_begun(draft, request.user) for draft in own])


@require_safe
def intake_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on where one was."""
    draft = drafts.of_user(request.user, pk)
    asked = [step.slug for step in drafts.steps_of(draft)]
    return redirect("projects:intake-step", draft.pk, draft.step if draft.step in asked else asked[0])


@require_http_methods(["GET", "HEAD", "POST"])
def intake_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once, then throw the draft away."""
    draft = drafts.of_user(request.user, pk)
    if request.method != "POST":
        return render(request, "projects/intake/discard.html", {"draft": draft, "title": drafts.title(draft)})
    draft.delete()
    messages.success(request, _("The draft is gone."))
    return redirect("projects:initiative-list")


@require_http_methods(["GET", "HEAD", "POST"])
def intake_step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Ask one question. Every button saves first."""
    require(request.user, "initiative.create")
    sends = step == LAST and request.POST.get("go") == "next"
    return _sent(request, pk, step) if sends else _asked(request, pk, step)


def _asked(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    try:
        draft = drafts.of_user(request.user, pk)
        pages, here = IntakePages(request, draft), drafts.step_of(draft, step)
        return pages.answer(here) if request.method == "POST" else pages.page(here)
    except Http404:
        if request.htmx or IntakeDraft.objects.filter(pk=pk).exists():
            raise
        return _gone(request, step)


_sent = once(_asked)


def _gone(request: HttpRequest, step: str) -> HttpResponse:
    """Answer a page of a draft that was sent or thrown away since: what was typed there begins another one."""
    draft = IntakeDraft(user=request.user)
    here = drafts.step_of(draft, step)
    if request.method != "POST" or here.slug == LAST:
        messages.warning(request, _("This draft was sent or thrown away meanwhile."))
        return redirect("projects:initiative-list")
    draft = drafts.start(request.user)
    try:
        drafts.save(draft, here, request.POST)
    except drafts.TooMuchError as error:
        return IntakePages(request, draft).refused(here, error)
    messages.warning(
        request, _("This draft was sent or thrown away meanwhile. What you typed there is kept in a new one.")
    )
    return redirect("projects:intake-step", draft.pk, here.slug)


def _begun(draft: IntakeDraft, user: User) -> dict[str, Any]:
    """Return a person's draft as the list of those begun shows it: one of a new initiative, or of a change."""
    if draft.initiative is None:
        named, title, kind = [draft.pk], drafts.title(draft), "intake"
        go_on = reverse("projects:intake-resume", args=named)
    else:
        named, title, kind = [draft.initiative.key], f"{draft.initiative.key} {draft.initiative.title}", "edit"
        may_go_on = can(user, "initiative.edit", draft.initiative)
        go_on = reverse("projects:initiative-edit", args=named) if may_go_on else ""
    discard = reverse(f"projects:{kind}-discard", args=named)
    return {"draft": draft, "title": title, "go_on": go_on, "discard": discard, "is_change": kind == "edit"}


def _said(form: Any) -> list[tuple[Any, str]]:
    """Return the questions of a step that were answered, as its form shows it."""
    form.is_valid()  # read once, so that days and numbers are said as days and numbers
    fields = getattr(form, "fields", {})
    answers = [(form[name].label, _answer(form, name)) for name in fields if form.is_bound and not form[name].is_hidden]
    return [(label, text) for label, text in answers if text]


def _answer(form: Any, name: str) -> str:
    read, value = form.cleaned_data.get(name), form[name].value()
    if isinstance(read, date):
        return numbers.day(read)
    if isinstance(read, Decimal | int) and not isinstance(read, bool):
        return numbers.number(read)
    if isinstance(value, bool) or value in ("on", "True", "False"):
        return _("Yes") if value in (True, "on", "True") else ""
    choices = {
        str(key): str(label) for key, label in getattr(form.fields[name], "choices", ()) if not isinstance(label, list)
    }
    return choices.get(str(value), str(value or ""))
