"""Reads of exchange rates."""

from __future__ import annotations

from datetime import date

from django.db import models


class ExchangeRateQuerySet(models.QuerySet):
    """Exchange rates."""

    def between(self, first: date | None, last: date | None) -> ExchangeRateQuerySet:
        """Those from the first to the last day, where they are given."""
        rates = self.filter(on__gte=first) if first else self
        return rates.filter(on__lte=last) if last else rates

    def latest_per_currency(self) -> ExchangeRateQuerySet:
        """The newest rate of each currency, by currency."""
        return self.order_by("currency", "-on").distinct("currency")
