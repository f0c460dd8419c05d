"""The audit trail of everything, the latest first: part by part for its page, and whole as a file. For administrators.

Going on starts at an entry, not at a number, and nothing is counted: the last part costs what the first does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import ApiToken, AuditEntry, User
from display.spreadsheets import csv_lines
from projects import telling
from projects.filters import ANY
from projects.forms import DayField
from projects.history_words import KINDS
from projects.models import Initiative
from projects.people import with_address

PER_PAGE, PORTION = 50, 2_000  # entries of a page, and of a portion of a file
ITSELF = "-"  # in the place of a person
HEADER = ("id", "at", "actor", "actor_email", "token", "action", "object", "label", "field", "old", "new")


class TrailFilters(forms.Form):
    """What to keep. A value that makes no sense is said beside its field, and keeps nothing out."""

    person = forms.ChoiceField(label=_("Person"), required=False)
    kind = forms.ChoiceField(label=_("What was changed"), required=False)
    since = DayField(label=pgettext_lazy("period", "From"), required=False)
    until = DayField(label=pgettext_lazy("period", "To"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="filter-%s")
        people = [(f"{person.pk}", with_address(person)) for person in User.objects.order_by("name", "email")]
        self.fields["person"].choices = [ANY, (ITSELF, _("Worthwhile itself")), *people]
        self.fields["kind"].choices = [ANY, *sorted(KINDS.items(), key=lambda each: str(each[1]))]

    @property
    def kept(self) -> dict[str, Any]:
        """The filters that are set and make sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def entries(self) -> QuerySet[AuditEntry]:
        """Return what the filters keep, the latest first."""
        found = AuditEntry.objects.select_related("actor", "token").order_by("-at", "-pk")
        kept = self.kept
        if person := kept.get("person"):
            found = found.filter(actor=None if person == ITSELF else int(person))
        if kind := kept.get("kind"):
            found = found.filter(object_type=kind)
        if since := kept.get("since"):
            found = found.filter(at__gte=_begin(since))
        if until := kept.get("until"):
            found = found.filter(at__lt=_begin(until + timedelta(days=1)))
        return found


@dataclass(frozen=True)
class Line:
    """An entry in words; with which token it was made, and the initiative it is about where that is not the thing."""

    told: telling.Told
    token: ApiToken | None
    initiative: Initiative | None


@dataclass(frozen=True)
class Part:
    """Some entries, and the number of the last one where there are more."""

    lines: Sequence[Line]
    next_after: int | None
    is_first: bool


def part(found: QuerySet[AuditEntry], after: str, reader: User) -> Part:
    """Return the entries behind the one numbered `after`, from the first where it names none."""
    last = AuditEntry.objects.filter(pk=int(after)).first() if after.isdecimal() and len(after) < 19 else None
    entries = list((_behind(found, last) if last else found)[: PER_PAGE + 1])
    shown = entries[:PER_PAGE]
    more = shown[-1].pk if len(entries) > PER_PAGE else None
    return Part(_lines(shown, reader), more, is_first=last is None)


def as_csv(found: QuerySet[AuditEntry]) -> Iterator[str]:
    """Yield the file: a row for each field that changed, values as the API writes them, no cell run as a formula."""
    return csv_lines(HEADER, (row for entry in _every(found) for row in _rows(entry)))


def _every(found: QuerySet[AuditEntry]) -> Iterator[AuditEntry]:
    """Yield all entries, a portion of them in memory at a time."""
    behind = found
    while entries := list(behind[:PORTION]):
        yield from entries
        behind = _behind(found, entries[-1]) if len(entries) == PORTION else found.none()


def _behind(found: QuerySet[AuditEntry], last: AuditEntry) -> QuerySet[AuditEntry]:
    # The first condition follows from the second: with it an index begins there.
    return found.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk), at__lte=last.at)


def _lines(entries: Sequence[AuditEntry], reader: User) -> list[Line]:
    own = Initiative._meta.label_lower
    ids = {entry.object_id if entry.object_type == own else entry.initiative_id for entry in entries}
    initiatives = Initiative.objects.visible_to(reader).in_bulk(ids - {None})
    urls = dict(telling.urls_of(entries, reader))
    urls |= {(own, pk): initiative.history_url for pk, initiative in initiatives.items()}
    about = {entry.pk: None if entry.object_type == own else initiatives.get(entry.initiative_id) for entry in entries}
    return [Line(telling.tell(entry, urls), entry.token, about[entry.pk]) for entry in entries]


def _rows(entry: AuditEntry) -> Iterator[list[str]]:
    name = telling.name_of(entry)
    named = f"{entry.object_type}/{name}" if name else entry.object_type
    email = entry.actor.email if entry.actor else ""
    at = timezone.localtime(entry.at).isoformat()
    token = entry.token.name if entry.token else ""
    who = [f"{entry.pk}", at, entry.actor_label, email, token, entry.action, named, entry.object_label]
    for field, values in sorted(entry.changes.items()) or [("", ("", ""))]:
        yield [*who, field, *map(_cell, values)]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
