"""Background jobs of costs."""

from __future__ import annotations

from celery import shared_task

from costs import generators, pending
from costs.ai import categories as ai_categories
from costs.allocation import runs as allocation_runs
from costs.budgets import notice_letters, notices
from costs.prices import repricing
from costs.reconciliation import sources as ledger_sources
from costs.runs import queue

# What a run does, by what it is about.
WAITING = {
    queue.About.RULES: allocation_runs.apply_waiting,
    queue.About.LABELS: ai_categories.synchronise_waiting,
    queue.About.LEDGER: ledger_sources.take_waiting,
    queue.About.RATES: pending.value_waiting,
}


@shared_task(name="costs.raise_budget_notices")
def raise_budget_notices() -> int:
    """Raise what no write has raised: a cost or an approval that was dated ahead counts from today."""
    return notices.raise_reached()


@shared_task(name="costs.mail_budget_notices")
def mail_budget_notices() -> int:
    """Write letters about notices that nobody has been told of yet; `accounts.send_letters` sends them."""
    return notice_letters.write_due()


@shared_task(name="costs.generate_lines")
def generate_lines() -> int:
    """Bring the ledger to what the registers say today; return how many lines came, changed or went."""
    return generators.synchronise().changed


@shared_task(name="costs.run_waiting")
def run_waiting() -> int:
    """Bring cost to what was decided, and to the prices asked for, while anything waits; say how many runs that took.

    Before that budgets get their rate whose day of approval has come. Safe to run twice at once: each does what the
    other is not on.
    """
    pending.value_approved_budgets()
    runs = 0
    while queue.run_next(WAITING) or repricing.run_next():
        runs += 1
    return runs


@shared_task(name="costs.follow_use")
def follow_use() -> int:
    """Renew shares that follow use; say how many lines moved."""
    run = allocation_runs.follow_use()
    return run.lines if run else 0
