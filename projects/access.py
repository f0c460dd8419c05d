"""Who may reach and move what: thin questions to `accounts.permissions` that views and the API share."""

from __future__ import annotations

import re

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404

from accounts.models import User
from accounts.permissions import can
from projects.models import Initiative
from projects.stages import MOVES, Stage

_KEY = re.compile(r"AI-(\d{4,9})", re.ASCII)


def get_initiative(user: User, key: str) -> Initiative:
    """Return the initiative "AI-0001" with unit and people; 404 where it is not there or the person may not see it."""
    found = _KEY.fullmatch(key)
    initiative = found and _visible(user).filter(number=int(found[1])).first()
    if not initiative or initiative.key != key:
        raise Http404
    return initiative


def allowed_moves(user: User, initiative: Initiative) -> tuple[Stage, ...]:
    """Return the stages that this person may move the initiative to."""
    return tuple(stage for stage in MOVES[initiative.stage] if can(user, _action(stage, initiative), initiative))


def require_move(user: User, initiative: Initiative, to_stage: str, override: bool = False) -> None:
    """Raise PermissionDenied unless the person may make this move, and pass a gate where they ask to."""
    asked = [_action(to_stage, initiative)] + (["initiative.override"] if override else [])
    for action in asked:
        if not can(user, action, initiative):
            raise PermissionDenied(action)


def _action(to_stage: str, initiative: Initiative) -> str:
    """A contributor may propose their own draft; every other move is the portfolio office's."""
    proposes = to_stage == Stage.PROPOSED and initiative.stage == Stage.DRAFT
    return "initiative.propose" if proposes else "initiative.move"


def _visible(user: User) -> models.QuerySet[Initiative]:
    return Initiative.objects.visible_to(user).select_related("business_unit", "owner", "sponsor")
