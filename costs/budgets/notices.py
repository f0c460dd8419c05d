"""Notices that a share of a budget is used up: raised once, by one statement for any number of initiatives.

Compared is gross cost to date with the *whole* budget approved by that day, not with the part of it that is due: "how
much of the money is gone" is what somebody who granted it asks. Being ahead of the plan is the variance, a figure and
a signal of its own.

A notice is about an amount of money: 80 % of 100,000 is 80,000. It is raised when that amount is reached, and never
again for an amount that a notice of the same or a higher threshold has already seen spent. So a value that falls and
rises again, or a job that runs twice, raises nothing; an enlarged budget raises the threshold anew only when spending
reaches the larger amount. Where several thresholds are passed at once, only the highest is told. While a line of the
budget waits for an exchange rate the whole is not known, and nothing is raised.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from accounts.models import User
from costs.budgets.totals import BUDGETS
from costs.models import BudgetNotice, NoticeThresholds
from costs.totals import TO_DATE, parts_of

RAISE = """
WITH spent (initiative_id, gross, recovered) AS ({spent}),
     budget (initiative_id, total, due_before, running, pending) AS ({budgets})
INSERT INTO costs_budgetnotice (initiative_id, threshold, spent, budget, raised_on)
SELECT initiative_id, reached.threshold, spent.gross, budget.total, %(as_of)s
FROM spent JOIN budget USING (initiative_id)
CROSS JOIN LATERAL (
    SELECT max(threshold) AS threshold FROM unnest(
        coalesce((SELECT percents::int[] FROM costs_noticethresholds), %(usual)s::int[])
    ) AS possible (threshold)
    WHERE spent.gross * 100 >= budget.total * threshold
) AS reached
WHERE budget.total > 0 AND budget.pending = 0 AND reached.threshold IS NOT NULL AND NOT EXISTS (
    SELECT FROM costs_budgetnotice AS before
    WHERE before.initiative_id = spent.initiative_id AND before.threshold >= reached.threshold
      AND before.spent * 100 >= budget.total * reached.threshold
)
ON CONFLICT DO NOTHING
"""


def current() -> list[int]:
    """Return the thresholds in per cent, the smallest first; none where no notices are wanted."""
    kept = NoticeThresholds.objects.first()
    return list(NoticeThresholds.USUAL) if kept is None else kept.percents


def raise_reached(ids: Collection[int] | None = None, as_of: date | None = None) -> int:
    """Raise what is due for some initiatives, or for all; return how many."""
    text, given = statement(ids, as_of)
    with connection.cursor() as cursor:
        cursor.execute(text, given)
        return cursor.rowcount


def statement(ids: Collection[int] | None = None, as_of: date | None = None) -> tuple[str, dict[str, Any]]:
    """Return the statement that raises what is due, and what it is given."""
    these = "initiative_id > 0" if ids is None else "initiative_id = ANY(%(ids)s)"
    given = {"ids": None if ids is None else list(ids), **parts_of(as_of or timezone.localdate())}
    text = RAISE.format(spent=TO_DATE.format(these=these), budgets=BUDGETS.format(these=these))
    return text, {**given, "usual": list(NoticeThresholds.USUAL)}


class StillTrue(NamedTuple):
    """The threshold that is passed still, in per cent, and the last notice, which was of that one or a higher one."""

    threshold: int
    last: BudgetNotice

    @property
    def share(self) -> Decimal:
        """The threshold as a share: 0.8."""
        return Decimal(self.threshold) / 100


def still_true(initiative_id: int, used: Decimal | None) -> StillTrue | None:
    """Return what the last notice about an initiative still says, while that much of its budget (a share) is used."""
    last = BudgetNotice.objects.filter(initiative=initiative_id).first() if used is not None else None
    if last is None or used is None:
        return None
    told = (each for each in {*current(), last.threshold} if each <= min(last.threshold, used * 100))
    threshold = max(told, default=None)
    return None if threshold is None else StillTrue(threshold, last)


def mark_seen(user: User, ids: Collection[int]) -> None:
    """Note that a person has seen notices. It is theirs alone and changes no figure, so it leaves no trail."""
    seen = BudgetNotice.seen_by.through
    seen.objects.bulk_create((seen(budgetnotice_id=pk, user_id=user.pk) for pk in ids), ignore_conflicts=True)
