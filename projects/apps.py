"""App configuration."""

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Why and who: business units, initiatives, intake, stages."""

    name = "projects"

    def ready(self) -> None:
        """Make this room's import formats and questions of the intake known."""
        from accounts import people
        from imports.registry import register
        from projects import handover
        from projects.importers.federal_ai_inventory import FederalAiInventory
        from projects.importers.initiatives_csv import InitiativesCsv
        from projects.intake.own_steps import register_steps

        register(FederalAiInventory)
        register(InitiativesCsv)
        register_steps()
        people.owned_by.append(handover.owned_by)
