"""Which cost lines: the filters that a ledger's address, the API and the exports share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from costs.querysets import CostLineQuerySet
from money.months import next_month

_KEY = re.compile(r"AI-(\d{4,9})", re.ASCII)


@dataclass(frozen=True)
class Filters:
    """What to keep; empty keeps everything."""

    initiative: str = ""
    business_unit: str = ""
    category: str = ""
    vendor: str = ""
    source: str = ""
    month: date | None = None
    import_id: int | None = None
    pending: bool = False
    unallocated: bool = False
    recoverable: bool = False
    billed: bool | None = None
    invoice_ref: str = ""
    resource: str = ""

    @property
    def by_line(self) -> bool:
        """Tell whether single lines have to be looked at; what else there is stands in the sums by group and month."""
        return bool(self.import_id or self.pending or self.invoice_ref) or self.billed is not None

    def keep(self, lines: CostLineQuerySet) -> CostLineQuerySet:
        """Keep the lines that the filters name. Most of them stand in the charge group."""
        wanted = self._of_groups()
        if self.month:
            wanted &= Q(incurred_on__gte=self.month, incurred_on__lt=next_month(self.month))
        if self.import_id:
            wanted &= Q(import_id=self.import_id)
        if self.pending:
            wanted &= Q(base_amount__isnull=True)
        if self.billed is not None:
            wanted &= Q(billed_on__isnull=not self.billed)
        if self.invoice_ref:
            wanted &= Q(invoice_ref__iexact=self.invoice_ref)
        return lines.filter(wanted)

    def of_months(self) -> Q:
        """Return the same for the sums by group and month, where they can tell."""
        wanted = self._of_groups()
        return wanted & Q(month=self.month) if self.month else wanted

    def _of_groups(self) -> Q:
        wanted = Q()
        if self.initiative:
            wanted &= Q(group__initiative__number=number_of(self.initiative))
        if self.business_unit:
            path = self.business_unit
            wanted &= Q(group__initiative__business_unit__path__iexact=path) | Q(
                group__initiative__business_unit__path__istartswith=f"{path} / "
            )
        if self.category:
            wanted &= Q(group__category__name=self.category)
        if self.vendor:
            wanted &= Q(group__vendor__iexact=self.vendor)
        if self.source:
            wanted &= Q(group__source__iexact=self.source)
        if self.unallocated:
            wanted &= Q(group__initiative__isnull=True)
        if self.recoverable:
            wanted &= Q(group__recoverable=True)
        if self.resource:
            wanted &= Q(group__resource=self.resource)
        return wanted


def number_of(key: str) -> int:
    """Return the number in "AI-0001"; -1, which nothing has, for what is no key."""
    found = _KEY.fullmatch(key.strip().upper())
    return int(found[1]) if found else -1
