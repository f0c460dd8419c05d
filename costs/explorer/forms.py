"""The explorer's question, as its address carries it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from costs.explorer.dimensions import ALL, NONE
from costs.explorer.question import DEFAULT_COLUMNS, DEFAULT_ROWS, DEFAULT_TOP, Question, with_period
from costs.ledger.filter_form import FilterForm
from costs.ledger.filters import Filters

# What is refused is said in words that name what is shown in its place.
UNKNOWN = {"invalid_choice": gettext_lazy("“%(value)s” is not offered here, so the usual choice is shown.")}
CHOICES = [(dimension.name, dimension.label) for dimension in ALL]
MOST_ALONE = 500  # more rows are for a file, which has them all
TOPS = [(text, text) for text in ("12", "25", "100", str(MOST_ALONE))]


class ExploreForm(FilterForm):
    """Rows, columns and filters."""

    rows = forms.ChoiceField(
        label=pgettext_lazy("of a table", "Rows"), choices=CHOICES, required=False, error_messages=UNKNOWN
    )
    columns = forms.ChoiceField(
        label=pgettext_lazy("of a table", "Columns"),
        choices=[*CHOICES, (NONE.name, NONE.label)],
        required=False,
        error_messages=UNKNOWN,
    )
    top = forms.ChoiceField(
        label=gettext_lazy("Shown by themselves"), choices=TOPS, required=False, error_messages=UNKNOWN
    )

    def __init__(self, data: Any, year_start: int) -> None:
        super().__init__(data.copy())
        self._year_start = year_start

    def clean(self) -> dict[str, Any]:
        """Rows and columns differ; what stands in for rows that were refused makes room for the columns asked for."""
        given = super().clean()
        stand_in = self.has_error("rows") and given.get("columns") == DEFAULT_ROWS
        rows = given["rows"] = given.get("rows") or (DEFAULT_COLUMNS if stand_in else DEFAULT_ROWS)
        usual = DEFAULT_COLUMNS if rows != DEFAULT_COLUMNS else NONE.name
        given["columns"] = given.get("columns") or usual
        if rows == given["columns"]:
            self.add_error("columns", _("Rows and columns are the same. Choose another, or none."))
        return given

    def question(self) -> Question:
        """Return what is asked; what makes no sense is said beside its field, and left out."""
        filters, given = with_period(self.wanted()), self.cleaned_data
        self._fill_in(filters)
        top = given.get("top") or str(DEFAULT_TOP)
        return Question(filters, given["rows"], given.get("columns", NONE.name), int(top), self._year_start)

    def _fill_in(self, filters: Filters) -> None:
        """Show in the fields what holds where the address says nothing, or what no list has."""
        usual = {name: text for name, text in filters.words().items() if name in ("since", "until")}
        usual |= {name: self.cleaned_data.get(name, "") for name in ("rows", "columns")}
        for name, text in usual.items():
            if not self.data.get(name) or self.has_error(name, "invalid_choice"):
                self.data[name] = text
