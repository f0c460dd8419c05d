"""`/import-mappings`: what columns of files mean, kept under a name."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema, Status

from accounts.errors import RuleError
from accounts.permissions import require
from api.conditional import NEEDS_MATCH, require_match, set_etag
from api.fields import Body, Name, ShortText
from api.pages import Listing, PageQuery, listing
from api.problems import invalid
from imports import mappings, registry, saved_mappings
from imports.header import NO_CHOICE_OF_INPUT
from imports.mapping_form import MappingForm
from imports.mappings import ColumnMapping
from imports.models import SavedMapping
from imports.pipeline import Importer
from imports.querysets import require_some
from imports.uploads import takes_a_mapping

router = Router()


MappingJson = Annotated[
    dict[str, Any], Field(description="As `mapping` of POST /imports takes it: every heading with its field, or null.")
]


class MappingIn(Body):
    """A mapping to keep."""

    name: Annotated[Name, Field(max_length=100)]
    format: ShortText
    mapping: MappingJson


class MappingPatch(Body):
    """What changes of a mapping."""

    name: Annotated[Name, Field(max_length=100)] = Field(None)
    mapping: MappingJson = Field(None)


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
    require_some(request.user)
    return listing(request, SavedMapping.objects.visible_to(request.user), query, lambda saved: saved)


@router.post("/import-mappings", response={201: MappingOut}, summary="Save a mapping")
def add_mapping(request: HttpRequest, response: HttpResponse, body: MappingIn) -> Status[SavedMapping]:
    """It is offered for the next file with these headings. 409 where another of that format has the name."""
    require_some(request.user)
    importer = _importer(body.format)
    require(request.user, importer.permission)
    saved = saved_mappings.add(request.user, body.name, importer, _checked(importer, body.mapping))
    set_etag(response, saved)
    return Status(201, saved)


@router.get("/import-mappings/{int:pk}", response=MappingOut, summary="A saved mapping")
def get_mapping(request: HttpRequest, response: HttpResponse, pk: int) -> SavedMapping:
    """Its ETag is the version."""
    saved = _get(request, pk)
    set_etag(response, saved)
    return saved


@router.patch("/import-mappings/{int:pk}", response=MappingOut, summary="Change a saved mapping")
def change_mapping(request: HttpRequest, response: HttpResponse, pk: int, body: MappingPatch) -> SavedMapping:
    """Needs `If-Match`. Imports that were made with it stay as they are."""
    saved = _get(request, pk)
    require_match(request, saved)
    given = body.model_fields_set
    name = body.name if "name" in given else saved.name
    taken = SavedMapping.objects.filter(format=saved.format, name=name).exclude(pk=pk)
    if taken.exists():
        raise RuleError(_("Another mapping of this format has this name."), "name", status=409)
    mapping = _checked(registry.importer(saved.format), body.mapping) if "mapping" in given else saved.mapping
    saved_mappings.change_mapping(request.user, saved, saved.version, name, mapping)
    saved.refresh_from_db()
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


def _importer(name: str) -> type[Importer]:
    """Return the format of a name that takes a mapping; 422 where there is none."""
    found = registry.find(name)
    if found is None or not takes_a_mapping(found):
        raise RuleError(_("There is no such format, or it takes no mapping."), "format")
    return found


def _checked(importer: type[Importer], mapping: dict[str, Any]) -> dict[str, Any]:
    """Return a mapping that the page could have made of a file with these headings; 422 at `mapping` else."""
    known = ColumnMapping.of(mappings.checked(mapping))
    if beyond := set(known.constants) - {column.name for column in importer.columns}:
        raise RuleError(_("There is no such field: {names}.").format(names=", ".join(sorted(beyond))), "mapping")
    if known.conventions.input_tokens and not importer.may_count_otherwise:
        raise RuleError(_(NO_CHOICE_OF_INPUT), "mapping")
    header = list(known.columns)
    typed = {f"column-{place}": known.columns[heading] or "" for place, heading in enumerate(header)}
    typed |= {f"constant-{name}": value for name, value in known.constants.items()}
    typed |= known.conventions.as_json() | known.place.as_json()
    form = MappingForm(typed, importer=importer, header=header, known=known)
    if not form.is_valid():
        fields = ((form.fields[name].label, errors) for name, errors in form.errors.items() if name in form.fields)
        raise invalid([("mapping", f"{label}: {error}") for label, errors in fields for error in errors])
    return form.mapping


def _get(request: HttpRequest, pk: int) -> SavedMapping:
    require_some(request.user)
    return get_object_or_404(SavedMapping.objects.visible_to(request.user), pk=pk)
