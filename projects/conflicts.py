"""Two people changed one initiative: both versions side by side, nothing typed is lost, each field is chosen.

The form carries what its reader had read as hidden initial values. A field that only the other one changed is
proposed as theirs; one that both changed, or only the reader, as the reader's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise

PICK = "pick-"


@dataclass(frozen=True)
class Conflict:
    """A field that stands differently in the two versions, as texts."""

    name: str
    label: str | Promise
    theirs: str
    mine: str
    proposed: Literal["mine", "theirs"]


def conflicts(form: forms.Form, typed: QueryDict, theirs: dict[str, Any]) -> list[Conflict]:
    """Return the fields whose stored value is not what was typed."""
    found = []
    for name, field in form.fields.items():
        mine, stored = _text(typed.get(name)), _text(theirs[name])
        if name == "version" or mine == stored:
            continue
        changed = mine != _text(typed.get(f"initial-{name}", ""))
        found.append(Conflict(name, field.label, _shown(field, stored), _shown(field, mine), _side(changed)))
    return found


def with_picks(typed: QueryDict, now: dict[str, Any]) -> QueryDict:
    """Return what was typed, with the stored value wherever the other version was picked."""
    merged = typed.copy()
    for name in now:
        if typed.get(f"{PICK}{name}") == "theirs":
            merged[name] = _text(now[name])
    return merged


def based_on(typed: QueryDict, theirs: dict[str, Any]) -> QueryDict:
    """Return what was typed as a change of the version that is in force now."""
    rebased = typed.copy()
    for name, value in theirs.items():
        rebased[f"initial-{name}"] = _text(value)
    rebased["version"] = str(theirs["version"])
    return rebased


def _side(changed_by_me: bool) -> Literal["mine", "theirs"]:
    return "mine" if changed_by_me else "theirs"


def _text(value: Any) -> str:
    """Write a value as its input holds it; a ticked box is "on", line ends are those of the browser's own."""
    if isinstance(value, bool):
        return "on" if value else ""
    text = "" if value is None else str(value)
    return {"True": "on", "False": ""}.get(text, text).replace("\r\n", "\n").strip()


def _shown(field: forms.Field, text: str) -> str:
    choices = dict(getattr(field, "choices", ()))
    return str(choices.get(text, text))
