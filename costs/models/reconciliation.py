"""Months of a provider that finance has compared and accepted."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Reconciliation(models.Model):
    """A provider's month that somebody has reconciled, with the figures as they were then.

    Whether it still holds is never stored: it does while the figures are what they were
    (costs/reconciliation/months.py), so whatever changes them later opens the month again.
    """

    provider = models.CharField(_("provider"), max_length=200)
    month = models.DateField(_("month"))
    note = models.TextField(_("note"), blank=True)
    # Name of the record → exact amount in base currency as text, null where there was none; and how many lines there
    # were: `ProviderMonth.kept`.
    figures = models.JSONField(default=dict)
    reconciled_at = models.DateTimeField()
    reconciled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-month", "provider"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "month"], name="one_reconciliation_per_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="reconciled_month_is_its_first_day"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.month:%Y-%m}"
