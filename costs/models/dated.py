"""What the registers have in common: a name, a version, shares by month, amounts by day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from costs.querysets import SharedQuerySet
from money.fields import ExactDecimalField
from money.months import last_day
from projects.models import Initiative


class Registered(models.Model):
    """An entry of a register that generates cost lines (costs/generators)."""

    name = models.CharField(_("name"), max_length=200)
    currency = models.CharField(_("currency"), max_length=3)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class SharedEntry(Registered):
    """An entry whose cost belongs to initiatives by shares; what no share takes is unallocated."""

    vendor = models.CharField(_("vendor"), max_length=200, blank=True)

    objects = SharedQuerySet.as_manager()

    class Meta:
        abstract = True


class Share(models.Model):
    """The part of an entry's cost that an initiative bears, from one month to another (both included; none: open)."""

    initiative = models.ForeignKey(Initiative, on_delete=models.PROTECT, related_name="+")
    share = ExactDecimalField(_("share"))
    first_month = models.DateField(_("from month"), null=True, blank=True)
    last_month = models.DateField(_("to month"), null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="%(class)s_in_range"),
            models.CheckConstraint(
                condition=Q(first_month=None) | Q(first_month__day=1), name="%(class)s_first_is_a_month"
            ),
            models.CheckConstraint(
                condition=Q(last_month=None) | Q(last_month__day=1), name="%(class)s_last_is_a_month"
            ),
            models.CheckConstraint(
                condition=Q(last_month__gte=F("first_month")) | Q(first_month=None) | Q(last_month=None),
                name="%(class)s_goes_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.initiative_id}: {self.share}"

    def holds_on(self, day: date) -> bool:
        """Tell whether it holds in the month of a day."""
        begun = self.first_month is None or self.first_month <= day
        return begun and (self.last_month is None or day <= last_day(self.last_month))


class DatedAmount(models.Model):
    """An amount that holds from a day until the next one begins to."""

    since = models.DateField(_("from"))
    amount = ExactDecimalField(_("amount"))

    class Meta:
        abstract = True
        ordering = ["since"]

    def __str__(self) -> str:
        return f"{self.since}: {self.amount}"


def in_force(amounts: list[tuple[date, Decimal]], day: date) -> Decimal | None:
    """Return the amount of the latest day on or before `day`; None before the first. `amounts` are in order of days."""
    return next((amount for since, amount in reversed(amounts) if since <= day), None)
