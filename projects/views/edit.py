"""Changing an initiative: the questions of the intake, saved on the server as one goes, then both versions or Save."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from projects import access, edits
from projects.initiatives import StaleEdit
from projects.intake import drafts, submission
from projects.intake.own_steps import LAST
from projects.intake.registry import IntakeStep
from projects.models import IntakeDraft
from projects.views.steps import StepPages


class EditPages(StepPages):
    """The pages that ask what has changed about an initiative."""

    template = "projects/intake/edit.html"
    side_template = "projects/intake/_edit_side.html"

    def address(self, step: IntakeStep) -> str:
        """Return where a step is asked."""
        return reverse("projects:edit-step", args=[self.draft.initiative.key, step.slug])

    def side(self) -> dict[str, Any]:
        """Return what is changed so far, and whether somebody else has changed it meanwhile."""
        is_stale = edits.is_stale(self.draft)
        shown = {"initiative": self.draft.initiative, "changes": edits.changes(self.draft), "is_stale": is_stale}
        return shown | {"sealed": edits.seal(self.draft)}

    def last(self) -> dict[str, Any]:
        """Return what stands against saving, and both versions where somebody else was quicker."""
        found = edits.differences(self.draft) if edits.is_stale(self.draft) else None
        return {"problems": submission.problems(self.draft), "conflicts": found}

    def send(self, here: IntakeStep) -> HttpResponse:
        """Save the change. Where somebody else was quicker, each field is chosen first."""
        posted, initiative = self.request.POST, self.draft.initiative
        if edits.is_stale(self.draft):
            if posted.get("seen") != str(initiative.version):
                return self.page(here, status=409)
            start = len(drafts.PICK)
            picked = {name[start:]: posted[name] for name in posted if name.startswith(drafts.PICK)}
            with transaction.atomic():
                edits.rebase(self.draft, picked)
        try:
            is_changed = edits.save(self.draft)
        except submission.NotReady as not_ready:
            return self.page(here, problems=not_ready.problems)
        except StaleEdit as stale:
            self.draft.initiative = stale.current
            return self.page(here, status=409)
        messages.success(self.request, _("Saved.") if is_changed else _("Nothing has changed."))
        return redirect(initiative.url)


@require_safe
def initiative_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Go on where one was, else ask the first question."""
    initiative = access.get_editable(request.user, key)
    draft = edits.begun(request.user, initiative)
    if draft is not None:
        return redirect("projects:edit-step", initiative.key, draft.step or drafts.steps_of(draft)[0].slug)
    pages = EditPages(request, edits.unbegun(request.user, initiative))
    return pages.page(pages.steps[0])


@require_http_methods(["GET", "HEAD", "POST"])
def edit_step(request: HttpRequest, key: str, step: str) -> HttpResponse:
    """Ask one question. Every button saves first; the first save begins a draft."""
    initiative = access.get_editable(request.user, key)
    draft = edits.begun(request.user, initiative)
    if request.method != "POST":
        pages = EditPages(request, draft or edits.unbegun(request.user, initiative))
        return pages.page(drafts.step_of(pages.draft, step))
    if draft is None and step == LAST and request.POST.get("go") == "next":
        return redirect(initiative.url)  # pressed twice: it is saved already
    draft = edits.begin(request.user, initiative, request.POST.get("read", ""))
    try:
        return EditPages(request, draft).answer(drafts.step_of(draft, step))
    except IntakeDraft.DoesNotExist:  # saved or thrown away in another tab
        return redirect(initiative.url)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_discard(request: HttpRequest, key: str) -> HttpResponse:
    """Ask once, then throw the changes away."""
    initiative = access.get_initiative(request.user, key)  # also where one may no longer change it
    draft = edits.begun(request.user, initiative)
    if draft is None:
        raise Http404
    if request.method != "POST":
        changes = edits.changes(draft)
        return render(request, "projects/intake/discard_edit.html", {"initiative": initiative, "changes": changes})
    draft.delete()
    messages.success(request, _("The draft is gone."))
    return redirect(initiative.url)
