"""Background jobs of accounts."""

from __future__ import annotations

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from accounts import mail, once
from accounts.models import SentForm


@shared_task(name="accounts.clear_sessions")
def clear_sessions() -> None:
    """Drop the sessions that are over: the database keeps them otherwise."""
    call_command("clearsessions")


@shared_task(name="accounts.send_letters")
def send_letters() -> int:
    """Send the letters that people wait for; say how many went out. Two runs at once share them."""
    return mail.send_due()


@shared_task(name="accounts.clear_letters")
def clear_letters() -> None:
    """Drop the letters of long ago."""
    mail.forget()


@shared_task(name="accounts.forget_sent_forms")
def forget_sent_forms() -> None:
    """Drop the notes of forms that were sent whose time is over."""
    SentForm.objects.filter(at__lte=timezone.now() - once.KEPT).delete()
