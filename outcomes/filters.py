"""What the list of all outcomes is narrowed by, as its address carries it."""

from __future__ import annotations

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.words import WordsField
from outcomes.models import Outcome
from projects.filters import SearchFilters
from projects.keys import number_of
from projects.models import Initiative


class OutcomeFilters(SearchFilters):
    """What to keep of the outcomes."""

    q = WordsField(
        label=_("Search"),
        widget=forms.TextInput(attrs={"placeholder": _("Outcome, or key or title of its initiative")}),
    )

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
