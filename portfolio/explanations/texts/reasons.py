"""Why a figure does not exist, and why it had to leave something out, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from costs.budgets.figures import BUDGET_WAITS, NO_BUDGET
from portfolio.explanations.definition import Words

# Why a figure does not exist, or what it had to leave out.
REASONS: dict[str, Words] = {
    "no prototypes": _("There is no prototype yet."),
    "nobody before": _("None has entered the stage before."),
    "nobody in both": _("None has entered both stages."),
    "none decided": _("None has reached production or failed yet."),
    "none in production": _("None has reached production yet."),
    "no cost counted": _("No cost of theirs is counted."),
    "no known dates": _("The dates that it needs are not known."),
    "none observed so long": _("No prototype has been observed for so long."),
    "filtered": _("Unallocated cost belongs to no initiative, so a filter cannot apply to it."),
    "no net cost": _("There is no net cost to divide by."),
    "no cost": _("There is no cost to divide by."),
    "no flow": _("There is neither cost nor measured benefit."),
    "one date": _("All flows lie on one day."),
    "no sign change": _("The flows never change sign."),
    "every rate": _("Every rate makes flows of zero worth nothing."),
    "no rate": _("No rate makes the flows worth nothing."),
    "several rates": _("Several rates make the flows worth nothing."),
    "not both observed": _("Guided and aimless prototypes have not both been observed for six months."),
    "no aimless by then": _(
        "Of the aimless prototypes whose dates are known none reached production within these months."
    ),
    "not a year before": _("A year before, or today, the figure does not exist."),
    "not reached": _("Benefit has not yet covered the cost."),
    "pending lines": _("waiting for an exchange rate"),
    "pending readings": _("waiting for an exchange rate"),
    "a date unknown": _("a date unknown"),
    "absent": _("date absent in the source"),
    "unreadable": _("date unreadable in the source"),
    "year-only": _("only the year is known"),
    "planned": _("the date was only planned"),
    "out of order": _("the date lay before an earlier stage’s"),
    "not known": _("the day is not known any more"),
    "no budget": NO_BUDGET,
    "budget waits": BUDGET_WAITS,
    "no index": _("Nothing is due or nothing was spent yet, so there is no cost performance index."),
    "pending budget lines": _("waiting for an exchange rate"),
}


# What a reason counts, where that is not initiatives.
LEFT_OUT = {"pending lines": "cost lines", "pending readings": "readings", "pending budget lines": "budget lines"}


def reason(code: str) -> Words:
    """Return the words of a reason."""
    return REASONS[code] if code else ""
