"""Forms of costs: one line and its correction, a table that was pasted, a category."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from costs.entry import paste, pasted
from costs.entry.paste import PastedRow
from costs.lookups import Names
from costs.models import Category, CostLine
from costs.new_line import NewLine
from money.forms import AmountField, CurrencyField
from projects.fields import LONGEST_REFERENCE
from projects.forms import DayField, LongText
from projects.models import Initiative


class LineForm(forms.Form):
    """A cost as a person records it."""

    incurred_on = DayField(label=gettext_lazy("Date"))
    category = forms.ChoiceField(label=gettext_lazy("Category"))
    amount = AmountField(label=gettext_lazy("Amount"), help_text=gettext_lazy("A credit is negative."))
    currency = CurrencyField(short=True, label=gettext_lazy("Currency"))
    vendor = forms.CharField(label=gettext_lazy("Vendor"), max_length=200, required=False)
    description = forms.CharField(label=gettext_lazy("Description"), max_length=200, required=False)
    capex = forms.BooleanField(label=gettext_lazy("Capital expenditure"), required=False)
    recurring = forms.BooleanField(label=gettext_lazy("Recurring"), required=False)
    recoverable = forms.BooleanField(
        label=gettext_lazy("Recoverable"), required=False, help_text=gettext_lazy("It is billed on to somebody else.")
    )
    billed_on = DayField(
        label=gettext_lazy("Billed on"), required=False, help_text=gettext_lazy("From then on it counts as recovered.")
    )
    invoice_ref = forms.CharField(label=gettext_lazy("Invoice"), max_length=200, required=False)

    def __init__(
        self,
        *args: Any,
        currency: str = "",
        categories: list[Category] | None = None,
        kept: Category | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        every = Category.objects.all() if categories is None else categories
        self._categories = {category.name: category for category in every if category.is_active or category == kept}
        self.fields["category"].choices = [(name, str(category)) for name, category in self._categories.items()]
        self.initial.setdefault("incurred_on", timezone.localdate())
        self.initial.setdefault("currency", currency)

    def clean_category(self) -> Category:
        """Return the category itself."""
        return self._categories[self.cleaned_data["category"]]

    def new_line(self, initiative: Initiative | None) -> NewLine:
        """Return the line that was described."""
        return NewLine(initiative=initiative, **{n: v for n, v in self.cleaned_data.items() if n != "initiative"})


class CorrectionForm(LineForm):
    """A line as it should have been, its initiative too."""

    initiative = forms.CharField(
        label=gettext_lazy("Initiative"),
        max_length=LONGEST_REFERENCE,
        required=False,
        help_text=gettext_lazy("Empty: where the allocation rules say, else unallocated."),
    )
    description = LongText(label=gettext_lazy("Description"))  # as files and the API may give it
    field_order = ("initiative",)

    def __init__(self, line: CostLine, user: Any, data: Any = None) -> None:
        super().__init__(data, kept=line.group.category, initial=self.values_of(line))
        self._user, self._tags = user, line.group.tags

    @staticmethod
    def values_of(line: CostLine) -> dict[str, Any]:
        """Return what the form starts with for a line at hand."""
        group = line.group
        shared = {n: getattr(group, n) for n in ("currency", "vendor", "capex", "recurring", "recoverable")}
        own = {n: getattr(line, n) for n in ("incurred_on", "amount", "description", "billed_on", "invoice_ref")}
        key = group.initiative.key if group.initiative else ""
        return {**shared, **own, "category": group.category.name, "initiative": key}

    def typed(self) -> dict[str, Any]:
        """Return what was typed as `values_of` writes it, as far as it holds."""
        found = dict(self.cleaned_data)
        if "category" in found:
            found["category"] = found["category"].name
        if found.get("initiative"):
            found["initiative"] = found["initiative"].key
        return found

    def clean_initiative(self) -> Initiative | None:
        """Find the initiative that the line belongs to."""
        name = self.cleaned_data["initiative"].strip()
        try:
            return Names(self._user, [name]).charged(name)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def corrected(self) -> NewLine:
        """Return the line as it should have been."""
        values = {n: v for n, v in self.cleaned_data.items() if n != "initiative"}
        return NewLine(initiative=self.cleaned_data["initiative"], **values, tags=self._tags)


class PasteForm(forms.Form):
    """Cells out of a spreadsheet."""

    cells = forms.CharField(
        label=gettext_lazy("Rows from a spreadsheet"),
        max_length=1_000_000,  # no more than one cell may hold (imports.reading.LARGEST_CELL)
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "autocomplete": "off"}),
    )


class TableForm(PasteForm):
    """Rows of cost lines as a text, for the grid; `cells` become its rows."""

    def clean_cells(self) -> list[PastedRow]:
        """Read the rows; what the grid has no column for stays here, with the reason."""
        rows = paste.rows_of(self.cleaned_data["cells"], pasted.COST_COLUMNS)
        if len(rows) > paste.MOST_ROWS:
            raise forms.ValidationError(_("At most 1,000 rows at once. Import a file instead."))
        for row in rows:
            for error in row.errors.values():
                raise forms.ValidationError(_("Row {number}: {error}").format(number=row.number, error=error))
        return rows


class CategoryForm(forms.ModelForm):
    """A category; its name is what files and the API call it."""

    class Meta:
        model = Category
        fields = ("name", "label", "is_active")
        labels = {"name": gettext_lazy("Name in files and API")}
        help_texts = {"name": gettext_lazy("Lower-case letters, digits, hyphens.")}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            del self.fields["name"]
            said = _("Empty: it is shown as “%(name)s”.")
            self.fields["label"].help_text = said % {"name": Category(name=self.instance.name)}
