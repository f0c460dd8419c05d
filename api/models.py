"""The first answers to writes that carried an idempotency key."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class FirstAnswer(models.Model):
    """What a write answered the first time its key was sent; kept for 24 hours."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    # SHA-256 of method, address and body: the same key with anything else is a conflict.
    request_digest = models.BinaryField()
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField()
    content = models.BinaryField()
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_user_and_key")]

    def __str__(self) -> str:
        return self.key
