"""App configuration."""

from django.apps import AppConfig


class CostsConfig(AppConfig):
    """What it cost: cost lines, budgets, rollups."""

    name = "costs"

    def ready(self) -> None:
        """Join in with rates, imports, and histories, headers and the intake of initiatives."""
        from costs import initiative_hooks, pending
        from costs.importers.every import FORMATS
        from costs.intake import STEP
        from imports import registry
        from money import hooks as money_hooks
        from projects import hooks as projects_hooks
        from projects import intake

        money_hooks.after_rates_added.insert(0, pending.after_rates_added)
        money_hooks.pending_by_currency.append(pending.pending_by_currency)
        for importer in FORMATS:
            registry.register(importer)
        projects_hooks.referred_to.append(initiative_hooks.charged)
        projects_hooks.history_pages |= {
            "costs.costline": initiative_hooks.lines,
            "costs.asset": initiative_hooks.assets,
            "costs.recurringcost": initiative_hooks.recurring_costs,
            "costs.allocationrule": initiative_hooks.rules,
            "costs.repricing": initiative_hooks.repricings,
        }
        projects_hooks.header_actions.insert(0, initiative_hooks.log_action)
        intake.register(STEP, after="timeline")
