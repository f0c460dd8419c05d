"""The door for budgets: monthly lines are added and taken back, audited, at the rate of the day of approval.

In another currency than the base's, one that will be approved on a day yet to come has no value before that day: its
rate may still be entered (`costs.pending`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from accounts.changes import changing
from accounts.models import User
from api.decimals import plain
from costs import rollups
from costs.budgets import notices
from costs.models import BudgetLine, Category
from money.rates import convert, rates_on
from projects.models import Initiative


@dataclass(frozen=True)
class NewBudget:
    """Money for a month. `category` None: for whatever it is needed."""

    initiative: Initiative
    month: date
    category: Category | None
    amount: Decimal
    currency: str
    approved_on: date


def add(actor: User | None, rows: Sequence[NewBudget]) -> list[BudgetLine]:
    """Add budget lines, all or none. One that will be approved on a day yet to come counts from that day."""
    with changing(actor) as change:
        rollups.lock()  # a rate that arrives meanwhile would otherwise be missed
        rates = rates_on({(row.currency, row.approved_on) for row in rows}, to=timezone.localdate())
        made = BudgetLine.objects.bulk_create(
            _line(row, rates[row.currency, row.approved_on], actor, change.at) for row in rows
        )
        for line in made:
            change.record(
                line, "create", {n: (None, v) for n, v in audit_values(line).items() if v}, line.initiative_id
            )
        notices.raise_reached({line.initiative_id for line in made})
    return made


def remove(actor: User | None, lines: Sequence[BudgetLine]) -> None:
    """Take budget lines back; those that somebody else has taken back meanwhile are gone already."""
    with changing(actor) as change:
        rollups.lock()  # who saves the table of a budget relies on its lines
        there = BudgetLine.objects.filter(pk__in=[line.pk for line in lines])
        left = list(there.select_related("category"))
        for line in left:
            gone = {name: (value, None) for name, value in audit_values(line).items() if value}
            change.record(line, "delete", gone, line.initiative_id)
        there.delete()
        notices.raise_reached({line.initiative_id for line in left})


def audit_values(line: BudgetLine) -> dict[str, object]:
    """Return a budget line as the audit trail tells it."""
    return {
        "month": f"{line.month:%Y-%m}",
        "category": line.category.name if line.category else None,
        "amount": plain(line.amount),
        "currency": line.currency,
        "approved_on": line.approved_on,
    }


def _line(row: NewBudget, rate: Decimal | None, actor: User | None, at: datetime) -> BudgetLine:
    return BudgetLine(
        initiative=row.initiative,
        month=row.month,
        category=row.category,
        amount=row.amount,
        currency=row.currency,
        approved_on=row.approved_on,
        rate=rate,
        base_amount=None if rate is None else convert(row.amount, rate),
        recorded_by=actor,
        recorded_at=at,
    )
