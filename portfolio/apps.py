"""App configuration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PortfolioConfig(AppConfig):
    """What it adds up to: figures and dashboards."""

    name = "portfolio"

    def ready(self) -> None:
        """Tell the projects room how to find guidance and money, so that its lists and its API can show them."""
        from portfolio import initiative_hooks
        from portfolio.benchmarks.shipped import synchronise
        from projects import hooks

        post_migrate.connect(synchronise, sender=self)
        hooks.guidance_of = initiative_hooks.guidance_of
        hooks.money_of = initiative_hooks.money_of
        hooks.money_sorts["gross_cost"] = initiative_hooks.by_gross_cost
        hooks.money_sorts["realised_benefit"] = initiative_hooks.by_benefit
        hooks.money_sorts["budget_total"] = initiative_hooks.by_budget
        hooks.money_sorts["budget_variance"] = initiative_hooks.by_variance
        hooks.money_sorts["estimate_at_completion"] = initiative_hooks.by_estimate
