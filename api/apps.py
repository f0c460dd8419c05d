"""App configuration."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The HTTP contract's plumbing: strict JSON, problems, paging, idempotency."""

    name = "api"
