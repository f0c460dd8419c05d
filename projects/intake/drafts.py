"""Drafts of initiatives and of changes: what was typed, step by step, exactly as it was typed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from accounts.errors import RuleError
from accounts.models import User
from accounts.once import FIELD
from accounts.permissions import can
from accounts.sent_fields import CSRF_FIELD
from projects.conflicts import as_text
from projects.intake import registry
from projects.intake.edit_steps import EDIT_STEPS
from projects.intake.registry import Check, IntakeStep
from projects.models import Initiative, IntakeDraft


class TooMuchError(RuleError):
    """What was typed is more than a draft keeps, far beyond what any field takes."""

    def __init__(self) -> None:
        super().__init__(_("This is too much to be kept. Nothing that you have typed since the last time is saved."))


# What the page itself sends beside the fields.
_NOT_FIELDS = {CSRF_FIELD, FIELD, "go", "warned", "read", "seen", "stood"}
USE, PICK = "use-", "pick-"
_TOKEN = re.compile(r"[\w-]{1,64}", re.ASCII)
MOST_FIELDS, LONGEST_VALUE = 500, 50_000


def steps_of(draft: IntakeDraft) -> Sequence[IntakeStep]:
    """Return the steps that a draft goes through: no question about what its person may not give."""
    if draft.initiative_id is not None:
        return EDIT_STEPS
    return [step for step in registry.steps if not step.permission or can(draft.user, step.permission)]


def start(user: User, token: str = "", *, is_autosave: bool = False) -> IntakeDraft:
    """Begin a draft, or go on with the one that an autosave of the same page has begun: its answer may be lost."""
    own, first = IntakeDraft.objects.filter(user=user), registry.steps[0].slug
    if not _TOKEN.fullmatch(token):
        return own.create(user=user, step=first)
    if is_autosave:
        return own.get_or_create(user=user, begun_with=token, defaults={"step": first})[0]
    return own.filter(begun_with=token).first() or own.create(user=user, step=first)


def of_user(user: User, pk: int) -> IntakeDraft:
    """Return a person's own draft of a new initiative; 404 for everybody else's."""
    draft = IntakeDraft.objects.filter(user=user, pk=pk, initiative=None).first()
    if draft is None:
        raise Http404
    return draft


def reachable(user: User) -> QuerySet[IntakeDraft]:
    """Return a person's drafts, the latest first; changes only of initiatives that they still see."""
    own = IntakeDraft.objects.filter(user=user).select_related("initiative", "user").order_by("-saved_at")
    return own.filter(Q(initiative=None) | Q(initiative__in=Initiative.objects.visible_to(user)))


def step_of(draft: IntakeDraft, slug: str) -> IntakeStep:
    """Return a step of a draft by its name."""
    for step in steps_of(draft):
        if step.slug == slug:
            return step
    raise Http404


def save(draft: IntakeDraft, step: IntakeStep, posted: QueryDict) -> Mapping[str, list[str]]:
    """Keep what was typed in a step, and that this is where the person is; return what the page holds.

    No audit entry: a draft is the person's own sheet of paper until it is sent. TooMuchError where nothing is kept.
    """
    # PostgreSQL cannot keep NUL.
    values = {name: [value.replace("\x00", "") for value in found] for name, found in posted.lists()}
    others = _NOT_FIELDS | {name for name in values if name.startswith((USE, PICK))}
    typed = {name: value for name, value in values.items() if name not in others}
    for name, value in values.items():  # the way out of a soft warning, without scripts
        if name.startswith(USE):
            typed[name.removeprefix(USE)] = value
    longest = max((len(value) for found in typed.values() for value in found), default=0)
    if len(typed) > MOST_FIELDS or longest > LONGEST_VALUE:
        raise TooMuchError
    with transaction.atomic():
        # What another tab, or an autosave still under way, has kept meanwhile stays.
        kept = get_object_or_404(IntakeDraft.objects.select_for_update(), pk=draft.pk).typed
        draft.typed = kept | {step.slug: _joined(kept.get(step.slug, {}), typed, posted.get("stood", ""))}
        draft.step, draft.saved_at = step.slug, timezone.now()
        draft.save(update_fields=["typed", "step", "saved_at"])
    return typed


def _joined(kept: Mapping[str, list[str]], typed: Mapping[str, list[str]], stood: str) -> Mapping[str, list[str]]:
    """Return a step with what a page of it holds; a field into which nothing was typed there is left as it is kept."""
    try:
        marks = json.loads(stood)
    except (ValueError, RecursionError):
        return typed
    if not kept or not isinstance(marks, dict):
        return typed
    found = {}
    for name in {**kept, **typed}:
        is_typed = _mark(typed.get(name, ())) != marks.get(name, _mark(()))
        value = (typed if is_typed else kept).get(name)
        if value is not None:
            found[name] = value
    return found


def stood_in(draft: IntakeDraft, step: IntakeStep) -> str:
    """Say in short what the fields of a step hold, for its page to bring back with what is typed there."""
    if step.slug in draft.typed:
        return marks_of(draft.typed[step.slug])
    return marks_of({name: [value] for name, value in flat(draft, step).items()})


def marks_of(values: Mapping[str, Iterable[Any]]) -> str:
    """Return a mark of each field's values."""
    return json.dumps({name: _mark(each) for name, each in values.items()})


def _mark(values: Iterable[Any]) -> str:
    text = "\n".join(map(as_text, values))
    return blake2b(text.encode(errors="surrogatepass"), digest_size=6).hexdigest() if text else ""


def form_of(draft: IntakeDraft, step: IntakeStep) -> Any:
    """Return a step's form with what was typed; not bound where nothing was."""
    typed = draft.typed.get(step.slug)
    return form_with(draft, step, MultiValueDict(typed) if typed is not None else None)


def form_with(draft: IntakeDraft, step: IntakeStep, data: MultiValueDict[str, str] | None) -> Any:
    """Return a step's form with what is not kept."""
    form: forms.BaseForm = step.form_class(data, initial=draft.read) if draft.read else step.form_class(data)
    form.actor = draft.user  # type: ignore[attr-defined]
    return form


def flat(draft: IntakeDraft, step: IntakeStep) -> Mapping[str, Any]:
    """Return what was typed in a step, one text per field; what stood there where nothing was."""
    if step.slug not in draft.typed:
        return {name: draft.read[name] for name in step.form_class.base_fields if name in draft.read}  # type: ignore[attr-defined]
    return {name: values[-1] if values else "" for name, values in draft.typed.get(step.slug, {}).items()}


def checks(draft: IntakeDraft) -> list[Check]:
    """Return "Ready for a decision?": the lines of every step, in their order."""
    return [check for step in steps_of(draft) for check in step.checks(flat(draft, step))]


def title(draft: IntakeDraft) -> str:
    """Return what the draft is called so far."""
    return str(flat(draft, steps_of(draft)[0]).get("title", "")).strip()
