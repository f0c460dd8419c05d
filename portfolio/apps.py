"""App configuration."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PortfolioConfig(AppConfig):
    """What it adds up to: figures and dashboards."""

    name = "portfolio"

    def ready(self) -> None:
        """Tell the projects room how to find guidance and money, so that its lists and its API can show them."""
        from portfolio import benchmarks
        from projects import hooks

        post_migrate.connect(benchmarks.bring_up, sender=self)
        hooks.guidance_of = _found("portfolio.reading", "guidance_of")
        hooks.money_of = _found("portfolio.money_of", "money_of")
        hooks.money_sorts["gross_cost"] = _found("portfolio.money_of", "by_gross_cost")
        hooks.money_sorts["realised_benefit"] = _found("portfolio.money_of", "by_benefit")


def _found(module: str, name: str) -> Callable[..., Any]:
    """Return a function that is imported when first asked: a room below that is being rebuilt stops no command."""

    def ask(*arguments: Any, **named: Any) -> Any:
        return getattr(import_module(module), name)(*arguments, **named)

    return ask
