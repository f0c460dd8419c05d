"""The question of the page "Budgets", as its address carries it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from costs.budgets.overview_question import (
    BY,
    DEFAULT_BY,
    DEFAULT_PERIOD,
    DEFAULT_SORT,
    PERIODS,
    SORTS,
    Asked,
    months_of,
)
from costs.explorer.dimensions import DIMENSIONS
from costs.explorer.forms import UNKNOWN
from costs.ledger.filter_form import FilterForm
from costs.ledger.filters import Filters

# What is known of a budget as it is of cost.
KEPT = ("initiative", "business_unit", "own_unit", "hosting", "category", "not_stated", "since", "until", "as_of")
ORDERS = [(f"{sign}{name}", name) for name in SORTS for sign in ("", "-")]


class OverviewForm(FilterForm):
    """Rows, period and filters. Months that are named count before a period."""

    by = forms.ChoiceField(
        label=pgettext_lazy("of a table", "Rows"),
        choices=[(name, DIMENSIONS[name].label) for name in BY],
        required=False,
        error_messages=UNKNOWN,
    )
    period = forms.ChoiceField(
        label=gettext_lazy("Period"),
        choices=[(name, name) for name in PERIODS],
        required=False,
        widget=forms.HiddenInput,
        error_messages=UNKNOWN,
    )
    sort = forms.ChoiceField(choices=ORDERS, required=False, widget=forms.HiddenInput, error_messages=UNKNOWN)
    without = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, year_start: int) -> None:
        super().__init__(data.copy())
        self._year_start = year_start
        own = ("by", "period", "sort", "without")
        for name in [name for name in self.fields if name not in (*KEPT, *own)]:
            del self.fields[name]

    def clean_not_stated(self) -> tuple[str, ...]:
        """Read whether those without a business unit are meant."""
        return self._names("not_stated", ("business_unit",))

    def asked(self) -> Asked:
        """Return what is asked; what makes no sense is said beside its field, and left out."""
        filters, given = self.wanted(), self.cleaned_data
        as_of = filters.as_of or timezone.localdate()
        period = "" if filters.since or filters.until else given.get("period") or DEFAULT_PERIOD
        since, until = months_of(period, as_of, self._year_start) if period else (filters.since, filters.until)
        return Asked(
            Filters(**{**_set(filters), "as_of": as_of, "since": since, "until": until}),
            as_of,
            given.get("by") or DEFAULT_BY,
            period,
            given.get("without", False),
            given.get("sort") or DEFAULT_SORT,
            self._year_start,
        )


def _set(filters: Filters) -> dict[str, Any]:
    return {name: getattr(filters, name) for name in KEPT}
