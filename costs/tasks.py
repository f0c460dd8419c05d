"""Background jobs of costs."""

from __future__ import annotations

from celery import shared_task

from costs import budget_notices, generators, notice_letters


@shared_task(name="costs.raise_budget_notices")
def raise_budget_notices() -> int:
    """Raise what no write has raised: a cost or an approval that was dated ahead counts from today."""
    return budget_notices.raise_reached()


@shared_task(name="costs.mail_budget_notices")
def mail_budget_notices() -> int:
    """Send the letters about notices that nobody has been told of yet."""
    return notice_letters.send_due()


@shared_task(name="costs.generate_lines")
def generate_lines() -> int:
    """Bring the ledger to what the registers say today; return how many lines came, changed or went."""
    return generators.bring_up().changed
