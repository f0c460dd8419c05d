"""Recoverable costs: billed on to somebody else, many lines at once, through the door that corrects lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Q, Sum

from accounts.models import User
from costs import lines
from costs.exact import EXACT
from costs.filters import Filters
from costs.lines import NewLine
from costs.models import CostLine
from costs.querysets import CostLineQuerySet

MOST_AT_ONCE = 1_000
INVOICES_SHOWN = 50
ZERO = Decimal(0)


@dataclass(frozen=True)
class Recovery:
    """What recoverable lines dated by a day come to, in base currency, and how many wait for an exchange rate."""

    gross: Decimal
    recovered: Decimal
    pending: int

    @property
    def open(self) -> Decimal:
        """What has not come back: not billed yet, or billed on a later day."""
        return EXACT.subtract(self.gross, self.recovered)


class Invoice(NamedTuple):
    """What was billed on one invoice on one day."""

    invoice_ref: str
    billed_on: date
    lines: int
    amount: Decimal | None


def bill(actor: User | None, chosen: Sequence[CostLine], billed_on: date | None, invoice_ref: str) -> int:
    """Say when lines were billed on, and by which invoice; None: not after all. Return how many say so newly."""
    pairs = [(line, replace(NewLine.of(line), billed_on=billed_on, invoice_ref=invoice_ref)) for line in chosen]
    before = {line.pk for line in chosen}
    return sum(line.pk not in before for line in lines.correct_all(actor, pairs))


def recovery(filters: Filters, user: User, as_of: date) -> Recovery:
    """Return what recoverable lines come to by a day (METRICS.md 3: recovered once both their dates have passed)."""
    found = _kept(filters, user).filter(incurred_on__lte=as_of)
    billed = Q(billed_on__lte=as_of)
    sums = found.aggregate(
        gross=Sum("base_amount"),
        recovered=Sum("base_amount", filter=billed),
        pending=Count("occurrence", filter=Q(base_amount=None)),
    )
    return Recovery(sums["gross"] or ZERO, sums["recovered"] or ZERO, sums["pending"])


def invoices(filters: Filters, user: User) -> list[Invoice]:
    """Return what was billed by invoice, the latest first."""
    found = _kept(filters, user).filter(billed_on__isnull=False).order_by()
    sums = found.values_list("invoice_ref", "billed_on").annotate(lines=Count("occurrence"), amount=Sum("base_amount"))
    rows = sums.order_by("-billed_on", "invoice_ref")[:INVOICES_SHOWN]
    return [Invoice(reference or "", *rest) for reference, *rest in rows]


def _kept(filters: Filters, user: User) -> CostLineQuerySet:
    return filters.keep(CostLine.objects.live().visible_to(user)).filter(group__recoverable=True)
