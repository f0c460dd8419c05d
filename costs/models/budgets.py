"""Money set aside, and notices that it is used up."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from costs.models.lines import Category
from costs.querysets import BudgetLineQuerySet, BudgetNoticeQuerySet
from money.exact import EXACT
from money.fields import ExactDecimalField
from projects.models import Initiative


class BudgetLine(models.Model):
    """Money set aside for a month. Lines for the same month add up."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="budget_lines")
    month = models.DateField(_("month"))
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    amount = ExactDecimalField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    approved_on = models.DateField(_("approved on"))
    # At the rate of the day of approval, kept; null while there is none.
    rate = ExactDecimalField(null=True)
    base_amount = ExactDecimalField(null=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = BudgetLineQuerySet.as_manager()

    class Meta:
        ordering = ["month", "id"]
        constraints = [models.CheckConstraint(condition=Q(month__day=1), name="budget_month_is_its_first_day")]
        indexes = [models.Index(fields=["approved_on"], condition=Q(base_amount=None), name="budget_pending")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.amount:f} {self.currency}"


class NoticeThresholds(models.Model):
    """At which shares of a budget, in per cent, a notice is raised. One row; none until somebody changes them."""

    USUAL = (80, 100, 120)

    percents = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("thresholds"))

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="thresholds_are_one_row")]

    def __str__(self) -> str:
        return ", ".join(f"{percent} %" for percent in self.percents)


class BudgetNotice(models.Model):
    """That an initiative has used up a share of its whole budget, with the figures of that day. Raised once, kept."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="budget_notices")
    threshold = models.PositiveSmallIntegerField(_("threshold"))  # per cent
    spent = ExactDecimalField()  # gross cost to that day, in base currency
    budget = ExactDecimalField()  # all of it that was approved by then, in base currency
    raised_on = models.DateField(_("raised on"))
    mailed_at = models.DateTimeField(null=True)  # when the letters about it were written
    seen_by = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")

    objects = BudgetNoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-raised_on", "-id"]
        constraints = [models.UniqueConstraint(fields=["initiative", "threshold", "budget"], name="notice_raised_once")]

    def __str__(self) -> str:
        return f"{self.initiative}: {self.threshold} %"

    @property
    def share(self) -> Decimal:
        """The threshold as a share: 0.8."""
        return Decimal(self.threshold) / 100

    @property
    def used(self) -> Decimal:
        """The share of the budget that was spent when it was raised."""
        return EXACT.divide(self.spent, self.budget)

    @property
    def tone(self) -> str:
        """The colour of its word: a warning up to the budget, from there on an excess."""
        return "partly" if self.threshold < 100 else "stop"
