"""What this room hangs into an initiative's pages: a button at their top, and where entries of its history lead."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import can
from costs.models import InitiativeMonth, Placement
from projects.hooks import HeaderAction
from projects.models import Initiative


def log_action(initiative: Initiative, user: User) -> HeaderAction | None:
    """Lead to the form for a cost, on the Costs tab."""
    if not can(user, "cost.edit", initiative):
        return None
    return HeaderAction(_("Log a cost"), reverse("costs:initiative", args=[initiative.key]) + "#record")


def charged(ids: Collection[int]) -> set[int]:
    """Return those on which cost is placed, or in whose sums any stands: by no foreign keys that Django knows."""
    placed = Placement.objects.filter(initiative_id__in=ids)
    summed = InitiativeMonth.objects.filter(initiative_id__in=ids).exclude(entries=0)
    return {pk for found in (placed, summed) for pk in found.values_list("initiative_id", flat=True).distinct()}


def repricings(user: User, ids: Collection[int]) -> dict[int, str]:
    """Return the pages of periods priced anew, for those who may see them."""
    if not can(user, "price.edit"):
        return {}
    return {pk: reverse("costs:repricing", args=[pk]) for pk in ids}
