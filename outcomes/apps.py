"""App configuration."""

from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    """Did it work: target outcomes, measurements, benefits."""

    name = "outcomes"

    def ready(self) -> None:
        """Keep benefits right when stages or rates change."""
        from money import hooks as money_hooks
        from outcomes import rollups
        from projects import hooks as projects_hooks

        projects_hooks.after_stage_change.append(rollups.rebuild_initiatives)
        money_hooks.after_rates_added.append(rollups.after_rates_added)
        money_hooks.pending_by_currency.append(rollups.pending_by_currency)
