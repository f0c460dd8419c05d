"""The list's filters, as its address carries them: one form for page and exports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.words import WordsField
from display import badges, numbers
from projects import hooks
from projects.forms import DayField
from projects.models import BusinessUnit, Hosting, Initiative, RiskTier, Tag
from projects.querysets import InitiativeQuerySet
from projects.stages import Stage

ANY = ("", _("Any"))
COHORTS = [(name, word) for name, (word, _tone) in badges.GUIDANCE.items()]


@dataclass(frozen=True)
class Chip:
    """A filter that is set, and the address without it."""

    label: str
    value: str
    without: str


class SearchFilters(forms.Form):
    """Words and a unit. A value that makes no sense is said beside its field, and keeps nothing out."""

    q = WordsField(label=_("Search"))
    unit = forms.ChoiceField(label=_("Business unit"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="filter-%s")
        paths = BusinessUnit.objects.order_by("path").values_list("path", flat=True)
        self.fields["unit"].choices = [ANY, *((path, path) for path in paths)]

    @property
    def kept(self) -> dict[str, Any]:
        """The filters that are set and make sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class ListFilters(SearchFilters):
    """What to keep of the list of initiatives."""

    field_order = ("q", "stage", "unit")
    stage = forms.ChoiceField(label=_("Stage"), required=False, choices=[ANY, *Stage.choices])
    tag = forms.ChoiceField(label=_("Tag"), required=False)
    hosting = forms.ChoiceField(label=_("Hosting"), required=False, choices=[ANY, *Hosting.choices])
    risk = forms.ChoiceField(label=_("Risk tier"), required=False, choices=[ANY, *RiskTier.choices])
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    guidance = forms.ChoiceField(label=_("Guidance"), required=False, choices=[ANY, *COHORTS])
    as_of = DayField(label=_("As of"), required=False)

    def __init__(self, data: Any, user: User) -> None:
        super().__init__(data)
        visible = Initiative.objects.visible_to(user)
        tags = Tag.objects.filter(pk__in=Initiative.tags.through.objects.filter(initiative__in=visible).values("tag"))
        owners = User.objects.filter(pk__in=visible.order_by().values("owner")).order_by("name", "email")
        self.fields["tag"].choices = [ANY, *((tag.name, tag.name) for tag in tags)]
        self.fields["owner"].choices = [ANY, *((person.email, str(person)) for person in owners)]

    @property
    def day(self) -> date:
        """The as-of date, today where none is set."""
        return self.kept.get("as_of") or timezone.localdate()

    def narrow(self, found: InitiativeQuerySet) -> InitiativeQuerySet:
        """Keep what the filters ask for, with `stage_then` on every initiative."""
        kept, found = self.kept, found.at(self.day)
        if stage := kept.get("stage"):
            found = found.filter(stage_then=stage)
        if unit := kept.get("unit"):
            found = found.under(unit)
        if tag := kept.get("tag"):
            found = found.tagged(tag)
        if text := kept.get("q"):
            found = found.matching(text)
        columns = {"hosting": "hosting", "risk": "risk_tier", "owner": "owner__email"}
        found = found.filter(**{column: kept[name] for name, column in columns.items() if name in kept})
        return self._of_cohort(found, kept["guidance"]) if "guidance" in kept else found

    def _of_cohort(self, found: InitiativeQuerySet, cohort: str) -> InitiativeQuerySet:
        # A cohort is worked out, not stored: of what the other filters keep, each is asked for its own.
        cohorts = hooks.guidance(list(found.values_list("pk", flat=True)), self.day)
        return found.filter(pk__in=[pk for pk, each in cohorts.items() if each == cohort])

    @property
    def chips(self) -> list[Chip]:
        """The filters that are set, each with the address without it."""
        return [
            Chip(self.fields[name].label, self._shown(name, value), self._without(name))
            for name, value in self.kept.items()
        ]

    def _shown(self, name: str, value: Any) -> str:
        if isinstance(value, date):
            return numbers.day(value)
        return str(dict(getattr(self.fields[name], "choices", ())).get(value, value))

    def _without(self, name: str) -> str:
        left = self.data.copy()
        for gone in (name, "page"):
            left.pop(gone, None)
        return f"?{left.urlencode()}"
