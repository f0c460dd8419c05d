"""The history of an initiative, told from the audit trail in the reader's language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import BigIntegerField, Case, Count, F, Max, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from accounts.models import AuditEntry, User
from display import numbers, sentences
from projects import telling
from projects.keys import number_of
from projects.models import Initiative, Transition, key_of
from projects.querysets import SEES_CONFIDENTIAL

MANY = 4  # from here on, what was made in one go is told as one
MOST_NAMED = 100  # of those, so many are named
NAMING = {"incurred_on", "amount", "currency"}  # what a cost line is named by
GO = ("at", "action", "object_type", "alone")  # what entries that were made in one go have in common
OWN = Initiative._meta.label_lower
_ALONE = Case(  # an initiative's own entries are told one by one
    When(object_type=OWN, then=F("pk")), default=Value(0), output_field=BigIntegerField()
)
_PLACE = Window(RowNumber(), partition_by=[F(name) for name in GO], order_by=F("pk").desc())


def entries(initiative: Initiative) -> QuerySet[AuditEntry]:
    """Return everything that was ever recorded about it, the latest first."""
    return AuditEntry.objects.filter(initiative_id=initiative.pk).order_by("-at", "-id")


def steps(initiative: Initiative) -> list[Transition]:
    """Return the stages that it went through, in order, with who recorded them."""
    return list(initiative.transitions.select_related("recorded_by").order_by("position"))


def goes(initiative: Initiative) -> QuerySet[AuditEntry, dict[str, Any]]:
    """Return what was recorded in one go, a row each with the number of its entries, the latest first."""
    recorded = entries(initiative).order_by().annotate(alone=_ALONE).values(*GO)
    return recorded.annotate(last=Max("pk"), count=Count("pk")).order_by("-at", "-last")


def tell_all(initiative: Initiative, told: Sequence[Mapping[str, Any]], reader: User) -> list[telling.Told]:
    """Return what was recorded in these goes in the reader's language; many entries of one go are told as one."""
    moments = {go["at"] for go in told}
    recorded = entries(initiative).annotate(alone=_ALONE, place=_PLACE).filter(at__in=moments, place__lte=MOST_NAMED)
    recorded = recorded.select_related("actor")
    _mask_moves(recorded, initiative, reader)
    found = defaultdict(list)
    for entry in recorded:
        found[tuple(getattr(entry, name) for name in GO)].append(entry)
    of_goes = [(found[tuple(go[name] for name in GO)], go["count"]) for go in told]
    alone = [entry for entries_of, count in of_goes if count < MANY for entry in entries_of if entry.object_type != OWN]
    urls = telling.urls_of(alone, reader)  # many are told as one, which has no page
    return [each for entries_of, count in of_goes for each in _told(entries_of, count, urls)]


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


def _told(recorded: Sequence[AuditEntry], count: int, urls: telling.Urls) -> list[telling.Told]:
    if count < MANY:
        return [_tell(entry, urls) for entry in recorded]
    about = _("%(kind)s × %(count)s") % {"kind": telling.kind_of(recorded[0]), "count": numbers.number(count)}
    changes = [telling.tell(entry, {}).changes for entry in recorded]
    is_common = len(changes) == count and len(changes[0]) == 1 and all(each == changes[0] for each in changes)
    named = tuple(telling.said(entry.object_label) if is_common else _named(entry) for entry in recorded)
    common = changes[0] if is_common else []
    return [replace(telling.tell(recorded[0], {}), about=about, changes=common, each=named, more=count - len(named))]


def _tell(entry: AuditEntry, urls: telling.Urls) -> telling.Told:
    """Return an entry in words; of its own changes the initiative is not named on its own page."""
    told = telling.tell(entry, urls)
    return replace(told, about="") if entry.object_type == OWN else told


def _named(entry: AuditEntry) -> str:
    """Name one of many; where a single thing changed, say it as well."""
    changes = telling.tell(entry, {}).changes
    if len(changes) != 1:
        return telling.said(entry.object_label)
    change = changes[0].label + sentences.colon() + (changes[0].new or numbers.NO_VALUE)
    return ", ".join(filter(None, (telling.said(entry.object_label), change)))
