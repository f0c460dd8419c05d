"""Reads of initiatives that are used in more than one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from accounts.models import Role

if TYPE_CHECKING:
    from accounts.models import User

SEES_CONFIDENTIAL = {Role.PORTFOLIO, Role.FINANCE, Role.EXECUTIVE, Role.ADMIN}


class InitiativeQuerySet(models.QuerySet["Initiative"]):  # type: ignore[name-defined]
    """Initiatives, read like a sentence."""

    def visible_to(self, user: User) -> Self:
        """Keep those that `user` may see: confidential ones only where they are owner, sponsor or member."""
        if user.role in SEES_CONFIDENTIAL:
            return self
        return self.filter(Q(confidential=False) | own(user))

    def owned_by(self, user: User) -> Self:
        """Keep those that are the user's own: owner, sponsor or member."""
        return self.filter(own(user))


def own(user: User) -> Q:
    """Return the condition "the user is owner, sponsor or member"."""
    from projects.models import Initiative  # models import this module

    memberships = Initiative.members.through.objects.filter(user_id=user.pk)
    return Q(owner=user) | Q(sponsor=user) | Q(pk__in=memberships.values("initiative_id"))
