"""What the register of recurring costs shows: what each is a month, and when it is due next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from accounts.models import User
from costs.models import RecurringCost, Share, in_force
from costs.registers.borne import Borne
from costs.registers.due_days import PLACES, due_days, months_later
from money.exact import EXACT, ZERO
from money.months import last_day


@dataclass(frozen=True)
class RecurringRow(Borne):
    """A recurring cost as the register shows it, in its own currency."""

    cost: RecurringCost
    amount: Decimal | None  # of the payment that is due next, or was due last
    monthly: Decimal  # that divided by its months; 0 before it starts and once nothing of it counts any more
    next_due: date | None
    due_amount: Decimal | None  # on that day
    counts_until: date | None  # the last month of a spread payment, where it was the last one
    holding_since: date | None  # of the amount that holds today, or held when it was due last
    has_ended: bool
    shares: list[Share]


def recurring_row(cost: RecurringCost, today: date) -> RecurringRow:
    """Return what is shown of a cost; its shares and amounts are prefetched."""
    next_due, last_due = _next_due(cost, today), _last_due(cost)
    until = _counts_until(cost, last_due)
    has_ended = cost.ends_on is not None and max(cost.ends_on, until or cost.ends_on) < today
    amounts = [(row.since, row.amount) for row in cost.amounts.all()]
    amount = in_force(amounts, min(max(today, cost.starts_on), last_due or date.max))
    # A spread payment that was the last one counts to the end of its months, wherever among them the cost itself ends.
    counts = cost.starts_on <= today and not has_ended and (next_due is not None or until is None or today <= until)
    monthly = ZERO if not counts or amount is None else EXACT.divide(amount, Decimal(cost.every_months))
    shares = [share for share in cost.shares.all() if share.holds_on(max(today, cost.starts_on))]
    return RecurringRow(
        cost,
        amount,
        monthly.quantize(PLACES, context=EXACT),
        next_due,
        in_force(amounts, next_due) if next_due else None,
        until if counts and not next_due else None,
        max((since for since, _amount in amounts if since <= min(today, last_due or date.max)), default=None),
        has_ended,
        shares,
    )


def _next_due(cost: RecurringCost, today: date) -> date | None:
    """Return the first day after today on which it is due; None where there is none any more."""
    passed = sum(1 for _ in due_days(cost.starts_on, cost.every_months, cost.ends_on, today))
    day = months_later(cost.starts_on, passed * cost.every_months)
    return day if cost.ends_on is None or day <= cost.ends_on else None


def _last_due(cost: RecurringCost) -> date | None:
    """Return the last day on which it is due at all; None where it goes on, or is never due."""
    if cost.ends_on is None:
        return None
    return max(due_days(cost.starts_on, cost.every_months, cost.ends_on, cost.ends_on), default=None)


def _counts_until(cost: RecurringCost, last_due: date | None) -> date | None:
    """Return the end of the last month that a payment is spread over, which may be past the cost's own end."""
    if last_due is None or not cost.spread or cost.every_months == 1:
        return None
    return last_day(months_later(last_due, cost.every_months - 1))


def visible_recurring(user: User) -> QuerySet[RecurringCost]:
    """Return the recurring costs that a person may see, with what a row of them needs."""
    return (
        RecurringCost.objects.visible_to(user)
        .select_related("category")
        .prefetch_related("shares__initiative", "amounts")
    )
