"""Mappings that are kept under a name, and offered for the next file with the same header."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.changes import changing
from accounts.models import User
from accounts.permissions import require
from imports import registry
from imports.models import SavedMapping
from imports.pipeline import Importer


def fingerprint(header: Sequence[str]) -> str:
    """Return what equal headers have in common: their headings without case, in any order."""
    headings = sorted(heading.strip().casefold() for heading in header)
    return hashlib.sha256("\n".join(headings).encode()).hexdigest()


def fitting(user: User, header: Sequence[str]) -> QuerySet[SavedMapping]:
    """Return the mappings of this header, the last changed first."""
    return SavedMapping.objects.visible_to(user).filter(header=fingerprint(header)).order_by("-changed_at")


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


def change_mapping(actor: User, saved: SavedMapping, name: str, mapping: dict[str, Any]) -> None:
    """Give a mapping another name or other fields."""
    require(actor, registry.importer(saved.format).permission)
    with changing(actor, counts=False) as change:
        change.record(saved, "edit", {"name": (saved.name, name), "mapping": (saved.mapping, mapping)})
        saved.name, saved.mapping, saved.changed_at = name, mapping, timezone.now()
        saved.version += 1
        saved.save(update_fields=["name", "mapping", "changed_at", "version"])


def delete(actor: User, saved: SavedMapping) -> None:
    """Forget a mapping; imports that were made with it stay as they are."""
    require(actor, registry.importer(saved.format).permission)
    with changing(actor, counts=False) as change:
        change.record(saved, "delete", {"mapping": (saved.mapping, None)})
        saved.delete()
