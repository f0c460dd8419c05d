"""Mappings that are kept under a name, and offered for the next file with the same header."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.changes import changing
from accounts.errors import RuleError, StaleError
from accounts.models import User
from accounts.permissions import require
from imports import registry
from imports.header_place import FIRST, HeaderPlace
from imports.mappings import ColumnMapping
from imports.models import SavedMapping
from imports.pipeline import Importer

# For a file with a title above its table: each of the places tried means to look into the file.
PLACES_LOOKED_THROUGH, PLACES_TRIED = 50, 3


def fingerprint(header: Sequence[str]) -> str:
    """Return what equal headers have in common: their headings without case, in any order."""
    headings = sorted(heading.strip().casefold() for heading in header)
    return hashlib.sha256("\n".join(headings).encode()).hexdigest()


def fitting(user: User, header: Sequence[str]) -> QuerySet[SavedMapping]:
    """Return the mappings of this header, the last changed first."""
    return SavedMapping.objects.visible_to(user).filter(header=fingerprint(header)).order_by("-changed_at")


def places(user: User, sheets: Sequence[str]) -> list[HeaderPlace]:
    """Return where headings may stand in a file with these sheets, by what was last said of that.

    Not the place where they mostly do.
    """
    latest = SavedMapping.objects.visible_to(user).filter(mapping__has_key="reading").order_by("-changed_at")
    found = dict.fromkeys(ColumnMapping.of(saved.mapping).place for saved in latest[:PLACES_LOOKED_THROUGH])
    return [place for place in found if place != FIRST and place.sheet in ("", *sheets)][:PLACES_TRIED]


def save(actor: User, name: str, importer: type[Importer], header: Sequence[str], mapping: dict[str, Any]) -> None:
    """Keep a mapping; one of that name and format is replaced."""
    require(actor, importer.permission)
    with changing(actor, counts=False) as change:
        values = {"header": fingerprint(header), "mapping": mapping, "changed_at": timezone.now()}
        old = SavedMapping.objects.select_for_update().filter(format=importer.format, name=name).first()
        before = old.mapping if old else None
        values["version"] = old.version + 1 if old else 1
        saved, _is_new = SavedMapping.objects.update_or_create(
            format=importer.format, name=name, defaults=values, create_defaults={**values, "created_by": actor}
        )
        change.record(saved, "save", {"mapping": (before, mapping)})


def add(actor: User, name: str, importer: type[Importer], mapping: dict[str, Any]) -> SavedMapping:
    """Keep a mapping of the headings that it names; 409 where another of that format has the name."""
    require(actor, importer.permission)
    header = fingerprint(list(ColumnMapping.of(mapping).columns))
    try:
        with changing(actor, counts=False) as change:
            saved = SavedMapping.objects.create(
                format=importer.format, name=name, header=header, mapping=mapping, created_by=actor
            )
            change.record(saved, "save", {"mapping": (None, mapping)})
    except IntegrityError as error:
        raise RuleError(_("Another mapping of this format has this name."), "name", status=409) from error
    return saved


def change_mapping(actor: User, saved: SavedMapping, version: int, name: str, mapping: dict[str, Any]) -> None:
    """Give a mapping that was read at `version` another name or other fields; StaleError where it has changed since."""
    require(actor, registry.importer(saved.format).permission)
    with changing(actor, counts=False) as change:
        now = _current(saved, version)
        change.record(now, "edit", {"name": (now.name, name), "mapping": (now.mapping, mapping)})
        headings = list(ColumnMapping.of(mapping).columns)
        if set(headings) != set(ColumnMapping.of(now.mapping).columns):  # else it is offered for the files it was
            now.header = fingerprint(headings)
        now.name, now.mapping, now.changed_at = name, mapping, timezone.now()
        now.version += 1
        now.save(update_fields=["name", "header", "mapping", "changed_at", "version"])


def delete(actor: User, saved: SavedMapping, version: int) -> None:
    """Forget a mapping that was read at `version`; imports that were made with it stay as they are."""
    require(actor, registry.importer(saved.format).permission)
    with changing(actor, counts=False) as change:
        now = _current(saved, version)
        change.record(now, "delete", {"mapping": (now.mapping, None)})
        now.delete()


def _current(saved: SavedMapping, version: int) -> SavedMapping:
    """Return a mapping as it stands now; Http404 where somebody has deleted it since it was read."""
    now = get_object_or_404(SavedMapping.objects.select_for_update(), pk=saved.pk)
    if now.version != version:
        raise StaleError
    return now
