"""What this room adds to an initiative's pages: at their top, and where entries of its history lead."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import can
from outcomes.models import Outcome
from projects.hooks import HeaderAction, pages_of
from projects.models import Initiative


def count(initiative: Initiative) -> int:
    """Return how many outcomes it has, for their tab."""
    return Outcome.objects.filter(initiative=initiative).count()


def record_action(initiative: Initiative, user: User) -> HeaderAction | None:
    """Lead to the form for a reading."""
    if not can(user, "measurement.edit", initiative):
        return None
    return HeaderAction(_("Record a reading"), reverse("outcomes:reading-choose", args=[initiative.key]), main=True)


def pages(user: User, ids: Collection[int]) -> dict[int, str]:
    """Return the pages of outcomes."""
    return pages_of(Outcome.objects.visible_to(user), "outcomes:outcome", ids)
