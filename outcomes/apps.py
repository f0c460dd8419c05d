"""App configuration."""

from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    """Did it work: target outcomes, measurements, benefits."""

    name = "outcomes"

    def ready(self) -> None:
        """Keep benefits right when stages or rates change; ask about the outcome in the intake."""
        from imports.registry import register
        from money import hooks as money_hooks
        from outcomes import rollups
        from outcomes.header import count, pages, record_action
        from outcomes.importers.measurements_csv import MeasurementsCsv
        from outcomes.intake import STEP
        from projects import hooks as projects_hooks
        from projects import intake

        register(MeasurementsCsv)
        projects_hooks.after_stage_change.append(rollups.rebuild_initiatives)
        money_hooks.after_rates_added.append(rollups.after_rates_added)
        money_hooks.pending_by_currency.append(rollups.pending_by_currency)
        projects_hooks.header_actions.append(record_action)
        projects_hooks.tab_counts["outcomes"] = count
        projects_hooks.history_pages["outcomes.outcome"] = pages
        intake.register(STEP, after="why")
