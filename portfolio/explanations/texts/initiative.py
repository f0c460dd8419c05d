"""What each figure of one initiative means where that is another thing than of the portfolio."""

# ruff: noqa: E501 - sentences are not broken

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portfolio.explanations.definition import Definition
from portfolio.explanations.texts.budgets import BUDGET_OF_ONE
from portfolio.explanations.texts.portfolio import DEFINITIONS

OF_ONE: dict[str, Definition] = DEFINITIONS | BUDGET_OF_ONE | {
    "gross_cost": Definition(
        _("Gross cost"),
        _("Everything spent on this initiative to the date, in the base currency at the rate of each line’s date; of a line that is shared, its part."),
        _("sum of its cost lines (months with cost: %(months)s) = %(value)s"), "money",
    ),
    "recovered": Definition(
        _("Recovered"),
        _("Its recoverable cost lines that were billed on by the date."),
        _("sum of its lines that were billed on (months with any: %(months)s) = %(value)s"), "money",
    ),
    "pending_lines": Definition(
        _("Cost lines waiting for an exchange rate"),
        DEFINITIONS["pending_lines"].meaning,
        _("%(value)s of its cost lines"), "number",
    ),
}  # fmt: skip
