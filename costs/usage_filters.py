"""Which usage a list shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from costs.filters import number_of
from costs.querysets import UsageLineQuerySet
from money.months import next_month


@dataclass(frozen=True)
class UsageFilters:
    """What is asked for; None and False: everything."""

    initiative: str | None = None
    provider: str | None = None
    model: str | None = None
    month: date | None = None
    import_id: int | None = None
    unpriced: bool = False

    @property
    def by_line(self) -> bool:
        """Tell whether single lines have to be looked at; what else there is stands in the sums by group and month."""
        return self.import_id is not None or self.unpriced

    def keep(self, lines: UsageLineQuerySet) -> UsageLineQuerySet:
        """Keep the lines that are asked for."""
        return lines.filter(self._lines())

    def of_months(self) -> Q:
        """Return the same for the sums by group and month, where they can tell."""
        wanted = self._about()
        return wanted & Q(month=self.month) if self.month else wanted

    def _lines(self) -> Q:
        wanted = self._about()
        if self.month:
            wanted &= Q(occurred_on__gte=self.month, occurred_on__lt=next_month(self.month))
        if self.import_id:
            wanted &= Q(import_id=self.import_id)
        return wanted & ~Q(unpriced="") if self.unpriced else wanted

    def _about(self) -> Q:
        wanted = Q()
        if self.initiative:
            wanted &= Q(group__initiative__number=number_of(self.initiative))
        if self.provider:
            wanted &= Q(group__vendor__iexact=self.provider)
        if self.model:
            wanted &= Q(group__sku__iexact=self.model)
        return wanted
