"""Forms of the reconciliation pages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from costs.models import Kind
from costs.reconciliation import RECORDS


class ReconcileForm(forms.Form):
    """Accept a month as it is."""

    note = forms.CharField(
        label=_("Note"),
        help_text=_("What explains the difference, and who agreed. It stays with the month."),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class LedgerSourceForm(forms.Form):
    """Choose which record the ledger takes."""

    kind = forms.ChoiceField(
        label=_("The ledger takes"),
        help_text=_("From this month on. The other records are kept to compare and counted nowhere."),
        choices=[(kind.value, kind.label) for kind in RECORDS],
    )

    def clean_kind(self) -> str:
        """Return the kind."""
        return Kind(self.cleaned_data["kind"]).value
