"""The history of an initiative, told from the audit trail in the reader's language."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import BigIntegerField, Case, Count, F, Max, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import AuditEntry, User
from display import currency as base_currency
from display import numbers, sentences
from imports.models import Import
from money.fields import ExactDecimalField
from projects import hooks
from projects.fields import COLUMNS, LISTS
from projects.history_words import ACTIONS, DATED, FIELDS, KINDS, UNKNOWN_REASONS
from projects.keys import number_of
from projects.models import Initiative, Transition, key_of
from projects.querysets import SEES_CONFIDENTIAL

Urls = Mapping[tuple[str, int | None], str]  # by type and id of the object of an entry

MANY = 4  # from here on, what was made in one go is told as one
MOST_NAMED = 100  # of those, so many are named
NAMING = {"incurred_on", "amount", "currency"}  # what a cost line is named by
GO = ("at", "action", "object_type", "alone")  # what entries that were made in one go have in common
_ALONE = Case(  # an initiative's own entries are told one by one
    When(object_type=Initiative._meta.label_lower, then=F("pk")), default=Value(0), output_field=BigIntegerField()
)
_VALUE = re.compile(r"(?P<amount>-?\d+(\.\d+)?)( (?P<currency>[A-Z]{3}))?")  # of a cost, a budget line or a reading
_PLACE = Window(RowNumber(), partition_by=[F(name) for name in GO], order_by=F("pk").desc())

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


def entries(initiative: Initiative) -> QuerySet[AuditEntry]:
    """Return everything that was ever recorded about it, the latest first."""
    return AuditEntry.objects.filter(initiative_id=initiative.pk).order_by("-at", "-id")


def steps(initiative: Initiative) -> list[Transition]:
    """Return the stages that it went through, in order, with who recorded them."""
    return list(initiative.transitions.select_related("recorded_by").order_by("position"))


def tell(entry: AuditEntry, urls: Urls) -> Told:
    """Return an entry in the reader's language."""
    model = _model(entry.object_type)
    own = model is Initiative
    return Told(
        at=entry.at,
        who=entry.actor_label or _("Worthwhile itself"),
        address=entry.actor.email if entry.actor and entry.actor.email != entry.actor_label else "",
        what=str(ACTIONS.get(entry.action, entry.action)),
        about="" if own else sentences.colon().join(filter(None, (_kind(entry), _said(entry.object_label)))),
        changes=[_change(model, name, *entry.changes[name]) for name in sorted(entry.changes, key=_place)],
        url=urls.get((entry.object_type, entry.object_id), ""),
    )


def goes(initiative: Initiative) -> QuerySet[AuditEntry, dict[str, Any]]:
    """Return what was recorded in one go, a row each with the number of its entries, the latest first."""
    recorded = entries(initiative).order_by().annotate(alone=_ALONE).values(*GO)
    return recorded.annotate(last=Max("pk"), count=Count("pk")).order_by("-at", "-last")


def tell_all(initiative: Initiative, told: Sequence[Mapping[str, Any]], reader: User) -> list[Told]:
    """Return what was recorded in these goes in the reader's language; many entries of one go are told as one."""
    moments = {go["at"] for go in told}
    recorded = entries(initiative).annotate(alone=_ALONE, place=_PLACE).filter(at__in=moments, place__lte=MOST_NAMED)
    recorded = recorded.select_related("actor")
    _mask_moves(recorded, initiative, reader)
    found = defaultdict(list)
    for entry in recorded:
        found[tuple(getattr(entry, name) for name in GO)].append(entry)
    urls = _urls([entry for each in found.values() for entry in each], reader)
    return [each for go in told for each in _told(found[tuple(go[name] for name in GO)], go["count"], urls)]


def _mask_moves(recorded: Iterable[AuditEntry], initiative: Initiative, reader: User) -> None:
    """Of a cost that moved to or from an initiative that the reader may not see, leave only that it did.

    What it says there is theirs; an entry is named as the thing is after the move.
    """
    moves = [entry for entry in recorded if None not in entry.changes.get("initiative", [None])]
    keys = {key for entry in moves for key in entry.changes["initiative"]} - {initiative.key}
    if not keys or reader.role in SEES_CONFIDENTIAL:
        return
    numbered = Initiative.objects.visible_to(reader).filter(number__in=[number_of(key) for key in keys])
    known = {initiative.key, *map(key_of, numbered.order_by().values_list("number", flat=True))}
    for entry in moves:
        old, new = entry.changes["initiative"]
        if new not in known and not NAMING.isdisjoint(entry.changes):
            entry.object_label = ""
        if not known.issuperset((old, new)):
            other = _("another initiative")
            entry.changes = {"initiative": [old if old in known else other, new if new in known else other]}


def _urls(recorded: Iterable[AuditEntry], reader: User) -> Urls:
    """Return the pages of what entries are about, those that the reader may see; a query where there are imports."""
    ids = defaultdict(set)
    for entry in recorded:
        ids[entry.object_type].add(entry.object_id)
    found = {}
    for kind, pages in ((Import._meta.label_lower, _imports), *hooks.history_pages.items()):
        if ids[kind]:
            found |= {(kind, pk): url for pk, url in pages(reader, ids[kind]).items()}
    return found


def _imports(reader: User, ids: Collection[int]) -> dict[int, str]:
    visible = Import.objects.visible_to(reader).filter(pk__in=ids).order_by().values_list("pk", flat=True)
    return {pk: reverse("imports:import-detail", args=[pk]) for pk in visible}


def _told(recorded: Sequence[AuditEntry], count: int, urls: Urls) -> list[Told]:
    if count < MANY:
        return [tell(entry, urls) for entry in recorded]
    about = _("%(kind)s × %(count)s") % {"kind": _kind(recorded[0]), "count": numbers.number(count)}
    changes = [tell(entry, {}).changes for entry in recorded]
    is_common = len(changes) == count and len(changes[0]) == 1 and all(each == changes[0] for each in changes)
    named = tuple(_said(entry.object_label) if is_common else _named(entry) for entry in recorded)
    common = changes[0] if is_common else []
    return [replace(tell(recorded[0], {}), about=about, changes=common, each=named, more=count - len(named))]


def _named(entry: AuditEntry) -> str:
    """Name one of many; where a single thing changed, say it as well."""
    changes = tell(entry, {}).changes
    if len(changes) != 1:
        return _said(entry.object_label)
    change = changes[0].label + sentences.colon() + (changes[0].new or numbers.NO_VALUE)
    return ", ".join(filter(None, (_said(entry.object_label), change)))


def _kind(entry: AuditEntry) -> str:
    model = _model(entry.object_type)
    kind = str(KINDS.get(entry.object_type) or (model._meta.verbose_name if model else entry.object_type))
    return f"{kind[:1].upper()}{kind[1:]}"


def _said(label: str) -> str:
    """Return a label for people: "2026-08-31 6350" is "31 Aug 2026 6,350", "2026-08 6 USD" is "August 2026 $6.00"."""
    first, space, rest = label.partition(" ")
    on = _day(first) or _month(first)
    if rest.startswith("– "):
        rest = f"– {_said(rest.removeprefix('– '))}"
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
    label = FIELDS.get(name) if model is Initiative or field is None else None
    said = str(label or getattr(field, "verbose_name", None) or _month(name) or name.replace("_", " "))
    shown = WRITTEN.get(name) or partial(_shown, field)
    # What stayed as it was says which stage or pause is meant.
    return FieldChange(said[:1].upper() + said[1:], None if old == new else shown(old), shown(new))


def _amount(value: Any) -> str:
    return numbers.money(Decimal(value), base_currency.active())


def _count(value: Any) -> str | None:
    return None if value is None else numbers.number(value)


def _reason(code: Any) -> str | None:
    return str(UNKNOWN_REASONS[code]) if code else None


# Fields that no form has, and how their values are written.
WRITTEN = {"gross_cost": _amount, "cost_lines": _count, "unknown_reason": _reason}


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
    if isinstance(value, dict | list):
        return sentences.listed(value)
    return _day(str(value)) or str(value)


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
