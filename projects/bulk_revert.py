"""Takes back the initiatives, units and tags that an import made, and leaves what people have built on since."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from accounts.changes import Change
from accounts.models import AuditEntry
from imports.pipeline import Reverted
from projects import attached
from projects.models import BusinessUnit, Initiative, Tag


def take_back(import_id: int, change: Change) -> Reverted:
    """Delete what an import made, inside the open write. An initiative that was edited, moved or added to stays."""
    made = Initiative.objects.filter(source_import_id=import_id)
    # Whoever works on one of them goes first, and is seen below; who comes later finds it gone.
    ids = set(made.select_for_update().order_by("pk").values_list("pk", flat=True))
    kept = _changed_since(made) | attached.built_on(ids)
    goners = list(Initiative.objects.filter(pk__in=ids - kept).order_by("pk"))
    for initiative in goners:
        change.record(initiative, "delete", {"title": (initiative.title, None)}, initiative.pk)
    Initiative.objects.filter(pk__in=[initiative.pk for initiative in goners]).delete()
    at = _imported_at(import_id)
    if at is not None:
        _remove_unused(BusinessUnit, at, change)
        _remove_unused(Tag, at, change)
    return Reverted(len(goners), len(kept))


def _changed_since(made: models.QuerySet[Initiative]) -> set[int]:
    """Return those of which more is recorded than their making: edits, moves and pauses, those taken back as well."""
    own = AuditEntry.objects.filter(object_type=Initiative._meta.label_lower, initiative_id__in=made.values("pk"))
    return set(own.exclude(action="create").values_list("initiative_id", flat=True))


def _imported_at(import_id: int) -> datetime | None:
    """Return the time of the import's write: all its audit entries carry it."""
    entries = AuditEntry.objects.filter(object_type="imports.import", object_id=import_id, action="import")
    return entries.values_list("at", flat=True).first()


def _remove_unused(model: type[models.Model], at: datetime, change: Change) -> None:
    """Delete rows that the import made on the way, from the bottom of a tree up, unless something refers to them."""
    made = AuditEntry.objects.filter(object_type=model._meta.label_lower, action="create", at=at)
    ids = set(made.values_list("object_id", flat=True))
    while goners := list(model._base_manager.filter(pk__in=ids - attached.pointed_at(model, ids))):
        for row in goners:
            change.record(row, "delete", {"name": (str(row), None)})
        model._base_manager.filter(pk__in=[row.pk for row in goners]).delete()
        ids -= {row.pk for row in goners}
