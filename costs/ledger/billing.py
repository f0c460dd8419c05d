"""Recoverable costs: billed on to somebody else, many lines at once, through the door that corrects lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, ExpressionWrapper, F, Func, Q, QuerySet, Sum, TextField
from django.db.models.expressions import Combinable

from accounts.models import User
from costs import lines
from costs.ledger.filters import Filters
from costs.models import CostLine
from costs.new_line import NewLine
from money.exact import EXACT, ZERO
from money.fields import ExactDecimalField

MOST_AT_ONCE = 1_000
INVOICES_SHOWN = 12
# A line that has several parts is counted once: by its whole key, of which others may have each part too.
_LINE = Func("group_id", "incurred_on", "fingerprint", "occurrence", function="ROW", output_field=TextField())


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
    found, amount = _parts(filters, user)
    sums = found.filter(incurred_on__lte=as_of).aggregate(
        gross=Sum(amount),
        recovered=Sum(amount, filter=Q(billed_on__lte=as_of)),
        pending=Count(_LINE, distinct=True, filter=Q(base_amount=None)),
    )
    return Recovery(sums["gross"] or ZERO, sums["recovered"] or ZERO, sums["pending"])


def invoices(filters: Filters, user: User) -> list[Invoice]:
    """Return what was billed by invoice, the latest first."""
    found, amount = _parts(filters, user)
    billed = found.filter(billed_on__isnull=False).order_by().values_list("invoice_ref", "billed_on")
    sums = billed.annotate(lines=Count(_LINE, distinct=True), amount=Sum(amount))
    rows = sums.order_by("-billed_on", "invoice_ref")[:INVOICES_SHOWN]
    return [Invoice(reference or "", *rest) for reference, *rest in rows]


def _parts(filters: Filters, user: User) -> tuple[QuerySet[CostLine], Combinable]:
    """Return recoverable lines, in parts where initiatives are asked about, and what of the amount is theirs."""
    found = filters.parts(CostLine.objects.live().visible_to(user)).filter(group__recoverable=True)
    if filters.scope.is_everything:
        return found, F("base_amount")
    return found, ExpressionWrapper(F("base_amount") * F("share"), output_field=ExactDecimalField())
