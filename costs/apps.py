"""App configuration."""

from django.apps import AppConfig


class CostsConfig(AppConfig):
    """What it cost: cost lines, budgets, rollups."""

    name = "costs"
