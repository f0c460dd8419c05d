"""The intake: a few short questions, saved on the server as one goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import require
from display import numbers
from projects.intake import drafts, sending, similar
from projects.intake.own_steps import LAST
from projects.intake.registry import IntakeStep, steps
from projects.models import IntakeDraft


@require_http_methods(["GET", "HEAD", "POST"])
def intake_new(request: HttpRequest) -> HttpResponse:
    """Ask the first question at once, and offer the drafts that one has. The first save makes a draft of it."""
    require(request.user, "initiative.create")
    if request.method == "POST":
        draft = drafts.start(request.user)
        answer = _answer_step(request, draft, steps[0])
        # From here on the page belongs to the draft: its next save, and a reload, go there.
        answer["HX-Replace-Url"] = reverse("projects:intake-step", args=[draft.pk, steps[0].slug])
        return answer
    own = request.user.intake_drafts.order_by("-saved_at")
    begun = [{"draft": draft, "title": drafts.title(draft)} for draft in own]
    return _page(request, IntakeDraft(user=request.user, step=steps[0].slug), steps[0], begun=begun)


@require_safe
def intake_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on where one was."""
    draft = drafts.of_user(request.user, pk)
    return redirect("projects:intake-step", draft.pk, draft.step or steps[0].slug)


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
    """Ask one question. Every button saves first; "Continue" stays where something is wrong or not yet warned of."""
    require(request.user, "initiative.create")
    draft, here = drafts.of_user(request.user, pk), drafts.step_of(step)
    return _answer_step(request, draft, here) if request.method == "POST" else _page(request, draft, here)


def _answer_step(request: HttpRequest, draft: IntakeDraft, here: IntakeStep) -> HttpResponse:
    drafts.save(draft, here, request.POST)
    if request.POST.get("go") == "save":
        return _saved(request, draft, here)
    if any(name.startswith(drafts.USE) for name in request.POST):
        return redirect("projects:intake-step", draft.pk, here.slug)
    if here.slug == LAST and request.POST.get("go") == "next":
        return _send(request, draft, here)
    if request.POST.get("go") == "next" and not _may_go_on(request, draft, here):
        return _page(request, draft, here)
    target = _target(here, request.POST.get("go", ""))
    return redirect("projects:intake-step", draft.pk, target.slug)


def _may_go_on(request: HttpRequest, draft: IntakeDraft, here: IntakeStep) -> bool:
    """A step is left when it is right, and its soft warnings have been seen once."""
    form = drafts.form_of(draft, here)
    seen = set(request.POST.get("warned", "").split(","))
    return form.is_valid() and set(getattr(form, "warnings", {})) <= seen


def _target(here: IntakeStep, go: str) -> IntakeStep:
    at = steps.index(here)
    if go == "back":
        return steps[max(at - 1, 0)]
    named = [each for each in steps if each.slug == go]
    return named[0] if named else steps[min(at + 1, len(steps) - 1)]


def _send(request: HttpRequest, draft: IntakeDraft, here: IntakeStep) -> HttpResponse:
    try:
        initiative = sending.send(draft)
    except sending.NotReady as not_ready:
        return _page(request, draft, here, not_ready.problems)
    words = _("{key} is proposed.") if initiative.stage == "proposed" else _("{key} is kept as a draft.")
    messages.success(request, words.format(key=initiative.key))
    return redirect(initiative.url)


def _saved(request: HttpRequest, draft: IntakeDraft, here: IntakeStep) -> HttpResponse:
    """Answer an autosave: the column at the side, and when it was saved."""
    if not request.htmx:
        return redirect("projects:intake-step", draft.pk, here.slug)
    return render(request, "projects/intake/_side.html", _side(draft) | {"draft": draft, "swap_saved": True})


def _page(
    request: HttpRequest,
    draft: IntakeDraft,
    here: IntakeStep,
    problems: list[tuple[IntakeStep, str]] | None = None,
    begun: Sequence[Mapping[str, Any]] = (),
) -> HttpResponse:
    form, at = drafts.form_of(draft, here), steps.index(here)
    context: dict[str, Any] = {
        "draft": draft,
        "step": here,
        "steps": [(each, index < at) for index, each in enumerate(steps)],
        "is_first": at == 0,
        "is_last": here.slug == LAST,
        "form": form,
        "warned": ",".join(getattr(form, "warnings", {})),
        "problems": problems,
        "begun": begun,
    }
    if here.slug == LAST:
        context |= {"told": _told(draft), "problems": sending.problems(draft) if problems is None else problems}
    status = 422 if request.method == "POST" and (form.errors or problems) else 200
    return render(request, "projects/intake/step.html", context | _side(draft), status=status)


def _told(draft: IntakeDraft) -> list[tuple[IntakeStep, list[tuple[Any, str]]]]:
    """Return what was said in each step, question by question, as its form shows it."""
    said = []
    for step in steps[:-1]:
        form = drafts.form_of(draft, step)
        form.is_valid()  # read once, so that days and numbers are said as days and numbers
        fields = getattr(form, "fields", {})
        answers = [
            (form[name].label, _answer(form, name)) for name in fields if form.is_bound and not form[name].is_hidden
        ]
        said.append((step, [(label, text) for label, text in answers if text]))
    return said


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


def _side(draft: IntakeDraft) -> dict[str, Any]:
    why = drafts.flat(draft, steps[0])
    alike = similar.look_alikes(draft.user, str(why.get("title", "")), str(why.get("problem", "")))
    return {"checks": drafts.checks(draft), "alike": alike}
