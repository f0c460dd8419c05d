"""`/cost-categories`: what kinds of cost there are; administrators write."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status

from accounts.permissions import require
from api.conditional import require_match, set_etag
from api.fields import Body, Flag, ShortText, Whole
from api.pages import Listing, PageQuery, listing
from costs.categories import rules as category_rules
from costs.models import Category

router = Router()


CategoryName = Annotated[str, Field(max_length=40, pattern=category_rules.NAME)]


class CategoryIn(Body):
    """A category to add, after all others."""

    name: CategoryName = Field(description="What files and the API call it.")
    label: ShortText = Field("", description="What pages call it; “”: its name.")
    is_active: Flag = True


class CategoryPatch(Body):
    """What changes of a category."""

    label: ShortText = Field(None)
    is_active: Flag = Field(None, description="False: it takes no new lines; its old ones stay.")
    position: Whole = Field(None, ge=1, le=10_000, description="Where it stands; past the end: last.")


class CategoryOut(Schema):
    """A category."""

    name: str
    label: str = Field(description="“”: a shipped category is called by its shipped name, in the reader's language.")
    title: str = Field(description="What pages call it.")
    is_active: bool
    position: int
    version: int


@router.get("/cost-categories", response=Listing[CategoryOut], summary="Cost categories, in their order")
def list_categories(request: HttpRequest, query: Query[PageQuery]) -> dict[str, Any]:
    """Those that are out of use too."""
    require(request.user, "portfolio.see")
    return listing(request, Category.objects.all(), query, _item, order=("position", "name"))


@router.post("/cost-categories", response={201: CategoryOut}, summary="Add a cost category")
def add_category(request: HttpRequest, response: HttpResponse, body: CategoryIn) -> Status[dict[str, Any]]:
    """For administrators. 409 where the name is taken: it is never given again."""
    require(request.user, "settings.edit")
    category = category_rules.add(request.user, Category(name=body.name, label=body.label, is_active=body.is_active))
    set_etag(response, category)
    return Status(201, _item(category))


@router.get("/cost-categories/{category}", response=CategoryOut, summary="A cost category")
def get_category(request: HttpRequest, response: HttpResponse, category: str) -> dict[str, Any]:
    """Its ETag is the version."""
    require(request.user, "portfolio.see")
    found = get_object_or_404(Category, name=category)
    set_etag(response, found)
    return _item(found)


@router.patch("/cost-categories/{category}", response=CategoryOut, summary="Rename a cost category or retire it")
def change_category(request: HttpRequest, response: HttpResponse, category: str, body: CategoryPatch) -> dict[str, Any]:
    """For administrators. Needs `If-Match`. Its name stays: files and lines call it so."""
    require(request.user, "settings.edit")
    found = get_object_or_404(Category, name=category)
    require_match(request, found)
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    now = category_rules.edit(request.user, found, found.version, **changes)
    set_etag(response, now)
    return _item(now)


def _item(category: Category) -> dict[str, Any]:
    own = ("name", "label", "is_active", "position", "version")
    return {name: getattr(category, name) for name in own} | {"title": str(category)}
