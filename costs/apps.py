"""App configuration."""

from django.apps import AppConfig


class CostsConfig(AppConfig):
    """What it cost: cost lines, budgets, rollups."""

    name = "costs"

    def ready(self) -> None:
        """Value pending lines when rates arrive; make the format and the step of the intake known."""
        from costs import pending
        from costs.header import log_action
        from costs.importers.anthropic_cost import AnthropicCost
        from costs.importers.costs_csv import CostsCsv
        from costs.importers.focus import Focus
        from costs.importers.openai_costs import OpenAiCosts
        from costs.importers.usage_csv import UsageCsv
        from costs.intake import STEP
        from imports import registry
        from money import hooks as money_hooks
        from projects import hooks as projects_hooks
        from projects import intake

        money_hooks.after_rates_added.append(pending.after_rates_added)
        money_hooks.pending_by_currency.append(pending.pending_by_currency)
        for importer in (CostsCsv, Focus, OpenAiCosts, AnthropicCost, UsageCsv):
            registry.register(importer)
        projects_hooks.header_actions.insert(0, log_action)
        intake.register(STEP, after="timeline")
