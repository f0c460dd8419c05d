"""People: what a day of a role costs, and how many days an initiative took. Roles have names, people have none here."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from costs.models.dated import DatedAmount, Registered
from costs.querysets import OfInitiativesQuerySet
from money.fields import ExactDecimalField
from projects.models import Initiative


class LabourRole(Registered):
    """A kind of work with a loaded day rate: salary, social charges, place of work."""

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="labour_role_named_once")]


class DayRate(DatedAmount):
    """What a day of a role costs from a day on."""

    role = models.ForeignKey(LabourRole, on_delete=models.CASCADE, related_name="rates")

    class Meta(DatedAmount.Meta):
        constraints = [models.UniqueConstraint(fields=["role", "since"], name="one_day_rate_per_day")]


class LabourDays(models.Model):
    """How many days of a role an initiative took in a month."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="labour_days")
    role = models.ForeignKey(LabourRole, on_delete=models.PROTECT, related_name="days")
    month = models.DateField(_("month"))
    days = ExactDecimalField(_("days"))

    objects = OfInitiativesQuerySet["LabourDays"].as_manager()

    class Meta:
        ordering = ["month", "id"]
        constraints = [
            models.UniqueConstraint(fields=["initiative", "role", "month"], name="days_once_per_month"),
            models.CheckConstraint(condition=Q(month__day=1, days__gt=0), name="days_of_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.days}"
