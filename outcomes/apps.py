"""App configuration."""

from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    """Did it work: target outcomes, measurements, benefits."""

    name = "outcomes"
