"""What the register of recurring costs shows: what each is a month, and when it is due next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costs.models import RecurringCost, Share, in_force
from costs.registers.borne import Borne
from costs.registers.due_days import PLACES, due_days, months_later
from money.exact import EXACT

ZERO = Decimal(0)


@dataclass(frozen=True)
class RecurringRow(Borne):
    """A recurring cost as the register shows it, in its own currency."""

    cost: RecurringCost
    amount: Decimal | None  # of the payment that is due next, or was due last
    monthly: Decimal  # that divided by its months; 0 before it starts and once it has ended
    next_due: date | None
    due_amount: Decimal | None  # on that day
    holding_since: date | None  # of the amount that holds today
    has_ended: bool
    shares: list[Share]


def recurring_row(cost: RecurringCost, today: date) -> RecurringRow:
    """Return what is shown of a cost; its shares and amounts are prefetched."""
    next_due = _next_due(cost, today)
    has_ended = cost.ends_on is not None and cost.ends_on < today
    amounts = [(row.since, row.amount) for row in cost.amounts.all()]
    amount = in_force(amounts, max(today, cost.starts_on))
    is_running = cost.starts_on <= today and not has_ended
    monthly = ZERO if not is_running or amount is None else EXACT.divide(amount, Decimal(cost.every_months))
    shares = [share for share in cost.shares.all() if share.holds_on(max(today, cost.starts_on))]
    return RecurringRow(
        cost,
        amount,
        monthly.quantize(PLACES, context=EXACT),
        next_due,
        in_force(amounts, next_due) if next_due else None,
        max((since for since, _amount in amounts if since <= today), default=None),
        has_ended,
        shares,
    )


def _next_due(cost: RecurringCost, today: date) -> date | None:
    """Return the first day after today on which it is due; None where there is none any more."""
    passed = sum(1 for _ in due_days(cost.starts_on, cost.every_months, cost.ends_on, today))
    day = months_later(cost.starts_on, passed * cost.every_months)
    return day if cost.ends_on is None or day <= cost.ends_on else None
