"""What the history calls what is recorded: actions, kinds of things, fields, and why a day is unknown."""

from __future__ import annotations

from django.utils.translation import gettext_lazy, pgettext_lazy

ACTIONS = {
    "create": gettext_lazy("Created"),
    "edit": gettext_lazy("Changed"),
    "move": gettext_lazy("Stage moved"),
    "hold": gettext_lazy("On hold"),
    "take_back": gettext_lazy("Stage move taken back"),
    "redate": gettext_lazy("Date of a stage corrected"),
    "resume": gettext_lazy("Work goes on"),
    "correct_hold": gettext_lazy("Pause corrected"),
    "take_back_hold": gettext_lazy("Pause taken back"),
    "correct": gettext_lazy("Corrected"),
    "withdraw": gettext_lazy("Withdrawn"),
    "validate": pgettext_lazy("history", "Validated"),
    "unvalidate": gettext_lazy("Validation taken back"),
    "delete": gettext_lazy("Deleted"),
    "import": gettext_lazy("Imported"),
    "imports": gettext_lazy("Imported"),
    "revert": gettext_lazy("Import taken back"),
    "apply": gettext_lazy("Cost allocated"),
    "reprice": gettext_lazy("Recalculated"),
    "value": gettext_lazy("Cost valued"),
    "generate": gettext_lazy("Cost brought up to date"),
}
# What other rooms record about an initiative; their models are known here by name only.
KINDS = {
    "outcomes.outcome": gettext_lazy("Outcome"),
    "outcomes.measurement": gettext_lazy("Reading"),
    "costs.costline": gettext_lazy("Cost line"),
    "costs.usageline": gettext_lazy("Token usage"),
    "costs.budgetline": gettext_lazy("Budget line"),
    "costs.labourrole": gettext_lazy("Days of work"),
    "accounts.organisation": gettext_lazy("Registers"),
    "costs.aicategoryrule": gettext_lazy("AI category"),
    "costs.asset": gettext_lazy("Own hardware"),
    "costs.energyprice": gettext_lazy("Energy price"),
    "costs.recurringcost": gettext_lazy("Recurring cost"),
    "costs.allocationrun": gettext_lazy("Allocation rules"),
    "costs.ledgersource": gettext_lazy("Ledger source"),
    "costs.repricing": gettext_lazy("Token prices"),
    "imports.import": gettext_lazy("File"),
    "money.exchangerate": gettext_lazy("Exchange rates"),
}
# Whose dated values stand in rows of their own.
DATED = {"outcomes.outcome": "outcomes.outcometerms"}
# Names that no model field carries.
FIELDS = {
    "plan_agreed_on": gettext_lazy("Plan agreed on"),
    "stage": gettext_lazy("Stage"),
    "started_on": gettext_lazy("On hold since"),
    "ended_on": gettext_lazy("Work went on"),
    "reason": gettext_lazy("Reason"),
    "effective_on": gettext_lazy("Effective on"),
    "known_by": gettext_lazy("Had happened by"),
    "unknown_reason": gettext_lazy("Why the day is not known"),
    "rationale": gettext_lazy("Rationale"),
    "override": gettext_lazy("Gate passed by override"),
    "business_unit": gettext_lazy("Business unit"),
    "owner": gettext_lazy("Owner"),
    "sponsor": gettext_lazy("Sponsor"),
    "tags": gettext_lazy("Tags"),
    "members": gettext_lazy("Members"),
    "cost_lines": gettext_lazy("Cost lines"),
    "gross_cost": gettext_lazy("Gross cost"),
}
UNKNOWN_REASONS = {
    "absent": gettext_lazy("The source gave no date."),
    "unreadable": gettext_lazy("The source’s date could not be read."),
    "year-only": gettext_lazy("The source gave only the year."),
    "planned": gettext_lazy("The source gave a plan, not a date."),
    "out of order": gettext_lazy("The source’s date lies before that of an earlier stage."),
    "not known": gettext_lazy("Nobody knows the day any more."),
}
