"""Reads of cost and budget lines and of registers that are used in more than one place."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import models
from django.db.models import Case, Exists, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Concat

from accounts.permissions import Reach, can, reach_of
from projects.querysets import SEES_CONFIDENTIAL

if TYPE_CHECKING:
    from accounts.models import User

Model = TypeVar("Model", bound=models.Model)


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

    def changeable_by(self, user: User) -> Self:
        """Keep those that `user` may correct or delete."""
        is_named = Q(group__initiative__isnull=False)
        reach = reach_of(user, "cost.edit")
        if reach is Reach.OWN:
            is_named = Q(group__initiative__in=_own(user))
        named, others = self.filter(is_named), self.filter(group__initiative=None)
        if not can(user, "cost.unallocated"):
            return named if reach else self.none()
        return named | others if reach else others

    def with_last_versions(self) -> Self:
        """Fetch with each line the number of its last version, `last_version`; 0 where none other can have its name.

        Versions of a line with an external id are found by its fingerprint alone, those of a bill's line in the groups
        of its family, on its day.
        """
        versions = self.model._base_manager.filter(fingerprint=OuterRef("fingerprint")).order_by()
        by_id = versions.filter(external_id__isnull=False)
        of_bill = versions.filter(group__family=OuterRef("group__family"), incurred_on=OuterRef("incurred_on"))
        has_id, is_of_bill = Q(external_id__isnull=False), Q(group__family__isnull=False)
        last = Case(When(has_id, then=_last(by_id)), When(is_of_bill, then=_last(of_bill)), default=0)
        return self.annotate(last_version=last)

    def counted(self) -> Self:
        """Leave out those that are kept for comparison only: another record of the same provider counts."""
        return self.exclude(Exists(_placed(initiative_id__lt=0)))

    def of(self, ids: list[int] | None, with_unallocated: bool = False) -> Self:
        """Keep those that belong, at least in part, to some initiatives; None: to any."""
        own = Q(group__initiative__isnull=False) if ids is None else Q(group__initiative__in=ids)
        placed = _placed(initiative_id__gt=0) if ids is None else _placed(initiative_id__in=ids)
        belongs = Q(Exists(placed)) | own & ~Q(Exists(_placed()))
        if with_unallocated:
            belongs |= Q(Exists(_placed(initiative_id=0))) | Q(group__initiative=None) & ~Q(Exists(_placed()))
        return self.filter(belongs)

    def newest_first(self) -> Self:
        """Put the latest date first; the rest of the order is only there to be the same every time."""
        return self.order_by("-incurred_on", "-group_id", "-fingerprint", "-occurrence")

    def shown(self) -> Self:
        """Fetch what a table shows with each line."""
        return self.select_related("group__category", "group__initiative")


class AllocationRuleQuerySet(models.QuerySet["AllocationRule"]):  # type: ignore[name-defined]
    """Allocation rules, read like a sentence."""

    def visible_to(self, user: User) -> Self:
        """Leave out those that place cost on an initiative that `user` may not see: a share would tell of it."""
        if user.role in SEES_CONFIDENTIAL:
            return self
        part = self.model._meta.get_field("parts").related_model
        named = part.objects.filter(rule=OuterRef("pk")).exclude(initiative__in=_visible(user))
        placed = (each.filter(rule=OuterRef("pk"), initiative_id__gt=0) for each in _every_placement())
        cost, usage = (Exists(each.exclude(initiative_id__in=_visible(user))) for each in placed)
        return self.exclude(Exists(named) | cost | usage)


class AllocationRunQuerySet(models.QuerySet["AllocationRun"]):  # type: ignore[name-defined]
    """Runs that bring the cost that is there to what was decided, read like a sentence."""

    def waiting(self) -> Self:
        """Keep those that a worker is on or will be, in the order in which they are done."""
        return self.filter(finished_at=None).order_by("id")

    def done(self) -> Self:
        """Keep those that came to their end."""
        return self.filter(finished_at__isnull=False, failed=False)

    def to_tell(self) -> Self:
        """Keep those that wait, and those that failed and were not put right; in the order of asking."""
        found = self.filter(Q(finished_at=None) | Q(failed=True, put_right=False))
        return found.select_related("asked_by").order_by("id")


class OfInitiativesQuerySet(models.QuerySet[Model]):
    """What belongs to an initiative each."""

    def visible_to(self, user: User) -> Self:
        """Keep those of initiatives that `user` may see."""
        return self if user.role in SEES_CONFIDENTIAL else self.filter(initiative__in=_visible(user))


class BudgetLineQuerySet(OfInitiativesQuerySet["BudgetLine"]):  # type: ignore[name-defined]
    """Budget lines, read like a sentence."""

    def approved_by(self, as_of: date) -> Self:
        """Keep those approved on or before a date."""
        return self.filter(approved_on__lte=as_of)

    def waiting(self, as_of: date) -> Self:
        """Keep those approved by a date that wait for an exchange rate; one approved later waits for its day."""
        return self.approved_by(as_of).filter(base_amount=None)


class BudgetNoticeQuerySet(OfInitiativesQuerySet["BudgetNotice"]):  # type: ignore[name-defined]
    """Notices about budgets, read like a sentence."""

    def new_to(self, user: User) -> Self:
        """Keep those that `user` has not marked as seen."""
        return self.exclude(seen_by=user)


class SharedQuerySet(models.QuerySet["SharedEntry"]):  # type: ignore[name-defined]
    """Entries of a register whose cost is shared, read like a sentence."""

    def visible_to(self, user: User) -> Self:
        """Keep those without a share of an initiative that `user` may not see, as with shared cost lines."""
        return self if user.role in SEES_CONFIDENTIAL else self.exclude(self._is_hidden_from(user))

    def hidden_from(self, user: User) -> Self:
        """Keep those that `visible_to` leaves out."""
        return self.none() if user.role in SEES_CONFIDENTIAL else self.filter(self._is_hidden_from(user))

    def _is_hidden_from(self, user: User) -> Exists:
        shares = self.model._meta.get_field("shares")
        theirs = shares.related_model._base_manager.filter(**{f"{shares.field.name}": OuterRef("pk")})
        return Exists(theirs.exclude(initiative__in=_visible(user)))


class UsageLineQuerySet(models.QuerySet["UsageLine"]):  # type: ignore[name-defined]
    """Lines of token usage, read like a sentence."""

    def live(self) -> Self:
        """Keep the versions that count."""
        return self.filter(withdrawn_at__isnull=True)

    def visible_to(self, user: User) -> Self:
        """Keep those of initiatives that `user` may see, and those that belong to none."""
        return self.filter(groups_visible_to(user))

    def newest_first(self) -> Self:
        """Put the latest date first; the rest of the order is only there to be the same every time."""
        return self.order_by("-occurred_on", "-group_id", "-fingerprint", "-occurrence")

    def shown(self) -> Self:
        """Fetch what a table shows with each line."""
        return self.select_related("group__initiative", "price").prefetch_related("price__rates")


class TokenPriceQuerySet(models.QuerySet["TokenPrice"]):  # type: ignore[name-defined]
    """Rows of the price book, read like a sentence."""

    def own(self) -> Self:
        """Keep those that people entered."""
        return self.filter(library_version="")

    def holding(self, on: date) -> Self:
        """Keep those whose dates a day lies in."""
        return self.filter(Q(since=None) | Q(since__lte=on)).filter(Q(until=None) | Q(until__gt=on))

    def with_rates(self) -> Self:
        """Fetch their prices too."""
        return self.prefetch_related("rates")


def groups_visible_to(user: User) -> Q:
    """Return the condition, on anything with a charge group, that `user` may see it.

    What is placed, even in part or at some time, on an initiative that they may not see is not shown, nor what is left
    over of a register's entry with a share of one.
    """
    if user.role in SEES_CONFIDENTIAL:
        return Q()
    of_others = (each.filter(group=OuterRef("group"), initiative_id__gt=0) for each in _every_placement())
    cost, usage = (Exists(each.exclude(initiative_id__in=_visible(user))) for each in of_others)
    shown = ~Q(cost) & ~Q(usage) & ~_of_hidden_entries(user, "group__")
    return Q(group__initiative__in=_visible(user)) | Q(group__initiative__isnull=True) & shown


def groups_hidden_from(user: User) -> models.QuerySet:
    """Return the ids of the charge groups that `groups_visible_to` leaves out."""
    from costs.models import ChargeGroup  # models import this module

    named = ChargeGroup.objects.order_by()
    if user.role in SEES_CONFIDENTIAL:
        return named.none().values_list("pk", flat=True)
    of_others = named.filter(initiative__isnull=False).exclude(initiative__in=_visible(user))
    left_over = named.filter(_of_hidden_entries(user), initiative=None)
    placed = (each.filter(group__initiative=None, initiative_id__gt=0) for each in _every_placement())
    shared = (each.exclude(initiative_id__in=_visible(user)).values_list("group_id", flat=True) for each in placed)
    own = (of_others | left_over).values_list("pk", flat=True)
    return own.union(*shared)


def _of_hidden_entries(user: User, group: str = "") -> Q:
    """Return the condition that a charge group is of a register's entry that `user` may not see.

    Groups name their entry as `reference` in costs/generators does.
    """
    from costs.models import Asset, RecurringCost  # models import this module
    from costs.registers.generated import ASSETS, RECURRING

    found = Q()
    for source, entries, kind in ((ASSETS, Asset, "asset:"), (RECURRING, RecurringCost, "recurring:")):
        name = Concat(Value(kind), "pk", output_field=models.TextField())
        hidden = entries.objects.hidden_from(user).order_by().annotate(reference=name).values("reference")
        found |= Q(**{f"{group}source": source, f"{group}resource__in": hidden})
    return found


def _placed(**where: Any) -> models.QuerySet:
    """Return the placements that hold for a line on its day."""
    day = OuterRef("incurred_on")
    return _placements().filter(group=OuterRef("group"), since__lte=day, until__gt=day, **where)


def _placements() -> models.QuerySet:
    from costs.models import Placement  # models import this module

    return Placement.objects.order_by()


def _every_placement() -> tuple[models.QuerySet, models.QuerySet]:
    """Return the placements of cost, and those of usage whose cost is not counted."""
    from costs.models import UsagePlacement  # models import this module

    return _placements(), UsagePlacement.objects.order_by()


def _last(versions: models.QuerySet) -> Subquery:
    return Subquery(versions.values("fingerprint").annotate(last=Max("occurrence")).values("last"))


def _own(user: User) -> models.QuerySet:
    from projects.models import Initiative  # models import this module

    return Initiative.objects.owned_by(user).values("pk")


def _visible(user: User) -> models.QuerySet:
    from projects.models import Initiative  # models import this module

    return Initiative.objects.visible_to(user).values("pk")
