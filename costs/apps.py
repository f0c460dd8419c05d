"""App configuration."""

from django.apps import AppConfig


class CostsConfig(AppConfig):
    """What it cost: cost lines, budgets, rollups."""

    name = "costs"

    def ready(self) -> None:
        """Value pending lines when rates arrive; make the format and the step of the intake known."""
        from costs import pending
        from costs.importers.costs_csv import CostsCsv
        from costs.intake import STEP
        from imports import registry
        from money import hooks as money_hooks
        from projects import intake

        money_hooks.after_rates_added.append(pending.after_rates_added)
        money_hooks.pending_by_currency.append(pending.pending_by_currency)
        registry.register(CostsCsv)
        intake.register(STEP, after="timeline")
