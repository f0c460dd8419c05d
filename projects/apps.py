"""App configuration."""

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Why and who: business units, initiatives, intake, stages."""

    name = "projects"
