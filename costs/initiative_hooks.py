"""What this room hangs into initiatives: a button at the top of their pages, where entries of their history lead.

And that one which cost is placed on was built on.
"""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import can
from costs.models import Placement
from projects.hooks import HeaderAction
from projects.models import Initiative


def log_action(initiative: Initiative, user: User) -> HeaderAction | None:
    """Lead to the form for a cost, on the Costs tab."""
    if not can(user, "cost.edit", initiative):
        return None
    return HeaderAction(_("Log a cost"), reverse("costs:initiative", args=[initiative.key]) + "#record")


def repricings(user: User, ids: Collection[int]) -> dict[int, str]:
    """Return the pages of periods priced anew, for those who may see them."""
    if not can(user, "price.edit"):
        return {}
    return {pk: reverse("costs:repricing", args=[pk]) for pk in ids}


def placed_on(ids: Collection[int]) -> set[int]:
    """Return those of these initiatives that groups are placed on: a rule may have found one by its name."""
    return set(Placement.objects.filter(initiative_id__in=list(ids)).values_list("initiative_id", flat=True))
