"""The forms around a budget's grid: when it was approved, an amount to spread, a table to paste."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from costs.budgets import profiles as budget_profiles
from costs.budgets import table as budget_table
from costs.budgets.grid import BudgetGrid, Key
from costs.budgets.profiles import Profile
from display import numbers
from money.forms import AmountField
from money.spreading import spread
from projects.forms import DayField


class ApprovalForm(forms.Form):
    """The day of approval of everything that is entered at once."""

    approved_on = DayField(
        label=gettext_lazy("Approved on"),
        help_text=gettext_lazy("Of everything that you change here. It counts from that day."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("approved_on", timezone.localdate())


class CopyForm(forms.Form):
    """Last year's amounts, as they are or more or less by a percentage."""

    copy_percent = forms.DecimalField(
        label=gettext_lazy("More or less by, %"),
        required=False,
        min_value=-100,
        max_value=1000,
        max_digits=10,
        decimal_places=4,
        help_text=gettext_lazy("Empty: as they are. −5 takes 5\u202f% off."),
    )

    @property
    def factor(self) -> Decimal:
        """What the amounts are multiplied by."""
        return 1 + (self.cleaned_data["copy_percent"] or 0) / Decimal(100)


class SpreadForm(forms.Form):
    """An amount for several months of the year, the same in each or in the proportions of another year."""

    spread_amount = AmountField(label=gettext_lazy("Amount in all"))
    spread_category = forms.ChoiceField(label=gettext_lazy("Category"), required=False)
    spread_from = forms.ChoiceField(label=gettext_lazy("From"))
    spread_to = forms.ChoiceField(label=gettext_lazy("To"))
    spread_like = forms.ChoiceField(label=gettext_lazy("In which proportions"), required=False)

    def __init__(self, grid: BudgetGrid, profiles: Sequence[Profile] = (), data: Any = None) -> None:
        super().__init__(data)
        self._grid = grid
        self._profiles = {profile.name: profile for profile in profiles}
        self._months = {f"{month:%Y-%m}": month for month in grid.months}
        months = [(text, numbers.day(month, "month_short")) for text, month in self._months.items()]
        self.fields["spread_category"].choices = [(name, grid.label(name)) for name in grid.columns]
        self.fields["spread_from"].choices = self.fields["spread_to"].choices = months
        self.fields["spread_like"].choices = [
            ("", _("the same in every month")),
            *((name, profile.label) for name, profile in self._profiles.items()),
        ]
        self.initial.setdefault("spread_category", grid.columns[-1])
        self.initial.setdefault("spread_to", months[-1][0])

    def clean(self) -> dict[str, Any]:
        """The months go forward, and the year that gives the proportions has amounts in them."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("spread_from", "") > cleaned.get("spread_to", "9"):
            self.add_error("spread_to", _("The last month lies before the first."))
        if not self.errors:
            cleaned["weights"] = self._weights(cleaned)
            if not any(weight > 0 for weight in cleaned["weights"].values()):
                self.add_error("spread_like", _("There is nothing in these months of that year to go by."))
        return cleaned

    def amounts(self) -> dict[Key, Decimal]:
        """Return the part of each month, in whole cents; together they are exactly the amount."""
        weights, category = self.cleaned_data["weights"], self.cleaned_data["spread_category"]
        unit = numbers.smallest_unit(self._grid.currency)
        parts = spread(self.cleaned_data["spread_amount"], list(weights.values()), unit)
        return {(month, category): part for month, part in zip(weights, parts, strict=True)}

    def _weights(self, cleaned: dict[str, Any]) -> dict[date, Decimal]:
        chosen = [m for text, m in self._months.items() if cleaned["spread_from"] <= text <= cleaned["spread_to"]]
        profile = self._profiles.get(cleaned.get("spread_like", ""))
        if profile is None:
            return dict.fromkeys(chosen, Decimal(1))
        of_year = budget_profiles.weights(self._grid, profile, cleaned["spread_category"])
        return {month: of_year.get(month, Decimal(0)) for month in chosen}


class TableForm(forms.Form):
    """A table out of a spreadsheet, as it is: its cells go into the grid, unsaved."""

    table = forms.CharField(
        label=gettext_lazy("Table from a spreadsheet"),
        max_length=200_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "Months down or across, categories the other way, both with their names (2026-03, Mar 2026); or without "
            "any names: then it begins at the first month and the first category. Totals are left out."
        ),
    )

    def __init__(self, grid: BudgetGrid, data: Any = None) -> None:
        super().__init__(data)
        self._grid = grid

    def clean_table(self) -> dict[Key, str]:
        """Return the text for each cell of the grid that the table names."""
        return budget_table.cells(self._grid, self.cleaned_data["table"])
