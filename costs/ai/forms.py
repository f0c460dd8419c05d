"""The form of a rule for AI categories."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from api.fields import LONGEST_GLOB
from costs.ai.matching import FIELDS, is_unsaid
from costs.models import AiCategory, AiCategoryRule

LABELS = {
    "provider": gettext_lazy("Provider"),
    "service": pgettext_lazy("of a bill", "Service"),
    "service_category": gettext_lazy("Service category"),
    "sku": gettext_lazy("SKU"),
    "category": gettext_lazy("Category"),
    "kind": gettext_lazy("Kind of record"),
    "text": gettext_lazy("Anywhere"),
}


def _condition(name: str) -> forms.CharField:
    return forms.CharField(label=LABELS[name], required=False, max_length=LONGEST_GLOB)


class AiRuleForm(forms.Form):
    """A rule: its conditions, and what the cost is then for."""

    ai_category = forms.ChoiceField(label=gettext_lazy("AI category"), choices=AiCategory.choices)
    priority = forms.IntegerField(
        label=gettext_lazy("Priority"),
        min_value=0,
        max_value=1_000_000,
        initial=50,
        help_text=gettext_lazy("The lowest is asked first."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    provider = _condition("provider")
    service = _condition("service")
    service_category = _condition("service_category")
    sku = _condition("sku")
    category = _condition("category")
    kind = _condition("kind")
    text = _condition("text")

    def __init__(self, rule: AiCategoryRule | None = None, data: Any = None, initial: Any = None) -> None:
        shown = dict(initial or {})
        if rule is not None:
            own = ("ai_category", "priority", "is_active", "version")
            shown |= {name: getattr(rule, name) for name in own} | rule.match
        super().__init__(data, initial=shown)
        self._rule = rule

    @property
    def conditions(self) -> list[forms.BoundField]:
        """The fields that a condition can be about; of any text, which is the longest, apart: `self["text"]`."""
        return [self[name] for name in FIELDS if name != "text"]

    def clean(self) -> dict[str, Any]:
        """A rule that asks for nothing would match nothing, and so would one that refuses nothing."""
        for name in FIELDS:
            if is_unsaid(self.cleaned_data.get(name, "")):
                self.add_error(name, _("Say after ! what must not be there."))
        if not any(self.cleaned_data.get(name) for name in FIELDS) and not self.errors:
            self.add_error("provider", _("Give at least one condition."))
        return self.cleaned_data

    def rule(self) -> AiCategoryRule:
        """Return the rule as it is described."""
        given = self.cleaned_data
        match = {name: given[name] for name in FIELDS if given[name]}
        known = {"pk": self._rule.pk, "version": given["version"] or 0} if self._rule else {}
        own = {name: given[name] for name in ("ai_category", "priority", "is_active")}
        return AiCategoryRule(match=match, **own, **known)
