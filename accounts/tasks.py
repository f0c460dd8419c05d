"""Background jobs of accounts."""

from __future__ import annotations

from celery import shared_task
from django.core.management import call_command


@shared_task(name="accounts.clear_sessions")
def clear_sessions() -> None:
    """Drop the sessions that are over: the database keeps them otherwise."""
    call_command("clearsessions")
