"""Forms of the usage pages."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from costs.entry.month_field import MonthField
from costs.models import ChargeGroup, Kind
from costs.reconciliation.sources import provider_of
from costs.usage.filters import UsageFilters
from money.months import next_month
from projects.fields import LONGEST_REFERENCE


class UsageFiltersForm(forms.Form):
    """What the list shows, as its address carries it."""

    initiative = forms.CharField(label=gettext_lazy("Initiative"), required=False, max_length=LONGEST_REFERENCE)
    provider = forms.CharField(label=gettext_lazy("Provider"), required=False, max_length=200)
    model = forms.CharField(label=gettext_lazy("Model"), required=False, max_length=200)
    month = MonthField(label=gettext_lazy("Month"), required=False)
    import_id = forms.IntegerField(
        label=gettext_lazy("Import"), required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput
    )
    remark = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)
    counted = forms.BooleanField(required=False, widget=forms.HiddenInput)
    unpriced = forms.BooleanField(label=gettext_lazy("Only without a price"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="filter-%s")

    def wanted(self) -> UsageFilters:
        """Return the filters that make sense; a wrong one is said beside its field."""
        self.is_valid()
        ticked = {name: self.cleaned_data.get(name, False) for name in ("unpriced", "counted")}
        return UsageFilters(**{name: value or None for name, value in self.cleaned_data.items()} | ticked)


class RepricingForm(forms.Form):
    """Which usage to price anew."""

    first = MonthField(label=gettext_lazy("First month"))
    last = MonthField(label=gettext_lazy("Last month"))
    provider = forms.ChoiceField(label=gettext_lazy("Provider"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        groups = ChargeGroup.objects.filter(kind__in=(Kind.USAGE, Kind.GATEWAY)).order_by()
        names = sorted({provider_of(vendor) for vendor in groups.values_list("vendor", flat=True).distinct()})
        self.fields["provider"].choices = [("", gettext_lazy("Any")), *((name, name) for name in names)]

    def clean(self) -> dict[str, Any]:
        """The last month is not before the first."""
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last month is not before the first."))
        return cleaned

    @property
    def until(self) -> date:
        """The day before which the period ends."""
        return next_month(self.cleaned_data["last"])
