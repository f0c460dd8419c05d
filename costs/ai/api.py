"""`/ai-category-rules`: which costs are for what in AI terms."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema, Status
from pydantic import AfterValidator

from accounts.permissions import require
from api.conditional import NEEDS_MATCH, require_match, set_etag
from api.fields import Body, Flag, Name, Whole
from api.pages import Listing, PageQuery, listing
from costs.ai import categories
from costs.ai.matching import FIELDS
from costs.models import AiCategory, AiCategoryRule

router = Router()


def _known(match: dict[str, str]) -> dict[str, str]:
    unknown = [name for name in match if name not in FIELDS]
    if unknown or not match:
        raise ValueError(_("Conditions on at least one of: {names}.").format(names=", ".join(FIELDS)))
    return match


Match = Annotated[dict[str, Name], AfterValidator(_known)]
_MATCH = Field(description='Field to glob without case, alternatives divided by "|": {"provider": "aws | microsoft"}.')


class AiRuleIn(Body):
    """A rule to add."""

    priority: Whole = Field(100, ge=0, le=1_000_000, description="The lowest is asked first.")
    match: Match = _MATCH
    ai_category: AiCategory
    is_active: Flag = True


class AiRulePatch(Body):
    """What changes of a rule."""

    priority: Whole = Field(None, ge=0, le=1_000_000)
    match: Match = Field(None)
    ai_category: AiCategory = Field(None)
    is_active: Flag = Field(None)


class AiRuleOut(Schema):
    """A rule."""

    id: int
    priority: int
    match: dict[str, str]
    ai_category: AiCategory
    is_active: bool
    version: int


@router.get("/ai-category-rules", response=Listing[AiRuleOut], summary="Rules for AI categories, as they are asked")
def list_rules(request: HttpRequest, query: Query[PageQuery]) -> dict[str, Any]:
    """The first rule in use that matches gives a cost its AI category."""
    require(request.user, "portfolio.see")
    return listing(request, AiCategoryRule.objects.all(), query, lambda rule: rule, order=("priority", "id"))


@router.post("/ai-category-rules", response={201: AiRuleOut}, summary="Add a rule")
def add_rule(request: HttpRequest, response: HttpResponse, body: AiRuleIn) -> Status[AiCategoryRule]:
    """All costs are labelled anew at once; none moves."""
    require(request.user, "ai_category.edit")
    rule = AiCategoryRule(**{name: getattr(body, name) for name in AiRuleIn.model_fields})
    categories.save(request.user, rule)
    set_etag(response, rule)
    return Status(201, rule)


@router.patch("/ai-category-rules/{int:pk}", response=AiRuleOut, summary="Change a rule, or take it out of use")
def change_rule(request: HttpRequest, response: HttpResponse, pk: int, body: AiRulePatch) -> AiCategoryRule:
    """Needs `If-Match` with the version that was read."""
    require(request.user, "ai_category.edit")
    rule = get_object_or_404(AiCategoryRule, pk=pk)
    require_match(request, rule)
    for name in body.model_fields_set:
        setattr(rule, name, getattr(body, name))
    categories.save(request.user, rule)
    set_etag(response, rule)
    return rule


@router.delete("/ai-category-rules/{int:pk}", response={204: None}, openapi_extra=NEEDS_MATCH, summary="Delete a rule")
def delete_rule(request: HttpRequest, pk: int) -> Status[None]:
    """Needs `If-Match`. All costs are labelled anew at once; none moves."""
    require(request.user, "ai_category.edit")
    rule = get_object_or_404(AiCategoryRule, pk=pk)
    require_match(request, rule)
    categories.remove(request.user, rule, rule.version)
    return Status(204, None)
