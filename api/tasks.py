"""Background jobs of the HTTP plumbing."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from api.idempotency import KEPT
from api.models import FirstAnswer


@shared_task(name="api.forget_answers")
def forget_answers() -> None:
    """Drop the first answers whose time is over."""
    FirstAnswer.objects.filter(at__lte=timezone.now() - KEPT).delete()
