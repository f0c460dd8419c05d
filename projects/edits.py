"""Changing an initiative in steps: what was begun, what it would change, and how it meets what others did meanwhile.

A person has at most one change begun of an initiative. It keeps what they had read (`IntakeDraft.read`), so that what
they changed and what somebody else changed meanwhile can be told apart, however long it lies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core import signing

from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import User
from projects import initiatives
from projects.conflicts import Conflict, as_text, conflicts, shown
from projects.forms import typed_of
from projects.intake import drafts, submission
from projects.intake.edit_steps import EDIT_STEPS
from projects.intake.registry import IntakeStep
from projects.models import Initiative, IntakeDraft
from projects.resolve import with_units_and_people
from projects.telling import FieldChange

_SALT = "projects.edits.read"
NOT_TOLD = 0  # before every version
STEP_OF = {name: step for step in EDIT_STEPS for name in step.form_class.base_fields}  # type: ignore[attr-defined]


def begun(user: User, initiative: Initiative) -> IntakeDraft | None:
    """Return the change of an initiative that a person has begun."""
    draft = IntakeDraft.objects.filter(user=user, initiative=initiative).first()
    if draft is not None:
        draft.initiative, draft.user = initiative, user
    return draft


def unbegun(user: User, initiative: Initiative) -> IntakeDraft:
    """Return a draft that is not kept yet: of what the person reads now."""
    return IntakeDraft(user=user, initiative=initiative, read=typed_of(initiative))


def begin(user: User, initiative: Initiative, sealed: str) -> IntakeDraft:
    """Return the draft that a page writes to, a new one where there is none; `sealed`: what its reader had read.

    A page may be older than the draft, left open or come back to. What it sends is then a change of what that page had
    read, so that both versions are shown; so they are where a page does not tell.
    """
    read = _unsealed(sealed, initiative)
    first = read or typed_of(initiative) | {"version": NOT_TOLD}
    draft, is_new = IntakeDraft.objects.get_or_create(user=user, initiative=initiative, defaults={"read": first})
    if read and not is_new and read["version"] < draft.read["version"]:
        draft.read = read
        draft.save(update_fields=["read"])
    draft.initiative, draft.user = initiative, user
    return draft


def _unsealed(sealed: str, initiative: Initiative) -> dict[str, Any] | None:
    try:
        return signing.loads(sealed, salt=f"{_SALT}{initiative.pk}")
    except signing.BadSignature:
        return None


def seal(draft: IntakeDraft) -> str:
    """Return what was read as a text that only we can have written, for the page to bring back."""
    return signing.dumps(draft.read, salt=f"{_SALT}{draft.initiative_id}", compress=True)


def is_stale(draft: IntakeDraft) -> bool:
    """Tell whether somebody has changed the initiative since it was read."""
    return draft.initiative.version != draft.read["version"]


def changes(draft: IntakeDraft) -> list[tuple[IntakeStep, list[FieldChange]]]:
    """Return what it would change of what was read, step by step."""
    mine, read = _mine(draft), _texts(draft.read)
    found: dict[str, list[FieldChange]] = {step.slug: [] for step in EDIT_STEPS}
    for name, text in mine.items():
        if text != read[name]:
            found[STEP_OF[name].slug].append(shown(name, read[name], text))
    return [(step, found[step.slug]) for step in EDIT_STEPS if found[step.slug]]


def differences(draft: IntakeDraft) -> list[Conflict]:
    """Return the fields that stand otherwise in the initiative than in the draft."""
    return conflicts(_mine(draft), _texts(draft.read), _texts(typed_of(draft.initiative)))


def rebase(draft: IntakeDraft, picked: Mapping[str, str]) -> None:
    """Make it a change of what stands now: a field is theirs where that was picked, or nothing was typed over it.

    It is to be called in a transaction: what another tab keeps meanwhile waits. DoesNotExist where it is gone.
    """
    draft.typed = IntakeDraft.objects.select_for_update().get(pk=draft.pk).typed
    now = typed_of(draft.initiative)
    mine, read, theirs = _mine(draft), _texts(draft.read), _texts(now)
    for step in EDIT_STEPS:
        names = [name for name, its in STEP_OF.items() if its is step]
        taken = {
            name: picked.get(name) == "theirs" or (name not in picked and mine[name] == read[name]) for name in names
        }
        texts = {name: theirs[name] if taken[name] else mine[name] for name in names}
        if step.slug in draft.typed or any(texts[name] != theirs[name] for name in names):
            draft.typed[step.slug] = {name: [text] for name, text in texts.items() if text or name != "confidential"}
    draft.read = now
    draft.save(update_fields=["typed", "read"])


def save(draft: IntakeDraft) -> bool:
    """Change the initiative and drop the draft; tell whether anything was different.

    NotReady where something does not hold, StaleEdit where somebody else was quicker; then the draft stays.
    DoesNotExist where it is gone: pressed twice, it is saved once, and the second waits here for the first.
    """
    said: dict[str, Any] = {}
    mine, read = _mine(draft), _texts(draft.read)
    for cleaned in submission.valid_forms(draft).values():
        said |= {name: value for name, value in cleaned.items() if mine.get(name) != read.get(name)}
    initiative, version = draft.initiative, draft.read["version"]
    try:
        with changing(draft.user):
            IntakeDraft.objects.select_for_update().get(pk=draft.pk)
            given = with_units_and_people(said, draft.user)
            edited = initiatives.edit(initiative, version=version, actor=draft.user, **given)
            draft.delete()
    except RuleError as error:
        raise submission.NotReady(submission.by_step(error, EDIT_STEPS, EDIT_STEPS[0])) from error
    return edited.version != version


def _mine(draft: IntakeDraft) -> dict[str, str]:
    """Return all fields as they were typed, or as they were read."""
    flat = {step.slug: drafts.flat(draft, step) for step in EDIT_STEPS}
    return {name: as_text(flat[step.slug].get(name, "")) for name, step in STEP_OF.items()}


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: as_text(values[name]) for name in STEP_OF}
