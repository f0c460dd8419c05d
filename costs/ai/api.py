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
from api.fields import Body, Flag, SayingGlob, Whole
from api.pages import Listing, PageQuery, listing
from costs.ai import categories
from costs.ai.matching import FIELDS, is_unsaid
from costs.models import AiCategory, AiCategoryRule, AllocationRun
from costs.runs.api import CostRunOut

router = Router()


def _known(match: dict[str, str]) -> dict[str, str]:
    unknown = [name for name in match if name not in FIELDS]
    if unknown or not match:
        raise ValueError(_("Conditions on at least one of: {names}.").format(names=", ".join(FIELDS)))
    return match


def _said(globs: str) -> str:
    if is_unsaid(globs):
        raise ValueError(_("Say after ! what must not be there."))
    return globs


Match = Annotated[dict[str, Annotated[SayingGlob, AfterValidator(_said)]], AfterValidator(_known)]
_MATCH = Field(
    description='Field to glob without case, alternatives divided by "|": {"provider": "aws | microsoft"}. Behind "!" '
    'stands what must not be there: {"category": "!licences"}.'
)


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


class Relabelled(Schema):
    """What came of applying the rules."""

    groups: int = Field(description="How many charge groups have another AI category now.")


class AiRuleRunOut(AiRuleOut):
    """A rule that is kept, and the run by which what is there follows it."""

    run: CostRunOut


@router.get("/ai-category-rules", response=Listing[AiRuleOut], summary="Rules for AI categories, as they are asked")
def list_ai_rules(request: HttpRequest, query: Query[PageQuery]) -> dict[str, Any]:
    """The first rule in use that matches gives a cost its AI category."""
    require(request.user, "portfolio.see")
    return listing(request, AiCategoryRule.objects.all(), query, lambda rule: rule, order=("priority", "id"))


@router.post("/ai-category-rules", response={201: AiRuleOut, 202: AiRuleRunOut}, summary="Add a rule")
def add_ai_rule(request: HttpRequest, response: HttpResponse, body: AiRuleIn) -> Status[Any]:
    """All costs are labelled anew at once.

    One moves by it only where an allocation rule asks for the AI category, or another record of the tokens counts.
    202 where there are many: new charge groups follow the rule, a worker labels those that are there.
    """
    require(request.user, "ai_category.edit")
    rule = AiCategoryRule(**{name: getattr(body, name) for name in AiRuleIn.model_fields})
    return _saved(request, response, rule, 201)


@router.post("/ai-category-rules/apply", response={200: Relabelled, 202: CostRunOut}, summary="Apply the rules again")
def apply_ai_rules(request: HttpRequest) -> Status[Any]:
    """Labels everything as the rules say now, as after an upgrade or a run that failed. 202: a worker does it."""
    outcome = categories.apply(require(request.user, "ai_category.edit"))
    return Status(202, outcome) if isinstance(outcome, AllocationRun) else Status(200, {"groups": outcome})


@router.patch(
    "/ai-category-rules/{int:pk}",
    response={200: AiRuleOut, 202: AiRuleRunOut},
    summary="Change a rule, or take it out of use",
)
def change_ai_rule(request: HttpRequest, response: HttpResponse, pk: int, body: AiRulePatch) -> Status[Any]:
    """Needs `If-Match` with the version that was read. 202 as when one is added."""
    require(request.user, "ai_category.edit")
    rule = get_object_or_404(AiCategoryRule, pk=pk)
    require_match(request, rule)
    for name in body.model_fields_set:
        setattr(rule, name, getattr(body, name))
    return _saved(request, response, rule, 200)


@router.delete(
    "/ai-category-rules/{int:pk}",
    response={204: None, 202: CostRunOut},
    openapi_extra=NEEDS_MATCH,
    summary="Delete a rule",
)
def delete_ai_rule(request: HttpRequest, pk: int) -> Status[Any]:
    """Needs `If-Match`. All costs are labelled anew at once, or by a worker (202)."""
    require(request.user, "ai_category.edit")
    rule = get_object_or_404(AiCategoryRule, pk=pk)
    require_match(request, rule)
    outcome = categories.remove(request.user, rule, rule.version)
    return Status(202, outcome) if isinstance(outcome, AllocationRun) else Status(204, None)


def _saved(request: HttpRequest, response: HttpResponse, rule: AiCategoryRule, status: int) -> Status[Any]:
    outcome = categories.save(request.user, rule)
    set_etag(response, rule)
    if isinstance(outcome, AllocationRun):
        own = {name: getattr(rule, name) for name in AiRuleOut.model_fields}
        return Status(202, {**own, "run": outcome})
    return Status(status, rule)
