"""Two people changed one initiative: both versions side by side, nothing typed is lost, each field is chosen.

A draft of a change knows what its writer had read. A field that only the other one changed is proposed as theirs; one
that both changed, or only the writer, as the writer's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from django import forms
from django.utils.translation import gettext as _

from api.decimals import shortest
from projects import telling
from projects.people import FIELDS


@dataclass(frozen=True)
class Conflict:
    """A field that stands differently in the two versions, as people read it; "" is nothing."""

    name: str
    label: str
    theirs: str
    mine: str
    proposed: Literal["mine", "theirs"]


def conflicts(
    mine: Mapping[str, str],
    read: Mapping[str, str],
    theirs: Mapping[str, str],
    told: Callable[[str, str, str], telling.FieldChange] | None = None,
) -> list[Conflict]:
    """Return the fields whose stored value is not what was typed; all as `as_text` writes them.

    `told`: (name, theirs, mine) -> how people read the two; without it, fields of an initiative.
    """
    return [
        _conflict(name, (told or shown)(name, theirs[name], typed), changed=typed != read.get(name))
        for name, typed in mine.items()
        if typed != theirs[name]
    ]


def merge(
    form: forms.BaseForm, read: Mapping[str, Any], now: Mapping[str, Any], typed: Mapping[str, Any]
) -> list[Conflict]:
    """Put into a form what only somebody else has changed, so that it can be sent again; return what differs.

    `read`: what its page began with; `now`: what it would begin with now; `typed`: what was typed, as far as it holds.
    What this person changed stays as it was typed.
    """
    theirs = {name: as_text(value) for name, value in now.items() if name in form.fields}
    mine = {name: as_text(typed[name] if name in typed else form[name].data) for name in theirs}
    opened = {name: as_text(value) for name, value in read.items()}
    found = conflicts(mine, opened, theirs, lambda *pair: _in_words(form, *pair))
    for each in found:
        if each.proposed == "theirs":
            form.data[each.name] = theirs[each.name]
    return found


def as_text(value: Any) -> str:
    """Write a value as its input holds it; a ticked box is "on", line ends are those of the browser's own."""
    if isinstance(value, bool):
        return "on" if value else ""
    if isinstance(value, Decimal):
        return shortest(value)
    return ("" if value is None else str(value)).replace("\r\n", "\n").strip()


def shown(name: str, old: str, new: str) -> telling.FieldChange:
    """Return a change of a field of an initiative as people read it."""
    if name == "confidential":
        return telling.field_change(name, bool(old), bool(new))
    return telling.field_change(FIELDS.get(name, name), old, new)


def _in_words(form: forms.BaseForm, name: str, theirs: str, mine: str) -> telling.FieldChange:
    field = form.fields[name]
    words = {str(value): str(label) for value, label in getattr(field, "choices", [])}
    if isinstance(field, forms.BooleanField):
        words = {"on": _("Yes"), "": _("No")}
    return telling.FieldChange(str(form[name].label), words.get(theirs, theirs), words.get(mine, mine))


def _conflict(name: str, both: telling.FieldChange, *, changed: bool) -> Conflict:
    return Conflict(name, both.label, both.old or "", both.new or "", "mine" if changed else "theirs")
