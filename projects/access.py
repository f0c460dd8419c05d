"""Who may reach and move what: thin questions to `accounts.permissions` that views and the API share."""

from __future__ import annotations

from django.db import models
from django.db.models import OuterRef, Subquery
from django.http import Http404

from accounts.models import User
from accounts.permissions import can, require
from projects.keys import number_of
from projects.models import Initiative, IntakeDraft
from projects.stages import MOVES, Stage


def get_initiative(user: User, key: str) -> Initiative:
    """Return the initiative "AI-0001" with unit and people; 404 where it is not there or the person may not see it."""
    return _get(_visible(user), key)


def get_editable(user: User, key: str) -> Initiative:
    """Return the same; PermissionDenied where the person may not change it."""
    initiative = get_initiative(user, key)
    require(user, "initiative.edit", initiative)
    return initiative


def get_initiative_with_edit(user: User, key: str) -> Initiative:
    """Return the same for a page that leads on to a change which the person has begun.

    `edit_begun_at`: when the person last typed into a change of it that is not saved yet; None: there is none.
    """
    begun = IntakeDraft.objects.filter(user=user, initiative=OuterRef("pk")).values("saved_at")
    return _get(_visible(user).annotate(edit_begun_at=Subquery(begun)), key)


def allowed_moves(user: User, initiative: Initiative) -> tuple[Stage, ...]:
    """Return the stages that this person may move the initiative to."""
    allowed = {action: can(user, action, initiative) for action in ("initiative.propose", "initiative.move")}
    return tuple(stage for stage in MOVES[initiative.stage] if allowed[_action(stage)])


def require_move(user: User, initiative: Initiative, to_stage: str) -> None:
    """Raise PermissionDenied unless the person may move the initiative to this stage."""
    require(user, _action(to_stage), initiative)


def may_move_to(user: User, initiative: Initiative) -> set[Stage]:
    """Return the stages whose moves this person may make, and so put right."""
    return {stage for stage in Stage if can(user, _action(stage), initiative)}


def _action(to_stage: str) -> str:
    """Proposing is for everyone who works on it; every other move is the portfolio office's."""
    return "initiative.propose" if to_stage == Stage.PROPOSED else "initiative.move"


def _visible(user: User) -> models.QuerySet[Initiative]:
    return Initiative.objects.visible_to(user).select_related("business_unit", "owner", "sponsor")


def _get(visible: models.QuerySet[Initiative], key: str) -> Initiative:
    initiative = visible.filter(number=number_of(key)).first()
    if not initiative or initiative.key != key:
        raise Http404
    return initiative
