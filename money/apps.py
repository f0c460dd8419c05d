"""App configuration."""

from django.apps import AppConfig


class MoneyConfig(AppConfig):
    """Currencies and exchange rates."""

    name = "money"
