"""The forms around a budget's grid: when it was approved, an amount to spread, a table to paste."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from costs import paste
from costs.budget_grid import BudgetGrid, Key
from costs.intake import spread
from display import numbers
from money.forms import AmountField
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


class SpreadForm(forms.Form):
    """An amount for several months of the year."""

    spread_amount = AmountField(label=gettext_lazy("Amount in all"))
    spread_category = forms.ChoiceField(label=gettext_lazy("Category"), required=False)
    spread_from = forms.ChoiceField(label=gettext_lazy("From"))
    spread_to = forms.ChoiceField(label=gettext_lazy("To"))

    def __init__(self, grid: BudgetGrid, data: Any = None) -> None:
        super().__init__(data)
        self._months = {f"{month:%Y-%m}": month for month in grid.months}
        months = [(text, numbers.day(month, "month_short")) for text, month in self._months.items()]
        self.fields["spread_category"].choices = [(name, grid.label(name)) for name in grid.columns]
        self.fields["spread_from"].choices = self.fields["spread_to"].choices = months
        self.initial.setdefault("spread_category", grid.columns[-1])
        self.initial.setdefault("spread_to", months[-1][0])

    def clean(self) -> dict[str, Any]:
        """The months go forward."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("spread_from", "") > cleaned.get("spread_to", "9"):
            self.add_error("spread_to", _("The last month lies before the first."))
        return cleaned

    def amounts(self) -> dict[Key, Decimal]:
        """Return the part of each month; in whole cents, and exactly the amount together."""
        values = self.cleaned_data
        months = [m for text, m in self._months.items() if values["spread_from"] <= text <= values["spread_to"]]
        parts = spread(values["spread_amount"], len(months))
        return {(month, values["spread_category"]): part for month, part in zip(months, parts, strict=True)}


class TableForm(forms.Form):
    """A table out of a spreadsheet, as it is: its cells go into the grid, unsaved."""

    table = forms.CharField(
        label=gettext_lazy("Table from a spreadsheet"),
        max_length=200_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "A row for each month. With categories in the first row and months (2026-03) in the first column, "
            "or without either: then it begins at the first month and the first category."
        ),
    )

    def __init__(self, grid: BudgetGrid, data: Any = None) -> None:
        super().__init__(data)
        self._grid = grid

    def clean_table(self) -> dict[Key, str]:
        """Return the text for each cell of the grid that the table names."""
        text = self.cleaned_data["table"].replace("\0", "�")
        records = [row for row in csv.reader(io.StringIO(text), delimiter="\t") if any(cell.strip() for cell in row)]
        return dict(_cells(self._grid, records))


def _cells(grid: BudgetGrid, records: list[list[str]]) -> list[tuple[Key, str]]:
    columns, records = _columns(grid, records)
    months = [_month(row[0]) for row in records]
    if any(months) and not all(months):
        raise forms.ValidationError(_("Some rows begin with a month (2026-03) and some do not."))
    shown = [month for month in months if month] or grid.months[: len(records)]
    if set(shown) - set(grid.months) or len(shown) < len(records):
        raise forms.ValidationError(_("The table holds months that are not in the year shown."))
    cells: list[tuple[Key, str]] = []
    for month, row in zip(shown, records, strict=True):
        texts = row[1:] if any(months) else row
        if any(text.strip() for text in texts[len(columns) :]):
            raise forms.ValidationError(_("The table has more columns than there are categories."))
        cells += [((month, name), text.strip()) for name, text in zip(columns, texts, strict=False)]
    return cells


def _columns(grid: BudgetGrid, records: list[list[str]]) -> tuple[Sequence[str], list[list[str]]]:
    """Take the first row as categories where it holds no number and no month."""
    known = {name.casefold(): name for name in grid.columns if name}
    known |= {grid.label(name).casefold(): name for name in grid.columns}
    head = [cell.strip() for cell in records[0]] if records else []
    if not head or _month(head[0]) or any(any(sign.isdigit() for sign in cell) for cell in head):
        return grid.columns, records
    body = records[1:]
    if body and _month(body[0][0]):
        head = head[1:]
    unknown = [cell for cell in head if cell.casefold() not in known]
    if unknown:
        raise forms.ValidationError(_("There is no category “{name}”.").format(name=unknown[0] or " "))
    return [known[cell.casefold()] for cell in head], body


def _month(text: str) -> date | None:
    """Return the month that a cell names; an amount never reads as one."""
    if not any(sign in text.strip()[1:] for sign in "-/"):
        return None
    try:
        return paste.month(text)
    except ValueError:
        return None
