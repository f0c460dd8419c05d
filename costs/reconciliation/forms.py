"""Forms of the reconciliation pages."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from costs.models import Kind
from costs.reconciliation.months import RECORDS, ProviderMonth
from costs.reconciliation.sources import is_recorded_of
from projects.forms import LongText

NO_SUCH_RECORD = _("There is no such record of this provider.")


class ReconcileForm(forms.Form):
    """Accept a month as it is, or open one again that was accepted."""

    note = LongText(
        label=_("Note"), help_text=_("What explains the difference, and who agreed. It stays with the month.")
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, here: ProviderMonth) -> None:
        super().__init__(data, initial={"version": here.version, "note": here.known.note if here.known else ""})
        self._here = here

    def clean(self) -> None:
        """Refuse to go by other figures, or another note, than were shown; what is sent next is about those of now."""
        if self.cleaned_data.get("version") != self._here.version:
            self.data = {**self.data.dict(), "version": self._here.version}
            text = _("This month has changed since you opened this page. It stands here as it is now: look again.")
            raise ValidationError(text)


class LedgerSourceForm(forms.Form):
    """Choose which record the ledger takes, of those that the provider has."""

    kind = forms.ChoiceField(
        label=_("The ledger takes"),
        help_text=_("From this month on. The other records are kept to compare and counted nowhere."),
        choices=[(kind.value, kind.label) for kind in RECORDS],
    )

    def __init__(self, data: QueryDict | None, provider: str, taken: str | None) -> None:
        super().__init__(data, initial={"kind": taken})
        self._provider = provider

    def clean_kind(self) -> str:
        """Refuse what the provider has no line of; looked at only now, as that looks at every group."""
        kind = Kind(self.cleaned_data["kind"]).value
        if not is_recorded_of(self._provider, kind):
            raise ValidationError(NO_SUCH_RECORD)
        return kind
