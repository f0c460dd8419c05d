"""Exchange rates."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from money.fields import ExactDecimalField
from money.querysets import ExchangeRateQuerySet


class ExchangeRate(models.Model):
    """Base currency per unit of `currency` on a day. One per currency and day; never changed, only added."""

    on = models.DateField(_("date"))
    currency = models.CharField(_("currency"), max_length=3)
    rate = ExactDecimalField(_("rate"))
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = ExchangeRateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["currency", "on"], name="one_rate_per_currency_and_day"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="rate_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.on}"
