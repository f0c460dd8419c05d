"""Reads of outcomes and readings that are used in more than one place."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models

from projects.models import Initiative

if TYPE_CHECKING:
    from accounts.models import User


class OutcomeQuerySet(models.QuerySet["Outcome"]):  # type: ignore[name-defined]
    """Outcomes, read like a sentence."""

    def visible_to(self, user: User) -> Self:
        """Keep those of initiatives that `user` may see."""
        return self.filter(initiative__in=Initiative.objects.visible_to(user))


class MeasurementQuerySet(models.QuerySet["Measurement"]):  # type: ignore[name-defined]
    """Readings, read like a sentence."""

    def visible_to(self, user: User) -> Self:
        """Keep those of initiatives that `user` may see."""
        return self.filter(outcome__initiative__in=Initiative.objects.visible_to(user))

    def counting(self) -> Self:
        """Leave out those that were withdrawn or corrected."""
        return self.filter(withdrawn_at__isnull=True)

    def by(self, as_of: date) -> Self:
        """Keep those whose period had ended by `as_of`."""
        return self.filter(period_end__lte=as_of)

    def submitted(self) -> Self:
        """Keep those that finance has not validated yet."""
        return self.filter(state="submitted")
