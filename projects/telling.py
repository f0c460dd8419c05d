"""Entries of the audit trail in the reader's language: what was done, to what, from what to what, and its page."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import AuditEntry, User
from accounts.permissions import can
from display import currency as base_currency
from display import numbers, sentences
from imports.models import Import
from money.fields import ExactDecimalField
from projects import hooks
from projects.fields import COLUMNS, LISTS
from projects.history_words import ACTIONS, DATED, FIELDS, FIGURES, KINDS, KINDS_OF_ALL, UNKNOWN_REASONS
from projects.models import BusinessUnit, Initiative

Urls = Mapping[tuple[str, int | str], str]  # by type and name of the object of an entry

_VALUE = re.compile(r"(?P<amount>-?\d+(\.\d+)?)( (?P<currency>[A-Z]{3}))?")  # of a cost, a budget line or a reading

_ORDER = (
    *COLUMNS,
    *LISTS,
    "plan_agreed_on",
    "stage",
    "started_on",
    "ended_on",
    "effective_on",
    "known_by",
    "unknown_reason",
    "rationale",
    "override",
)


@dataclass(frozen=True)
class FieldChange:
    """What changed from what to what, as people read it; None is nothing."""

    label: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class Told:
    """One entry: when, who, what."""

    at: datetime
    who: str
    what: str
    about: str
    changes: list[FieldChange]
    address: str = ""  # tells people with one name apart, and from one who took another's; a name is its owner's choice
    each: tuple[str, ...] = ()  # of several told as one: what each was about
    more: int = 0  # and so many that are not named
    url: str = ""  # the page of what it is about


def tell(entry: AuditEntry, urls: Urls) -> Told:
    """Return an entry in the reader's language."""
    model = _model(entry.object_type)
    return Told(
        at=entry.at,
        who=entry.actor_label or _("Worthwhile itself"),
        address=entry.actor.email if entry.actor and entry.actor.email != entry.actor_label else "",
        what=str(ACTIONS.get(entry.action, entry.action)),
        about=sentences.colon().join(filter(None, (kind_of(entry), said(entry.object_label)))),
        changes=[_change(model, name, *entry.changes[name]) for name in sorted(entry.changes, key=_place)],
        url=urls.get((entry.object_type, name_of(entry)), ""),
    )


def urls_of(recorded: Iterable[AuditEntry], reader: User) -> Urls:
    """Return the pages of what entries are about, those that the reader may see; a query for each kind at most."""
    names = defaultdict(set)
    for entry in recorded:
        if name := name_of(entry):
            names[entry.object_type].add(name)
    found = {}
    for kind, pages in (_PAGES | hooks.history_pages).items():
        if names[kind]:
            found |= {(kind, name): url for name, url in pages(reader, names[kind]).items()}
    return found


def name_of(entry: AuditEntry) -> int | str:
    """Return the number of what an entry is about, or its key; empty where all of a kind is meant."""
    return entry.object_key if entry.object_id is None else entry.object_id


def _people(reader: User, ids: Collection[int]) -> dict[int, str]:
    people = User.objects.all() if can(reader, "people.manage") else User.objects.none()
    return hooks.pages_of(people, "accounts:person-edit", ids)


def _units(reader: User, ids: Collection[int]) -> dict[int, str]:
    units = BusinessUnit.objects.all() if can(reader, "unit.edit") else BusinessUnit.objects.none()
    return hooks.pages_of(units, "projects:unit-edit", ids)


def _imports(reader: User, ids: Collection[int]) -> dict[int, str]:
    return hooks.pages_of(Import.objects.visible_to(reader), "imports:import-detail", ids)


# Of this room and of those below it.
_PAGES = {"accounts.user": _people, "projects.businessunit": _units, "imports.import": _imports}


def kind_of(entry: AuditEntry) -> str:
    """Return what kind of thing an entry is about."""
    model = _model(entry.object_type)
    known = KINDS_OF_ALL.get((entry.object_type, entry.action)) or KINDS.get(entry.object_type)
    kind = str(known or (model._meta.verbose_name if model else entry.object_type))
    return f"{kind[:1].upper()}{kind[1:]}"


def said(label: str) -> str:
    """Return a label for people: "2026-08-31 6350" is "31 Aug 2026 6,350", "2026-08 6 USD" is "August 2026 $6.00"."""
    first, space, rest = label.partition(" ")
    on = _day(first) or _month(first)
    if rest.startswith("– "):
        rest = f"– {said(rest.removeprefix('– '))}"
    elif on and (value := _VALUE.fullmatch(rest)):
        amount = Decimal(value["amount"])
        rest = numbers.money_exact(amount, value["currency"]) if value["currency"] else numbers.number(amount)
    return f"{on or first}{space}{rest}"


def field_change(name: str, old: Any, new: Any) -> FieldChange:
    """Return a change of a field of an initiative as people read it."""
    return _change(Initiative, name, old, new)


def _place(name: str) -> tuple[int, str]:
    """The database keeps no order of keys: say the fields in the order of the form."""
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)


def _change(model: type[models.Model] | None, name: str, old: Any, new: Any) -> FieldChange:
    field = _field(model, name)
    own = getattr(field, "verbose_name", None)
    label = FIELDS.get(name) if model is Initiative or not isinstance(own, Promise) else None
    named = str(label or own or _month(name) or name.replace("_", " "))
    shown = WRITTEN.get(name) or partial(_shown, field)
    # What stayed as it was says which stage or pause is meant.
    return FieldChange(named[:1].upper() + named[1:], None if old == new else shown(old), shown(new))


def _amount(value: Any) -> str:
    return numbers.money(Decimal(value), base_currency.active())


def _count(value: Any) -> str | None:
    return None if value is None else numbers.number(value)


def _reason(code: Any) -> str | None:
    return str(UNKNOWN_REASONS[code]) if code else None


def _figures(kept: Mapping[str, str | None] | None) -> str | None:
    told = [(word, Decimal(kept[name])) for name, word in FIGURES.items() if (kept or {}).get(name)]
    return sentences.listed(f"{word}{sentences.colon()}{numbers.number(value)}" for word, value in told) or None


# Fields that no form has, and how their values are written.
WRITTEN = {
    "gross_cost": _amount,
    "unknown_reason": _reason,
    "figures": _figures,
    **dict.fromkeys(("cost_lines", "lines", "allocated", "rows_created"), _count),
    **dict.fromkeys(("added", "restated", "unchanged", "withdrawn"), _count),
}


def _shown(field: Any, value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    choices = {str(key): str(label) for key, label in getattr(field, "flatchoices", ())}
    if str(value) in choices:
        return choices[str(value)]
    if isinstance(field, ExactDecimalField):
        return numbers.number(Decimal(value))
    return _in_a_row(value) if isinstance(value, dict | list) else _day(str(value)) or str(value)


def _in_a_row(value: Any) -> str:
    if isinstance(value, dict):
        return sentences.listed(f"{name}{sentences.colon()}{_in_a_row(each)}" for name, each in value.items())
    return sentences.listed(map(_in_a_row, value)) if isinstance(value, list) else str(value)


def _day(text: str) -> str | None:
    if len(text) != 10:
        return None
    try:
        return numbers.day(date.fromisoformat(text), "day_short")
    except ValueError:
        return None


def _month(text: str) -> str | None:
    if len(text) != 7:
        return None
    try:
        return numbers.day(date.fromisoformat(f"{text}-01"), "month")
    except ValueError:
        return None


def _model(label: str) -> type[models.Model] | None:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def _field(model: type[models.Model] | None, name: str) -> Any:
    if model is None:
        return None
    dated = _model(DATED.get(model._meta.label_lower, ""))
    for each in (model, dated):
        with suppress(FieldDoesNotExist):
            if each is not None:
                return each._meta.get_field(name)
    return None
