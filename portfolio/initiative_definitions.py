"""What each figure of one initiative means where that is another thing than of the portfolio."""

# ruff: noqa: E501 - sentences are not broken

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portfolio.definition import Definition
from portfolio.definitions import DEFINITIONS

OF_ONE: dict[str, Definition] = DEFINITIONS | {
    "gross_cost": Definition(
        _("Gross cost"),
        _("Everything spent on this initiative to the date, in the base currency at the rate of each line's date; of a line that is shared, its part."),
        _("sum of its cost lines (months with cost: %(months)s) = %(value)s"), "money",
    ),
    "recovered": Definition(
        _("Recovered"),
        _("Its recoverable cost lines that were billed on by the date."),
        _("sum of its lines that were billed on (months with any: %(months)s) = %(value)s"), "money",
    ),
    "pending_lines": Definition(
        _("Pending cost lines"),
        DEFINITIONS["pending_lines"].meaning,
        _("%(value)s of its cost lines"), "number",
    ),
    "budget_total": Definition(
        _("Budget in all"),
        _("The budget lines approved by the date, in the base currency at the rate of their approval; several lines for a month add up."),
        _("sum of its budget lines (months with a budget: %(months)s) = %(value)s"), "money",
    ),
    "budget_due": Definition(
        _("Budget to date"),
        _("What of the budget is due by the date: months before in full, the month of the date by its days, the date included."),
        _("%(full_months)s of full months + %(running)s × %(passed)s ÷ %(days)s days of this month = %(value)s"), "money",
    ),
    "budget_variance": Definition(
        _("Against budget"),
        _("Gross cost less the budget due by the date. Above zero, more was spent than planned."),
        _("%(gross)s gross cost − %(due)s budget to date = %(value)s"), "money",
    ),
    "estimate_at_completion": Definition(
        _("Estimate at completion"),
        _("Where the cost will end if what is left of the budget is spent as planned: gross cost and the budget still to come."),
        _("%(gross)s gross cost + %(left)s of the budget to come = %(value)s"), "money",
    ),
    "estimate_by_performance": Definition(
        _("Estimate at completion, by cost performance"),
        _("Where the cost will end if the rest costs as much more, or less, as what was due so far: the whole budget divided by the cost performance index."),
        _("%(total)s budget ÷ (%(due)s due ÷ %(gross)s spent) = %(value)s"), "money",
    ),
}  # fmt: skip
