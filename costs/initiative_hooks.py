"""What this room hangs into other pages: a button at the top of an initiative, and where entries of the trail lead."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import can
from costs.ledger.page import key_of
from costs.models import (
    AllocationRule,
    Asset,
    CostLine,
    InitiativeMonth,
    Placement,
    RecurringCost,
    Repricing,
    UsagePlacement,
)
from projects.hooks import HeaderAction, pages_of
from projects.models import Initiative


def log_action(initiative: Initiative, user: User) -> HeaderAction | None:
    """Lead to the form for a cost, on the Costs tab."""
    if not can(user, "cost.edit", initiative):
        return None
    return HeaderAction(_("Log a cost"), reverse("costs:initiative", args=[initiative.key]) + "#record")


def charged(ids: Collection[int]) -> set[int]:
    """Return those on which cost or usage is placed, or in whose sums any stands: by no foreign keys Django knows."""
    kept = (Placement, UsagePlacement, InitiativeMonth)
    placed, used, summed = (each.objects.order_by().filter(initiative_id__in=ids) for each in kept)
    each = (found.values_list("initiative_id") for found in (used, summed.exclude(entries=0)))
    return {pk for (pk,) in placed.values_list("initiative_id").union(*each)}


def lines(user: User, keys: Collection[str]) -> dict[str, str]:
    """Return the pages of cost lines, withdrawn ones too."""
    known = {pk: key for key in keys if (pk := key_of(key))}
    visible = CostLine.objects.visible_to(user).filter(pk__in=[*known])
    return {known[pk]: reverse("costs:line", args=[known[pk]]) for pk in visible.values_list("pk", flat=True)}


def assets(user: User, ids: Collection[int]) -> dict[int, str]:
    """Return the pages of own hardware."""
    return pages_of(Asset.objects.visible_to(user), "costs:asset", ids)


def recurring_costs(user: User, ids: Collection[int]) -> dict[int, str]:
    """Return the pages of recurring costs."""
    return pages_of(RecurringCost.objects.visible_to(user), "costs:recurring-cost", ids)


def rules(user: User, ids: Collection[int]) -> dict[int, str]:
    """Return the pages of allocation rules, for those who may change them."""
    found = AllocationRule.objects.all() if can(user, "allocation.edit") else AllocationRule.objects.none()
    return pages_of(found, "costs:allocation-edit", ids)


def repricings(user: User, ids: Collection[int]) -> dict[int, str]:
    """Return the pages of periods priced anew, for those who may see them."""
    found = Repricing.objects.all() if can(user, "price.edit") else Repricing.objects.none()
    return pages_of(found, "costs:repricing", ids)
