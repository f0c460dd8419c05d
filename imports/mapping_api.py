"""`/import-mappings`: what columns of files mean, kept under a name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status

from api.conditional import NEEDS_MATCH, require_match, set_etag
from api.pages import Listing, PageQuery, listing
from imports import saved_mappings
from imports.models import SavedMapping
from imports.querysets import allowed

router = Router()


class MappingOut(Schema):
    """A saved mapping."""

    id: int
    name: str
    format: str
    mapping: dict[str, Any] = Field(description="As `mapping` of POST /imports takes it.")
    changed_at: datetime
    version: int


@router.get("/import-mappings", response=Listing[MappingOut], summary="Saved mappings")
def list_mappings(request: HttpRequest, query: Query[PageQuery]) -> dict[str, Any]:
    """Those of the formats that the caller may import."""
    if not allowed(request.user):
        raise PermissionDenied("import")
    return listing(request, SavedMapping.objects.visible_to(request.user), query, lambda saved: saved)


@router.get("/import-mappings/{int:pk}", response=MappingOut, summary="A saved mapping")
def get_mapping(request: HttpRequest, response: HttpResponse, pk: int) -> SavedMapping:
    """Its ETag is the version."""
    saved = _get(request, pk)
    set_etag(response, saved)
    return saved


@router.delete(
    "/import-mappings/{int:pk}", response={204: None}, openapi_extra=NEEDS_MATCH, summary="Delete a saved mapping"
)
def delete_mapping(request: HttpRequest, pk: int) -> Status[None]:
    """Needs `If-Match`. Imports that were made with it stay as they are."""
    saved = _get(request, pk)
    require_match(request, saved)
    saved_mappings.delete(request.user, saved, saved.version)
    return Status(204, None)


def _get(request: HttpRequest, pk: int) -> SavedMapping:
    if not allowed(request.user):
        raise PermissionDenied("import")
    return get_object_or_404(SavedMapping.objects.visible_to(request.user), pk=pk)
