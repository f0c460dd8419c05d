"""Reads of imports that are used in more than one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models

from accounts.permissions import can
from imports import registry
from imports.pipeline import Importer

if TYPE_CHECKING:
    from accounts.models import User

Model = TypeVar("Model", bound=models.Model)


class OfFormatsQuerySet(models.QuerySet[Model]):
    """What belongs to a format, such as an import or a mapping that was kept for it."""

    def visible_to(self, user: User) -> Self:
        """Keep those of the formats that this person may import."""
        return self.filter(format__in=[importer.format for importer in allowed(user)])


class ImportQuerySet(OfFormatsQuerySet["Import"]):  # type: ignore[name-defined]
    """Imports, read like a sentence."""

    def being_reverted(self) -> Self:
        """Keep those that a worker is asked to take back and that are still there."""
        return self.filter(state="done").exclude(revert_asked_at=None)

    def next_of_each_format(self) -> Self:
        """Keep the oldest of each format that waits: they go in as they were handed in."""
        return self.filter(state="queued").order_by("format", "pk").distinct("format")


def allowed(user: User) -> list[type[Importer]]:
    """Return the formats that this person may import."""
    return [importer for importer in registry.every() if can(user, importer.permission)]


def require_some(user: User) -> None:
    """Refuse those who may import nothing at all."""
    if not allowed(user):
        raise PermissionDenied("import")
