"""Pages that ask one question at a time of a draft: whatever button is pressed, what was typed is kept first."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.errors import RuleError
from projects.intake import drafts
from projects.intake.own_steps import LAST
from projects.intake.registry import IntakeStep
from projects.models import IntakeDraft

Problems = list[tuple[IntakeStep, str]]


class StepPages(ABC):
    """The pages of one draft for one request; what it means to send it is said below."""

    template: str
    side_template: str

    def __init__(self, request: HttpRequest, draft: IntakeDraft) -> None:
        self.request = request
        self.draft = draft
        self.steps = drafts.steps_of(draft)

    @abstractmethod
    def address(self, step: IntakeStep) -> str:
        """Return where a step is asked; "" while the draft has no address."""

    @abstractmethod
    def side(self) -> dict[str, Any]:
        """Return what the column at the side shows."""

    @abstractmethod
    def last(self) -> dict[str, Any]:
        """Return what the last step shows; its `problems` stand against sending."""

    @abstractmethod
    def send(self, here: IntakeStep) -> HttpResponse:
        """Do what the draft says, and answer."""

    def answer(self, here: IntakeStep) -> HttpResponse:
        """Answer a button; "Continue" stays where something is wrong or not yet warned of."""
        posted = self.request.POST
        go = posted.get("go", "")
        try:
            held = drafts.save(self.draft, here, posted)
        except drafts.TooMuchError as error:
            return self.refused(here, error)
        if go == "save":
            return self._saved(here, drafts.marks_of(held))
        if any(name.startswith(drafts.USE) for name in posted):
            return redirect(self.address(here))
        if here.slug == LAST and go == "next":
            return self.send(here)
        if go == "next" and not self._may_go_on(here):
            return self.page(here)
        return redirect(self.address(self._target(here, go)))

    def refused(self, here: IntakeStep, error: RuleError) -> HttpResponse:
        """Show a step with what was typed and is not kept; a save by itself is only not called saved."""
        if self.request.htmx:
            return HttpResponse(error.message, status=413, content_type="text/plain; charset=utf-8")
        form = drafts.form_with(self.draft, here, self.request.POST)
        form.add_error(None, error.message)
        return self.page(here, status=422, form=form, stood=self.request.POST.get("stood", ""))

    def page(self, here: IntakeStep, status: int = 200, **more: Any) -> HttpResponse:
        """Show a step."""
        form, at = drafts.form_of(self.draft, here), self.steps.index(here)
        context: dict[str, Any] = {
            "draft": self.draft,
            "step": here,
            "steps": [(each, index < at) for index, each in enumerate(self.steps)],
            "address": self.address(here),
            "is_first": at == 0,
            "is_last": here.slug == LAST,
            "form": form,
            "warned": ",".join(getattr(form, "warnings", {})),
            "stood": drafts.stood_in(self.draft, here),
            "side_template": self.side_template,
        }
        if here.slug == LAST:
            context |= self.last()
        context |= self.side() | more
        if status == 200 and self.request.method == "POST" and (form.errors or more.get("problems")):
            status = 422
        return render(self.request, self.template, context, status=status)

    def _may_go_on(self, here: IntakeStep) -> bool:
        """A step is left when it is right, and its soft warnings have been seen once."""
        form = drafts.form_of(self.draft, here)
        seen = set(self.request.POST.get("warned", "").split(","))
        return form.is_valid() and set(getattr(form, "warnings", {})) <= seen

    def _target(self, here: IntakeStep, go: str) -> IntakeStep:
        at = self.steps.index(here)
        if go == "back":
            return self.steps[max(at - 1, 0)]
        named = [each for each in self.steps if each.slug == go]
        return named[0] if named else self.steps[min(at + 1, len(self.steps) - 1)]

    def _saved(self, here: IntakeStep, stood: str) -> HttpResponse:
        """Answer an autosave: the column at the side, and when it was saved."""
        if not self.request.htmx:
            return redirect(self.address(here))
        return render(
            self.request, self.side_template, self.side() | {"draft": self.draft, "stood": stood, "swap_saved": True}
        )
