"""The calculators' pages: the same functions as the API, with fields and explanations around them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts.errors import RuleError
from display.numbers import percent, significant
from money.parsing import parse_amount
from portfolio import calculators as maths
from portfolio.definitions import DEFINITIONS, reason

SHOWN_UTILISATIONS = tuple(Decimal(percent) / 100 for percent in (100, 80, 60, 50, 40, 30, 20, 10, 5))
# name: (label, how it is written)
FINANCE_FIGURES: dict[str, tuple[str | Promise, Callable[[float], str]]] = {
    "npv": (DEFINITIONS["npv"].title, significant),
    "irr": (DEFINITIONS["irr"].title, lambda value: percent(value, 1)),
    "roi": (DEFINITIONS["roi"].title, percent),
    "roi_pv": (DEFINITIONS["roi_pv"].title, percent),
    "pv_benefits": (_("Present value of benefits"), significant),
    "pv_costs": (_("Present value of costs"), significant),
    "payback_months": (_("Payback, months"), significant),
    "discounted_payback_months": (_("Discounted payback, months"), significant),
}


class TokenForm(forms.Form):
    """What a machine costs and does."""

    cost_per_hour = forms.DecimalField(label=_("Cost per hour"), initial=maths.EXAMPLE["cost_per_hour"])
    tokens_per_second = forms.DecimalField(label=_("Tokens per second"), initial=maths.EXAMPLE["tokens_per_second"])
    utilisation = forms.DecimalField(
        label=_("Utilisation, %"), initial=30, help_text=_("Share of the hours in which the machine really works.")
    )


class FinanceForm(forms.Form):
    """Yearly benefits and costs, one number a year; the first is today's."""

    rate = forms.DecimalField(label=_("Discount rate, %"), initial=10)
    benefits = forms.CharField(
        label=_("Benefits by year"),
        initial="0 500 600 700",
        help_text=_("One number a year, apart by spaces; the first is now."),
    )
    costs = forms.CharField(
        label=_("Costs by year"), initial="900 100 100 100", help_text=_("As many numbers as benefits.")
    )

    def clean_benefits(self) -> list[Decimal]:
        """Read the numbers."""
        return _amounts(self.cleaned_data["benefits"])

    def clean_costs(self) -> list[Decimal]:
        """Read the numbers."""
        return _amounts(self.cleaned_data["costs"])


@login_required
@require_GET
def calculators(request: HttpRequest) -> HttpResponse:
    """Show both calculators; what was typed stands in the address, so that a result can be shared."""
    tokens, finance = _bound(TokenForm, request), _bound(FinanceForm, request)
    result = _token_result(tokens)
    context: dict[str, Any] = {"tokens": tokens, "finance": finance, "token_result": result}
    context["token_rows"] = _token_rows(tokens) if result else []
    context["finance_rows"] = _finance_rows(finance)
    return render(request, "portfolio/calculators.html", context)


def _bound(form_class: type[forms.Form], request: HttpRequest) -> forms.Form:
    """Return the form with what was typed, or with its example."""
    given = {name: request.GET.get(name, field.initial) for name, field in form_class.base_fields.items()}
    return form_class(given)


def _token_result(form: forms.Form) -> maths.TokenCost | None:
    if not form.is_valid():
        return None
    values = form.cleaned_data
    try:
        return maths.token_cost(values["cost_per_hour"], values["tokens_per_second"], values["utilisation"] / 100)
    except RuleError as error:
        form.add_error(error.field, error.message)
        return None


def _token_rows(form: forms.Form) -> list[tuple[Decimal, maths.TokenCost]]:
    """Return the cost at several utilisations: half the use is twice the cost."""
    values = form.cleaned_data
    return [
        (share, maths.token_cost(values["cost_per_hour"], values["tokens_per_second"], share))
        for share in SHOWN_UTILISATIONS
    ]


def _finance_rows(form: forms.Form) -> list[tuple[str | Promise, str, str | Promise]]:
    """Return each figure's name, value ("" where there is none) and the reason for that."""
    if not form.is_valid():
        return []
    values = form.cleaned_data
    try:
        found = maths.finance_of_years(values["rate"] / 100, values["benefits"], values["costs"])
    except RuleError as error:
        form.add_error(error.field, error.message)
        return []
    rows = []
    for name, (label, show) in FINANCE_FIGURES.items():
        value = getattr(found, name)
        rows.append((label, "" if value is None else show(value), reason(found.reasons.get(name, ""))))
    return rows


def _amounts(text: str) -> list[Decimal]:
    words = text.split()
    if len(words) > 200:
        raise forms.ValidationError(_("At most 200 years."))
    try:
        return [parse_amount(word) for word in words]
    except ValueError as error:
        raise forms.ValidationError(str(error)) from error
