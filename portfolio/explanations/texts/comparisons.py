"""What figures mean that hold two others against each other."""

# ruff: noqa: E501 - sentences are not broken

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portfolio.explanations.definition import Definition

COMPARISONS: dict[str, Definition] = {
    "guided_to_aimless": Definition(
        _("Guided against aimless"),
        _("How many times as likely a guided prototype is to be in production as an aimless one: one probability divided by the other, at the latest of 6, 12, 18, 24 and 36 months that both have been observed for. The chart’s title says it only where their 95\u202f% intervals do not touch, and each cohort has five in production at least."),
        _("%(guided_share)s of the guided ÷ %(aimless_share)s of the aimless, within %(horizon)s = %(value)s"), "times",
    ),
}  # fmt: skip

_OF_MONEY = _("%(now)s − %(was)s a year before = %(value)s")
_SAME_ONES = _(
    "The change against the same day of the year before, of the initiatives that are counted today: the figure now less what it was for them then."
)

# Beside the headline figures alone.
CHANGES: dict[str, Definition] = {
    "within_24_in_a_year": Definition(
        _("In production in 24 months, change in a year"), _SAME_ONES,
        _("%(now_share)s − %(was_share)s a year before = %(value)s"), "points", parts=("production_within_24",),
    ),
    "cost_per_production_in_a_year": Definition(
        _("Cost per production deployment, change in a year"), _SAME_ONES, _OF_MONEY, "money_change", parts=("cost_per_production",),
    ),
    "net_benefit_in_a_year": Definition(
        _("Net benefit, change in a year"), _SAME_ONES, _OF_MONEY, "money_change", parts=("net_benefit",),
    ),
    "spend_without_outcome_in_a_year": Definition(
        _("Spent without a target outcome, change in a year"), _SAME_ONES, _OF_MONEY, "money_change", parts=("spend_without_outcome",),
    ),
}  # fmt: skip
