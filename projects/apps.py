"""App configuration."""

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Why and who: business units, initiatives, intake, stages."""

    name = "projects"

    def ready(self) -> None:
        """Make the import formats known."""
        from imports.registry import register
        from projects.importers.federal_ai_inventory import FederalAiInventory

        register(FederalAiInventory)
