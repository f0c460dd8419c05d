"""Withdrawing a draft that was made by mistake: only its audit trail and its key remain."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import User
from projects import attached
from projects.initiatives import StaleEdit
from projects.models import Initiative, IntakeDraft
from projects.stages import Stage

# People who were named to work on it hold it no more than its own parts do.
GOES_WITH_IT = (*attached.OWN_PARTS, Initiative.members.through)


def hindrance(initiative: Initiative, actor: User) -> str:
    """Say why an initiative cannot be withdrawn; "" where it can. A change that the actor has begun goes with it."""
    if initiative.stage != Stage.DRAFT:
        return _("Only a draft can be withdrawn; this initiative has been proposed.")
    others = IntakeDraft.objects.filter(initiative=initiative).exclude(user=actor)
    if others.exists() or attached.built_on([initiative.pk], (*GOES_WITH_IT, IntakeDraft)):
        return _("Something is recorded on it: outcomes, costs, budgets, a pause, or a change that somebody has begun.")
    return ""


def withdraw(initiative: Initiative, *, version: int, actor: User) -> None:
    """Delete a draft that was read at `version`; StaleEdit where it was changed since, RuleError 409 where it stays."""
    with changing(actor) as change:
        # Who has ended recording something on it is seen below. Who ends later, as an import that reads its file, comes
        # second: foreign keys are looked at when a transaction ends (`imports.workers.IN_EACH_OTHERS_WAY`).
        current = get_object_or_404(Initiative.objects.select_for_update(of=("self",)), pk=initiative.pk)
        if current.version != version:
            raise StaleEdit(current)
        if why := hindrance(current, actor):
            raise RuleError(why, status=409)
        change.record(current, "withdraw", {"title": (current.title, None)}, current.pk)
        current.delete()
