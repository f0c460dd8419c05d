"""What the list of providers' months is narrowed by, as its address carries it; its files go by the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from costs.entry.month_field import MonthField
from costs.reconciliation.months import ProviderMonth
from projects.filters import ANY

STATES = (
    ("open", _("Open")),
    ("reopened", _("Changed since")),
    ("reconciled", _("Reconciled")),
    ("running", _("Still running")),
)


class MonthFilters(forms.Form):
    """Which months to keep. A value that makes no sense is said beside its field, and keeps nothing out."""

    provider = forms.ChoiceField(label=_("Provider"), required=False)
    month = MonthField(label=_("Month"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[ANY, *STATES])

    def __init__(self, data: Any, months: Iterable[ProviderMonth]) -> None:
        super().__init__(data, auto_id="filter-%s")
        names = {each.provider: each.name for each in months}
        named = sorted(names.items(), key=lambda each: each[1].casefold())
        self.fields["provider"].choices = [ANY, *named]

    @property
    def is_set(self) -> bool:
        """Tell whether anything is asked for, even if it makes no sense."""
        return any(self.data.get(name) for name in self.fields)

    def keep(self, months: Iterable[ProviderMonth]) -> Sequence[ProviderMonth]:
        """Return the months that are asked for."""
        self.is_valid()
        wanted = {name: value for name, value in self.cleaned_data.items() if value}
        if "state" in wanted:
            wanted["shown_state"] = wanted.pop("state")
        return [each for each in months if all(getattr(each, name) == value for name, value in wanted.items())]
