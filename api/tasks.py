"""Background jobs of the HTTP plumbing."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts import once
from accounts.models import SentForm
from api.idempotency import KEPT
from api.models import FirstAnswer


@shared_task(name="api.forget_answers")
def forget_answers() -> None:
    """Drop the first answers, and the notes of forms that were sent, whose time is over."""
    now = timezone.now()
    FirstAnswer.objects.filter(at__lte=now - KEPT).delete()
    SentForm.objects.filter(at__lte=now - once.KEPT).delete()
