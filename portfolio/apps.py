"""App configuration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PortfolioConfig(AppConfig):
    """What it adds up to: figures and dashboards."""

    name = "portfolio"

    def ready(self) -> None:
        """Tell the projects room how to find guidance and money, so that its lists and its API can show them."""
        from portfolio import benchmarks, money_of, reading
        from projects import hooks

        post_migrate.connect(benchmarks.bring_up, sender=self)
        hooks.guidance_of = reading.guidance_of
        hooks.money_of = money_of.money_of
        hooks.money_sorts["gross_cost"] = money_of.by_gross_cost
        hooks.money_sorts["realised_benefit"] = money_of.by_benefit
