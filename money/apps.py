"""App configuration."""

from django.apps import AppConfig


class MoneyConfig(AppConfig):
    """Currencies and exchange rates."""

    name = "money"

    def ready(self) -> None:
        """Rates are in the base currency: once there is one, it stays."""
        from accounts import organisation
        from money.models import ExchangeRate

        organisation.amounts_recorded.append(ExchangeRate.objects.exists)
