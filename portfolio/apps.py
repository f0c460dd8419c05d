"""App configuration."""

from typing import Any

from django.apps import AppConfig


class PortfolioConfig(AppConfig):
    """What it adds up to: figures and dashboards."""

    name = "portfolio"

    def ready(self) -> None:
        """Tell the projects room how to find guidance, so that its lists and its API can show it."""
        from projects import hooks

        hooks.guidance_of = _guidance_of


def _guidance_of(*arguments: Any, **named: Any) -> Any:
    # Imported when first asked, so that a room below that is being rebuilt does not stop every command.
    from portfolio.reading import guidance_of

    return guidance_of(*arguments, **named)
