"""App configuration."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """Import jobs: the one pipeline that every importer runs through."""

    name = "imports"
