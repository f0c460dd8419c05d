"""Licences and other costs that come again as cost lines: what is due on its day, or a part of it each month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from costs.generators import restating
from costs.generators.restating import Restated
from costs.generators.shared import shared
from costs.models import RecurringCost, in_force
from costs.new_line import NewLine
from costs.registers.due_days import due_days, months_later, parts
from costs.registers.generated import RECURRING
from money.exact import EXACT


def reference(cost: RecurringCost) -> str:
    """Return what its lines have as their resource."""
    return f"recurring:{cost.pk}"


def synchronise(actor: User | None, about: models.Model, costs: Sequence[RecurringCost] | None = None) -> Restated:
    """Bring the ledger to what these costs, or all, come to by today."""
    found = RecurringCost.objects.select_related("category").prefetch_related("shares__initiative", "amounts")
    within = None
    if costs is not None:
        found = found.filter(pk__in=[cost.pk for cost in costs])
        within = Q(group__resource__in=[reference(cost) for cost in costs])
    return restating.bring_to(actor, RECURRING, wanted(found, timezone.localdate()), about, within)


def wanted(costs: Iterable[RecurringCost], to: date) -> Iterator[NewLine]:
    """Yield the lines that costs come to by a day."""
    for cost in costs:
        shares = cost.shares.all()
        for on, amount in payments(cost, to):
            if amount:
                yield from shared(_line(cost, on, amount), shares)


def payments(cost: RecurringCost, to: date) -> Iterator[tuple[date, Decimal]]:
    """Yield (day, amount) up to a day. A payment that is spread is so over all months it is for, also past the end."""
    amounts = [(row.since, row.amount) for row in cost.amounts.all()]
    for due in due_days(cost.starts_on, cost.every_months, cost.ends_on, to):
        amount = in_force(amounts, due)
        if amount is None:
            continue
        if not cost.spread:
            yield due, amount
            continue
        for place, part in enumerate(parts(amount, cost.every_months)):
            on = months_later(due, place)
            if on <= to:
                yield on, part


def _line(cost: RecurringCost, on: date, amount: Decimal) -> NewLine:
    return NewLine(
        initiative=None,
        incurred_on=on,
        category=cost.category,
        amount=amount.normalize(EXACT),
        currency=cost.currency,
        recurring=True,
        recoverable=cost.recoverable,
        vendor=cost.vendor,
        resource=reference(cost),
        description=cost.name,
        external_id=f"{reference(cost)}:{on:%Y-%m}",
        source=RECURRING,
    )
