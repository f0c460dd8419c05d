"""Reads of initiatives that are used in more than one place."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.permissions import TABLE, Reach
from projects.names import named
from projects.stages import Stage

if TYPE_CHECKING:
    from accounts.models import User
    from projects.models import Initiative

SEES_CONFIDENTIAL = {role for role, reach in TABLE["initiative.see_confidential"].items() if reach is Reach.ALL}

SEARCHED = ("title", "problem", "desired_outcome", "external_ref")
# What the dates of the plan in force on a day are called beside today's.
PLAN_THEN = {
    "planned_prototype_on": "prototype_planned_then",
    "planned_pilot_on": "pilot_planned_then",
    "planned_production_on": "production_planned_then",
}


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

    def under(self, unit_path: str) -> Self:
        """Keep those of the unit with this path (without case), and of all units below it."""
        from projects.models import BusinessUnit  # models import this module

        top = BusinessUnit.objects.filter(named("path", unit_path)).values("lineage")[:1]
        return self.filter(business_unit__in=BusinessUnit.objects.filter(lineage__startswith=Subquery(top)))

    def tagged(self, name: str) -> Self:
        """Keep those with this tag (without case)."""
        from projects.models import Initiative, Tag  # models import this module

        links = Initiative.tags.through.objects.filter(tag__in=Tag.objects.filter(named("name", name)))
        return self.filter(pk__in=links.values("initiative_id"))

    def locked(self, pk: int) -> Initiative:
        """Return the initiative as it is now; who else writes to it waits until this write ends, and sees what it did.

        Without the key: rows that refer to it must not wait for it with the data version in hand (deadlock).
        """
        return self.select_for_update(of=("self",), no_key=True).get(pk=pk)

    def matching(self, text: str) -> Self:
        """Keep those that hold every word in key, title, problem, desired outcome or external reference."""
        found = self
        for word in text.split():
            found = found.filter(_holds(word))
        return found

    def at(self, as_of: date) -> Self:
        """Add the stage on a day, `stage_then`, and the plan in force on it; today's are kept on the row itself."""
        if as_of >= timezone.localdate():
            return self.annotate(stage_then=F("stage"), **{then: F(name) for name, then in PLAN_THEN.items()})
        from projects.models import PlanRevision, StandingPeriod  # models import this module

        stood = StandingPeriod.objects.filter(initiative=OuterRef("pk"), begins__lte=as_of, ends__gt=as_of)
        in_force = PlanRevision.objects.by(as_of).filter(initiative=OuterRef("pk"))
        planned = {then: Subquery(in_force.values(name)[:1]) for name, then in PLAN_THEN.items()}
        return self.annotate(stage_then=Coalesce(Subquery(stood.values("stage")), Value(Stage.DRAFT.value)), **planned)


class PlanQuerySet(models.QuerySet["PlanRevision"]):  # type: ignore[name-defined]
    """Plans, read like a sentence."""

    def by(self, as_of: date) -> Self:
        """Keep those agreed by a day, the one in force on it first: the last agreed, then the last recorded."""
        return self.filter(agreed_on__lte=as_of).order_by("-agreed_on", "-recorded_at", "-pk")


class HoldQuerySet(models.QuerySet["Hold"]):  # type: ignore[name-defined]
    """Holds, read like a sentence."""

    def on(self, day: date) -> Self:
        """Keep those that pause work on a day."""
        return self.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=day), started_on__lte=day)


def _holds(word: str) -> Q:
    from projects.keys import number_of  # which needs models, and models import this module

    said = Q()
    for name in SEARCHED:
        said |= Q(**{f"{name}__icontains": word})
    number = number_of(word) or number_of(f"AI-{word}")
    return said | Q(number=number) if number else said


def own(user: User) -> Q:
    """Return the condition "the user is owner, sponsor or member"."""
    from projects.models import Initiative  # models import this module

    memberships = Initiative.members.through.objects.filter(user_id=user.pk)
    return Q(owner=user) | Q(sponsor=user) | Q(pk__in=memberships.values("initiative_id"))
