"""What the list of all outcomes is narrowed by, as its address carries it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from outcomes.models import Outcome
from projects.fields import checked_words
from projects.filters import ANY
from projects.keys import number_of
from projects.models import BusinessUnit, Initiative


class OutcomeFilters(forms.Form):
    """What to keep. A value that makes no sense is said beside its field, and keeps nothing out."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": _("Outcome, or key or title of its initiative")}),
    )
    unit = forms.ChoiceField(label=_("Business unit"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="filter-%s")
        paths = BusinessUnit.objects.order_by("path").values_list("path", flat=True)
        self.fields["unit"].choices = [ANY, *((path, path) for path in paths)]

    def clean_q(self) -> str:
        """Refuse more words than are searched for."""
        try:
            return checked_words(self.cleaned_data["q"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    @property
    def kept(self) -> dict[str, str]:
        """The filters that are set and make sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def narrow(self, found: QuerySet[Outcome]) -> QuerySet[Outcome]:
        """Keep the outcomes that hold every word, of the initiatives of the unit and of those below it."""
        if unit := self.kept.get("unit"):
            found = found.filter(initiative__in=Initiative.objects.under(unit))
        for word in self.kept.get("q", "").split():
            found = found.filter(_holds(word))
        return found


def _holds(word: str) -> Q:
    said = Q(metric__icontains=word) | Q(initiative__title__icontains=word)
    number = number_of(word) or number_of(f"AI-{word}")
    return said | Q(initiative__number=number) if number else said
