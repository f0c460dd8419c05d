"""Intake: one question at a time, saved on the server as one goes; each room asks its own.

A room adds a question in its AppConfig.ready::

    from projects import intake
    intake.register(intake.IntakeStep("outcome", _("Outcome"), OutcomeStepForm, create_outcome, …), after="why")
"""

from projects.intake.registry import Check, IntakeStep, register, steps

__all__ = ["Check", "IntakeStep", "register", "steps"]
