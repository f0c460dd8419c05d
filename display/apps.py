"""App configuration."""

from django.apps import AppConfig


class DisplayConfig(AppConfig):
    """How things are shown: numbers, dates, charts, form fields. Imports no other room."""

    name = "display"
