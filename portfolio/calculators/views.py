"""The calculators' pages: the same functions as the API, with fields and explanations around them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts import refusals
from accounts.errors import RuleError
from costs.prices.book import PriceBook
from display.currency import active
from display.numbers import money, money_short, percent, significant
from money.parsing import parse_amount
from portfolio.calculators import calculations
from portfolio.calculators.tokens import DIGITS, TokenForm, tokens_context
from portfolio.explanations.texts.portfolio import DEFINITIONS
from portfolio.explanations.texts.reasons import reason
from portfolio.figures.finance import Return
from portfolio.selection.filters import HIGHEST_RATE, LOWEST_RATE

AnyForm = TypeVar("AnyForm", bound=forms.Form)


def _amount(value: float) -> str:
    return money(value, active())


def _months(value: float) -> str:
    return gettext("%(months)s months") % {"months": significant(value)}


# name: (label, how it is written)
FINANCE_FIGURES: dict[str, tuple[str | Promise, Callable[[float], str]]] = {
    "npv": (DEFINITIONS["npv"].title, _amount),
    "irr": (DEFINITIONS["irr"].title, lambda value: percent(value, 1)),
    "roi": (DEFINITIONS["roi"].title, percent),
    "roi_pv": (DEFINITIONS["roi_pv"].title, percent),
    "pv_benefits": (_("Present value of benefits"), _amount),
    "pv_costs": (_("Present value of costs"), _amount),
    "payback_months": (DEFINITIONS["payback_months"].title, _months),
    "discounted_payback_months": (DEFINITIONS["discounted_payback_months"].title, _months),
}


class FinanceForm(forms.Form):
    """Yearly benefits and costs, one number a year; the first is today's."""

    rate = forms.DecimalField(
        label=_("Discount rate, %"), initial=10, min_value=LOWEST_RATE * 100, max_value=HIGHEST_RATE * 100, **DIGITS
    )
    benefits = forms.CharField(
        label=_("Benefits by year"),
        initial="0 500 600 700",
        help_text=_("One number a year, separated by spaces; the first is now."),
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


@require_GET
def tokens(request: HttpRequest) -> HttpResponse:
    """Show what a token of one's own costs; what was typed stands in the address, so that a result can be shared."""
    today = timezone.localdate()
    form = TokenForm(request.GET, PriceBook.load(), today, request.organisation.base_currency)
    return render(request, "portfolio/token_calculator.html", tokens_context(form, today))


@require_GET
def finance(request: HttpRequest) -> HttpResponse:
    """Show what yearly flows are worth, in the same way."""
    form = _bound(FinanceForm, request)
    found = _worked_out(form)
    context = {"form": form, "rows": _finance_rows(found) if found else []}
    if found and found.npv is not None:
        context["worth"] = money_short(found.npv, active())
    return render(request, "portfolio/finance_calculator.html", context)


def _bound(form_class: type[AnyForm], request: HttpRequest) -> AnyForm:
    """Return the form with what was typed, or with its example."""
    given = {name: request.GET.get(name, field.initial) for name, field in form_class.base_fields.items()}
    return form_class(given)


def _worked_out(form: forms.Form) -> Return | None:
    """Return the figures of what was typed; None where something is wrong, which is then said at its field."""
    if not form.is_valid():
        return None
    values = form.cleaned_data
    try:
        return calculations.finance_of_years(values["rate"] / 100, values["benefits"], values["costs"])
    except RuleError as error:
        refusals.show(form, error)
        return None


def _finance_rows(found: Return) -> list[tuple[str | Promise, str, str | Promise]]:
    """Return each figure's name, value ("" where there is none) and the reason for that."""
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
