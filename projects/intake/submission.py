"""Sending an intake: every step's part is made in one transaction, or nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.changes import changing
from accounts.errors import RuleError
from display import sentences
from projects import initiatives, transitions
from projects.intake import drafts
from projects.intake.own_steps import LAST
from projects.intake.registry import IntakeStep
from projects.models import Initiative, IntakeDraft
from projects.people import INPUTS
from projects.resolve import with_units_and_people
from projects.stages import Stage


class NotReady(Exception):  # noqa: N818 - says what is the matter, not that something broke
    """Some steps need another look: (step, what is wrong) pairs."""

    def __init__(self, problems: list[tuple[IntakeStep, str]]) -> None:
        super().__init__(str(problems))
        self.problems = problems


def send(draft: IntakeDraft) -> Initiative:
    """Make the initiative and everything that its steps say, propose it where the person wants, drop the draft."""
    forms, steps = valid_forms(draft), drafts.steps_of(draft)
    propose = forms.pop(LAST, {}).get("propose", False)
    with changing(draft.user):
        # Pressed twice, it is sent once: the second waits here and then finds no draft.
        get_object_or_404(IntakeDraft.objects.select_for_update(), pk=draft.pk)
        initiative = _guarded(steps, steps[0], lambda: _initiative(draft, forms))
        for step in steps:
            if step.slug in forms:
                cleaned = forms[step.slug]
                _guarded(steps, step, lambda step=step, cleaned=cleaned: step.create(initiative, cleaned, draft.user))
        if propose:
            transitions.move(initiative, Stage.PROPOSED, timezone.localdate(), draft.user)
        draft.delete()
    return initiative


def problems(draft: IntakeDraft) -> list[tuple[IntakeStep, str]]:
    """Return what stands against sending: (step, what is wrong) pairs. Of a new one the first step is needed."""
    found, steps = [], drafts.steps_of(draft)
    for step in steps:
        form = drafts.form_of(draft, step)
        if not form.is_bound and step is steps[0] and draft.initiative_id is None:
            form = step.form_class({})
        if form.is_bound and not form.is_valid():
            found.append((step, _said(form)))
    return found


def valid_forms(draft: IntakeDraft) -> dict[str, dict[str, Any]]:
    """Return what was said, by step, of those that were answered; NotReady where something is wrong."""
    found = problems(draft)
    if found:
        raise NotReady(found)
    forms = {step.slug: drafts.form_of(draft, step) for step in drafts.steps_of(draft)}
    return {slug: form.cleaned_data for slug, form in forms.items() if form.is_bound and form.is_valid()}


def _initiative(draft: IntakeDraft, forms: dict[str, dict[str, Any]]) -> Initiative:
    fields: dict[str, Any] = {}
    for step in drafts.steps_of(draft):
        if step.about_initiative and step.slug in forms:
            fields |= forms[step.slug]
    return initiatives.create(draft.user, **with_units_and_people(fields, draft.user))


def _guarded(steps: Sequence[IntakeStep], step: IntakeStep, make: Any) -> Any:
    try:
        return make()
    except RuleError as error:
        raise NotReady(by_step(error, steps, step)) from error


def by_step(error: RuleError, steps: Sequence[IntakeStep], otherwise: IntakeStep) -> list[tuple[IntakeStep, str]]:
    """Return what is wrong beside the step that asks for it; for what none asks for, beside `otherwise`."""
    asks = {name: step for step in steps for name in getattr(step.form_class, "base_fields", ())}
    errors = error.errors or [(error.field, error.message)]
    return [(asks.get(INPUTS.get(field, field), otherwise), said) for field, said in errors]


def _said(form: Any) -> str:
    if not hasattr(form, "fields"):
        return _("Something is missing here.")
    labels = {name: str(field.label or "") for name, field in form.fields.items()}
    said = [(labels.get(name, ""), " ".join(texts)) for name, texts in form.errors.items()]
    return sentences.joined(*(f"{label}{sentences.colon(label)}{text}" if label else text for label, text in said))
