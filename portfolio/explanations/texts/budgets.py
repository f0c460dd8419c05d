"""What each figure of a budget means, of a set and of one initiative."""

# ruff: noqa: E501 - sentences are not broken

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portfolio.explanations.definition import Definition

BUDGET_OF_ONE: dict[str, Definition] = {
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
        _("%(gross)s gross cost − %(due)s budget to date = %(value)s"), "money_change",
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

# Whoever has no budget has nothing to be compared with, and is left out on both sides.
BUDGET_OF_SET: dict[str, Definition] = {
    "budget_total": Definition(
        _("Budget in all"),
        _("The budget lines of its initiatives that were approved by the as-of date, in the base currency at the rate of their approval."),
        _("budgets of %(initiatives)s = %(value)s"), "money",
    ),
    "budget_due": Definition(
        _("Budget to date"),
        _("What of these budgets is due by the as-of date: months before in full, the month of the date by its days, the date included."),
        _("budgets of %(initiatives)s, to date = %(value)s"), "money",
    ),
    "budget_variance": Definition(
        _("Against budget"),
        _("Gross cost of the initiatives that have a budget, less what of it is due by the as-of date. Above zero, more was spent than planned. Who has no budget counts on neither side."),
        _("%(gross)s gross cost of %(initiatives)s − %(due)s budget to date = %(value)s"), "money_change",
    ),
    "estimate_at_completion": Definition(
        _("Estimate at completion"),
        _("Where the cost of the initiatives that have a budget will end if what is left of it is spent as planned: gross cost and the budget still to come."),
        _("%(gross)s gross cost of %(initiatives)s + %(left)s of the budget to come = %(value)s"), "money",
    ),
    "estimate_by_performance": Definition(
        _("Estimate at completion, by cost performance"),
        _("Where their cost will end if the rest costs as much more, or less, as what was due so far: the whole budget divided by the cost performance index of the set."),
        _("%(total)s budget ÷ (%(due)s due ÷ %(gross)s spent) = %(value)s"), "money",
    ),
}  # fmt: skip
