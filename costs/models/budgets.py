"""Money set aside."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from costs.models.lines import Category
from costs.querysets import BudgetLineQuerySet
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
