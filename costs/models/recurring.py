"""Licences and other costs that come again: every month, quarter or year."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from costs.models.dated import DatedAmount, Share, SharedEntry
from costs.models.lines import Category


class Every(models.IntegerChoices):
    """How many months lie between two payments."""

    MONTH = 1, pgettext_lazy("every", "month")
    QUARTER = 3, pgettext_lazy("every", "quarter")
    YEAR = 12, pgettext_lazy("every", "year")


class RecurringCost(SharedEntry):
    """A cost that comes again. Its amounts are dated: a payment takes the one in force on its day."""

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="+")
    every_months = models.PositiveSmallIntegerField(_("every"), choices=Every, default=Every.MONTH)
    starts_on = models.DateField(_("first due on"))
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    # Spread evenly over the months that a payment is for; else the whole of it on the day it is due.
    spread = models.BooleanField(_("spread over the months it is for"), default=True)
    recoverable = models.BooleanField(_("recoverable"), default=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(every_months__in=Every.values), name="recurring_cost_comes_again"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="recurring_cost_ends_after_it_starts"
            ),
        ]


class RecurringShare(Share):
    """What part of a recurring cost an initiative bears."""

    cost = models.ForeignKey(RecurringCost, on_delete=models.CASCADE, related_name="shares")


class RecurringAmount(DatedAmount):
    """What a payment is from a day on."""

    cost = models.ForeignKey(RecurringCost, on_delete=models.CASCADE, related_name="amounts")

    class Meta(DatedAmount.Meta):
        constraints = [models.UniqueConstraint(fields=["cost", "since"], name="one_recurring_amount_per_day")]
