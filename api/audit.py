"""`/audit`: who changed what, from what to what. For administrators."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from accounts.models import AuditEntry
from accounts.permissions import require
from api.fields import Day
from api.pages import Listing, PageQuery, listing

router = Router()
_KEY = re.compile(r"AI-\d{4,9}", re.ASCII)


class AuditOut(Schema):
    """One change of one thing."""

    id: int
    at: datetime
    actor: str = Field(..., description="The name at the time, which everybody chooses for themselves.")
    actor_email: str | None = Field(..., description="The address of who it was; null: Worthwhile itself.")
    token: str | None = Field(
        ..., description="What the token is called by which a program did it; null: no program did, or a job later on."
    )
    action: str
    object: str = Field(
        ..., description="Kind and number or key: `projects.initiative/12`; the kind alone where none is meant."
    )
    label: str
    changes: dict[str, list[Any]] = Field(..., description="Field to [old, new].")


class AuditQuery(PageQuery):
    """What to look for."""

    object: str | None = Field(
        None,
        max_length=300,
        description="`AI-0001`: everything about it; else `projects.initiative` or `projects.initiative/12`, "
        "`costs.costline/` and the id of a line.",
    )
    actor: str | None = Field(None, max_length=200, description="An e-mail address.")
    since: Day | None = Field(None, description="The first day.")


@router.get("/audit", response=Listing[AuditOut], summary="The audit trail, newest first")
def list_audit(request: HttpRequest, query: Query[AuditQuery]) -> dict[str, Any]:
    """Every change; the trail itself can only grow."""
    require(request.user, "audit.see")
    return listing(request, _found(query), query, _item, order=("-id",))


def _found(query: AuditQuery) -> QuerySet[AuditEntry]:
    entries = AuditEntry.objects.select_related("actor", "token")
    if query.object and _KEY.fullmatch(query.object):
        # The trail stands below the room that knows the keys, and names each initiative by its own.
        named = entries.filter(object_type="projects.initiative", object_label__startswith=f"{query.object} ")
        entries = entries.filter(initiative_id__in=named.values("object_id"))
    elif query.object:
        kind, _slash, name = query.object.partition("/")
        entries = entries.filter(object_type=kind)
        if name:
            entries = entries.filter(object_id=int(name)) if name.isdecimal() else entries.filter(object_key=name)
    if query.actor:
        entries = entries.filter(actor__email__iexact=query.actor)
    if query.since:
        entries = entries.filter(at__gte=timezone.make_aware(datetime.combine(query.since, time.min)))
    return entries


def _item(entry: AuditEntry) -> dict[str, Any]:
    name = entry.object_key if entry.object_id is None else entry.object_id
    return {
        "id": entry.pk,
        "at": entry.at,
        "actor": entry.actor_label,
        "actor_email": entry.actor.email if entry.actor else None,
        "token": entry.token.name if entry.token else None,
        "action": entry.action,
        "object": entry.object_type if name == "" else f"{entry.object_type}/{name}",
        "label": entry.object_label,
        "changes": entry.changes,
    }
