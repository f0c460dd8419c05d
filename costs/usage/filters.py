"""Which usage a list shows. It belongs to the initiative that it names, else by the rules, compared or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import ExpressionWrapper, F, Q, QuerySet, Sum

from costs.allocation import belonging
from costs.allocation.belonging import Scope
from costs.querysets import UsageLineQuerySet
from costs.reconciliation.sources import vendors_of
from imports.models import ImportReason
from money.fields import ExactDecimalField
from money.months import next_month
from projects import keys


@dataclass(frozen=True)
class UsageFilters:
    """What is asked for; None and False: everything."""

    initiative: str | None = None
    provider: str | None = None
    model: str | None = None
    month: date | None = None
    import_id: int | None = None
    unpriced: bool = False
    remark: int | None = None  # of the import: what has become of its rows
    counted: bool = False  # without what is kept for comparison only

    @property
    def by_line(self) -> bool:
        """Tell whether single lines have to be looked at; what else there is stands in the sums by group and month."""
        return self.import_id is not None or self.remark is not None

    def keep(self, lines: UsageLineQuerySet) -> UsageLineQuerySet:
        """Keep the lines that are asked for; of an initiative, those with a part of it, and its `share` of them."""
        return self._theirs(lines.filter(self._lines()), "occurred_on")

    def months(self, sums: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the same of sums by group and month, where they can tell."""
        wanted = self._about()
        if self.month:
            wanted &= Q(month=self.month)
        return self._theirs(sums.filter(wanted), "month")

    def sum_of(self, name: str, only: Q | None = None) -> Sum:
        """Return the sum of a field: of the part of it that is asked about."""
        part = ExpressionWrapper(F(name) * F("share"), output_field=ExactDecimalField())
        return Sum(part if self.initiative else name, filter=only)

    @cached_property
    def _vendors(self) -> list[str]:
        return vendors_of(self.provider or "")

    @cached_property
    def _remarked(self) -> list[int]:
        return ImportReason.rows_of(self.remark, self.import_id) if self.remark else []

    def _theirs(self, rows: Any, day: str) -> Any:
        scope = Scope(keys.called(self.initiative) if self.initiative else None)
        if self.counted:
            return belonging.parts_in(rows, day, scope)
        return rows if scope.is_everything else belonging.usage_in(rows, day, scope)

    def _lines(self) -> Q:
        wanted = self._about()
        if self.month:
            wanted &= Q(occurred_on__gte=self.month, occurred_on__lt=next_month(self.month))
        if self.import_id:
            wanted &= Q(import_id=self.import_id)
        if self.remark:
            wanted &= Q(line_number__in=self._remarked)
        return wanted & ~Q(unpriced="") if self.unpriced else wanted

    def _about(self) -> Q:
        wanted = Q()
        if self.provider:
            wanted &= Q(group__vendor__in=self._vendors)
        if self.model:
            wanted &= Q(group__sku__iexact=self.model)
        return wanted
