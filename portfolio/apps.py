"""App configuration."""

from django.apps import AppConfig


class PortfolioConfig(AppConfig):
    """What it adds up to: figures and dashboards."""

    name = "portfolio"
