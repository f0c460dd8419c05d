"""The filter form of the portfolio pages. It only gathers words for the URL; `portfolio.filters` reads them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import chain
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from portfolio.filters import Filters
from portfolio.guidance import Guidance
from portfolio.scope import Names
from projects.models import Hosting
from projects.stages import Stage


class PlainSelect(forms.Select):
    """A choice written at once: Django's own renders a template for each of hundreds of options.

    `names` are offered after the choices of the field, each as its own text.
    """

    names: Sequence[str] = ()

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Return the select with its options; all are escaped."""
        worded = ((escape(str(key)), escape(str(text)), key) for key, text in self.choices)
        named = ((text := escape(each), text, each) for each in self.names)
        options = "".join(
            f'<option value="{key}"{" selected" if chosen == value else ""}>{text}</option>'
            for key, text, chosen in chain(worded, named)
        )
        return _element("select", self.build_attrs(self.attrs, {**(attrs or {}), "name": name}), options)


class PlainInput(forms.TextInput):
    """One line of text, or a day, without a template."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Return the input; a day is written as the browser's date input wants it."""
        given = {"type": self.input_type, **self.attrs, **(attrs or {}), "name": name}
        return _element("input", given if value is None else given | {"value": str(value)})


def _element(name: str, attributes: dict[str, Any], inside: str | None = None) -> SafeString:
    written = f"<{name}{flatatt(attributes)}>"
    return mark_safe(written if inside is None else f"{written}{inside}</{name}>")  # noqa: S308 - escaped by callers


class FilterForm(forms.Form):
    """As-of date and filters, each with what it can be set to."""

    as_of = forms.DateField(label=_("As of"), required=False, widget=PlainInput(attrs={"type": "date"}))
    business_unit = forms.ChoiceField(
        label=_("Business unit"), required=False, widget=PlainSelect, choices=[("", _("all"))]
    )
    tag = forms.ChoiceField(label=_("Tag"), required=False, widget=PlainSelect, choices=[("", _("all"))])
    guidance = forms.ChoiceField(
        label=_("Guidance"), required=False, widget=PlainSelect, choices=[("", _("all")), *Guidance.choices]
    )
    stage = forms.ChoiceField(
        label=_("Stage"), required=False, widget=PlainSelect, choices=[("", _("all")), *Stage.choices]
    )
    hosting = forms.ChoiceField(
        label=_("Hosting"), required=False, widget=PlainSelect, choices=[("", _("all")), *Hosting.choices]
    )
    started_from = forms.DateField(
        label=_("Prototype started from"), required=False, widget=PlainInput(attrs={"type": "date"})
    )
    started_to = forms.DateField(label=_("to"), required=False, widget=PlainInput(attrs={"type": "date"}))
    rate = forms.DecimalField(
        label=_("Discount rate"), required=False, widget=PlainInput(attrs={"inputmode": "decimal"})
    )

    def __init__(self, filters: Filters, names: Names) -> None:
        super().__init__(initial={name: getattr(filters, name) for name in self.base_fields})
        for name, options in (("business_unit", names.units), ("tag", names.tags)):
            chosen = getattr(filters, name)
            known = [*options, chosen] if chosen and chosen not in options else options
            self.fields[name].widget.names = known


def chips(filters: Filters) -> list[tuple[str, str]]:
    """Return each filter that narrows, in words, with the query string that takes it off."""
    words = {
        "business_unit": filters.business_unit,
        "tag": filters.tag,
        "hosting": str(Hosting(filters.hosting).label) if filters.hosting else "",
        "guidance": str(Guidance(filters.guidance).label) if filters.guidance else "",
        "stage": str(Stage(filters.stage).label) if filters.stage else "",
        "started_from": _("started from %(day)s") % {"day": filters.started_from} if filters.started_from else "",
        "started_to": _("started to %(day)s") % {"day": filters.started_to} if filters.started_to else "",
    }
    empty = Filters()
    return [(text, filters.query(**{name: getattr(empty, name)})) for name, text in words.items() if text]
