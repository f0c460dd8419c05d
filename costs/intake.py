"""The question of the intake about money: how much, over which months, approved when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation, User
from accounts.permissions import can
from costs.budgets import lines as budget_lines
from costs.budgets.lines import NewBudget
from costs.entry.month_field import MonthField
from costs.models import BudgetLine
from display import numbers
from money.forms import AmountField, CurrencyField
from money.months import next_month
from money.spreading import spread
from projects.forms import DayField
from projects.intake import Check, IntakeStep
from projects.models import Initiative

MOST_MONTHS = 120
TYPED = ("budget", "budget_from", "budget_months", "approved_on")


class FundingForm(forms.Form):
    """A sum spread evenly over months; the budget page takes anything finer. Nothing filled in is an answer too."""

    actor: User | None = None
    budget = AmountField(
        label=gettext_lazy("Budget in all"), required=False, help_text=gettext_lazy("Empty while nothing is approved.")
    )
    budget_currency = CurrencyField(short=True, label=gettext_lazy("Currency"), required=False)
    budget_from = MonthField(label=gettext_lazy("First month"), required=False)
    budget_months = forms.IntegerField(
        label=gettext_lazy("Number of months"),
        required=False,
        min_value=1,
        max_value=MOST_MONTHS,
        help_text=gettext_lazy("The budget is spread evenly over them."),
    )
    approved_on = DayField(label=gettext_lazy("Approved on"), required=False, help_text=gettext_lazy("Default: today."))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("budget_currency", Organisation.current().base_currency)

    def clean(self) -> dict[str, Any]:
        """A budget needs its currency and its months, and somebody who may set it."""
        cleaned: dict[str, Any] = super().clean() or {}
        if all(cleaned.get(name) is None for name in TYPED):
            return cleaned
        if self.actor is not None and not can(self.actor, "budget.edit"):
            self.add_error("budget", _("The portfolio office or finance records budgets. Leave this page empty."))
            return cleaned
        needed = {name: _("A budget needs this.") for name in ("budget_currency", "budget_from", "budget_months")}
        for name, said in ({"budget": _("Say how much, or leave all of this page empty.")} | needed).items():
            if cleaned.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, said)
        return cleaned


def create(initiative: Initiative, cleaned: dict[str, Any], actor: User) -> list[BudgetLine]:
    """Record the budget that was described, if any: the same every month, what does not divide in the last."""
    if cleaned.get("budget") is None:
        return []
    months, unit = [cleaned["budget_from"]], numbers.smallest_unit(cleaned["budget_currency"])
    amounts = spread(cleaned["budget"], [1] * cleaned["budget_months"], unit)
    while len(months) < len(amounts):
        months.append(next_month(months[-1]))
    approved_on = cleaned["approved_on"] or timezone.localdate()
    rows = [
        NewBudget(initiative, month, None, amount, cleaned["budget_currency"], approved_on)
        for month, amount in zip(months, amounts, strict=True)
    ]
    return budget_lines.add(actor, rows)


def checks(typed: Mapping[str, Any]) -> Sequence[Check]:
    """Say whether there is a budget."""
    return [Check(gettext_lazy("Budget"), "ok" if typed.get("budget") else "open")]


STEP = IntakeStep(
    slug="funding",
    title=gettext_lazy("Funding"),
    form_class=FundingForm,
    create=create,
    question=gettext_lazy("What may it cost, and over which months?"),
    checks=checks,
    template="costs/_funding_step.html",
    permission="budget.edit",
)
