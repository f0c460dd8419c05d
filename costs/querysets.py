"""Reads of cost and budget lines that are used in more than one place."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from projects.querysets import SEES_CONFIDENTIAL

if TYPE_CHECKING:
    from accounts.models import User


class CostLineQuerySet(models.QuerySet["CostLine"]):  # type: ignore[name-defined]
    """Cost lines, read like a sentence."""

    def live(self) -> Self:
        """Keep those that count: neither deleted nor corrected nor restated."""
        return self.filter(withdrawn_at__isnull=True)

    def pending(self) -> Self:
        """Keep those that wait for an exchange rate."""
        return self.live().filter(base_amount__isnull=True)

    def visible_to(self, user: User) -> Self:
        """Keep those of initiatives that `user` may see, and those that belong to none."""
        return self.filter(groups_visible_to(user))

    def of(self, ids: list[int] | None, with_unallocated: bool = False) -> Self:
        """Keep those of some initiatives; None: of every initiative."""
        wanted = Q(group__initiative__isnull=False) if ids is None else Q(group__initiative__in=ids)
        return self.filter(wanted | Q(group__initiative__isnull=True)) if with_unallocated else self.filter(wanted)

    def newest_first(self) -> Self:
        """Put the latest date first; the rest of the order is only there to be the same every time."""
        return self.order_by("-incurred_on", "-group_id", "-fingerprint", "-occurrence")

    def shown(self) -> Self:
        """Fetch what a table shows with each line."""
        return self.select_related("group__category", "group__initiative")


class BudgetLineQuerySet(models.QuerySet["BudgetLine"]):  # type: ignore[name-defined]
    """Budget lines, read like a sentence."""

    def visible_to(self, user: User) -> Self:
        """Keep those of initiatives that `user` may see."""
        return self if user.role in SEES_CONFIDENTIAL else self.filter(initiative__in=_visible(user))

    def approved_by(self, as_of: date) -> Self:
        """Keep those approved on or before a date."""
        return self.filter(approved_on__lte=as_of)


def groups_visible_to(user: User) -> Q:
    """Return the condition, on anything with a charge group, that `user` may see it."""
    if user.role in SEES_CONFIDENTIAL:
        return Q()
    return Q(group__initiative__isnull=True) | Q(group__initiative__in=_visible(user))


def _visible(user: User) -> models.QuerySet:
    from projects.models import Initiative  # models import this module

    return Initiative.objects.visible_to(user).values("pk")
