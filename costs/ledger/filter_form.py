"""The filters of the ledger and of the explorer, as their addresses carry them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from costs.entry.month_field import MonthField
from costs.ledger.filters import AXES, MAY_BE_EMPTY, Filters, names_in
from costs.models import AiCategory, Category, Kind
from display import sentences
from projects.fields import LONGEST_REFERENCE
from projects.forms import DayField
from projects.models import Hosting
from projects.stages import Stage

# What the ledger shows below "More filters".
MORE = ("since", "until", "ai_category", "service", "service_category", "account", "kind", "hosting", "stage", "as_of")
MORE += ("own_unit", "provider", "sku", "api_key", "tag", "invoice_ref")
ANY = ("", gettext_lazy("Any"))
ENDS_BEFORE = gettext_lazy("The period ends before it begins.")
NO_TABLE = gettext_lazy("This is no table of the cost explorer.")


class FilterForm(forms.Form):
    """What is kept, of lines or of sums. What makes no sense is said beside its field, and keeps nothing out."""

    initiative = forms.CharField(label=gettext_lazy("Initiative"), required=False, max_length=LONGEST_REFERENCE)
    business_unit = forms.CharField(label=gettext_lazy("Business unit"), required=False, max_length=2_000)
    own_unit = forms.BooleanField(label=gettext_lazy("Without the units below it"), required=False)
    hosting = forms.ChoiceField(label=gettext_lazy("Hosting"), required=False, choices=[ANY, *Hosting.choices])
    stage = forms.ChoiceField(label=gettext_lazy("Stage at the time"), required=False, choices=[ANY, *Stage.choices])
    category = forms.ChoiceField(label=gettext_lazy("Category"), required=False)
    ai_category = forms.ChoiceField(
        label=gettext_lazy("AI category"), required=False, choices=[ANY, *AiCategory.choices]
    )
    vendor = forms.CharField(label=gettext_lazy("Vendor"), required=False, max_length=200)
    account = forms.CharField(label=gettext_lazy("Account"), required=False, max_length=200)
    service = forms.CharField(label=pgettext_lazy("of a bill", "Service"), required=False, max_length=200)
    service_category = forms.CharField(label=gettext_lazy("Service category"), required=False, max_length=200)
    sku = forms.CharField(label=gettext_lazy("Model or SKU"), required=False, max_length=200)
    api_key = forms.CharField(label=gettext_lazy("API key alias"), required=False, max_length=200)
    tag = forms.CharField(
        label=gettext_lazy("Tag"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("team=claims, or team"),
    )
    source = forms.CharField(label=pgettext_lazy("of a line", "Source"), required=False, max_length=200)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of record"), required=False, choices=[ANY, *Kind.choices])
    not_stated = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    since = MonthField(label=gettext_lazy("From month"), required=False)
    until = MonthField(label=gettext_lazy("To month"), required=False)
    as_of = DayField(label=gettext_lazy("As of"), required=False)
    unallocated = forms.BooleanField(label=gettext_lazy("Only unallocated"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="filter-%s")
        names = [(category.name, str(category)) for category in Category.objects.all()]
        self.fields["category"].choices = [ANY, *names]

    def clean_not_stated(self) -> tuple[str, ...]:
        """Read the names of what is to be empty."""
        return self._names("not_stated", MAY_BE_EMPTY)

    def _names(self, field: str, known: Collection[str]) -> tuple[str, ...]:
        try:
            return names_in(self.cleaned_data[field], known)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """The period does not end before it begins."""
        given = self.cleaned_data
        since, until = given.get("since"), given.get("until")
        if since and until and since > until:
            self.add_error("until", ENDS_BEFORE)
        return given

    @property
    def not_stated_words(self) -> str:
        """Say which fields are to be empty."""
        names = self.cleaned_data.get("not_stated", ()) if self.is_valid() else ()
        return _("Not stated: %(fields)s.") % {"fields": sentences.listed(self.fields[name].label for name in names)}

    def wanted(self) -> Filters:
        """Return the filters that make sense; a wrong one is said beside its field."""
        self.is_valid()
        names = Filters.__dataclass_fields__
        return Filters(**{name: value for name, value in self.cleaned_data.items() if name in names})


class LedgerFilters(FilterForm):
    """What the ledger shows."""

    month = MonthField(label=gettext_lazy("Month"), required=False)
    provider = forms.CharField(label=gettext_lazy("Vendor, under all its names"), required=False, max_length=200)
    import_id = forms.IntegerField(
        label=gettext_lazy("Import"), required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput
    )
    remark = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)
    pending = forms.BooleanField(label=gettext_lazy("Only pending"), required=False)
    compared = forms.BooleanField(label=gettext_lazy("Only kept for comparison"), required=False)
    recoverable = forms.BooleanField(label=gettext_lazy("Only recoverable"), required=False)
    billed = forms.NullBooleanField(required=False, widget=forms.HiddenInput)
    invoice_ref = forms.CharField(label=gettext_lazy("Invoice"), required=False, max_length=200)
    own_invoice = forms.BooleanField(required=False, widget=forms.HiddenInput)
    q = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("In description, external id or resource. With very many lines, choose a month too."),
    )
    resource = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)
    rest_of = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    table = forms.CharField(required=False, max_length=8_000, widget=forms.HiddenInput)

    def clean_rest_of(self) -> tuple[str, ...]:
        """Read the axes of the table."""
        return self._names("rest_of", AXES)

    def clean(self) -> dict[str, Any]:
        """What stands together is that of a table: without one nothing is asked for."""
        from costs.explorer.rest import is_table  # which asks this module

        given = super().clean()
        if given.get("rest_of") and not is_table(given.get("table", "")):
            del given["rest_of"]
            if "table" in given:
                self.add_error("table", NO_TABLE)
        return given


def said_on(page: str, request: HttpRequest) -> HttpResponseRedirect:
    """Lead to the page that says what makes no sense of a file that was asked for: there is none."""
    return redirect(f"{reverse(page)}?{request.GET.urlencode()}")
