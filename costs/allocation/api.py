"""`/allocation-rules`: whose cost is that names no initiative."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from accounts.errors import RuleError
from accounts.models import Organisation, User
from accounts.permissions import require
from api.conditional import NEEDS_MATCH, require_match, set_etag
from api.pages import Listing, PageQuery, listing
from api.problems import Problem, invalid
from costs.allocation import listing as allocation_list
from costs.allocation import places as allocation
from costs.allocation import rules as allocation_rules
from costs.allocation import runs
from costs.allocation.active_rules import DRAFT, Rule
from costs.allocation.effect import Effect, Moved, effect_of
from costs.allocation.items import (
    AllocationRuleIn,
    AllocationRuleOut,
    AllocationRulePatch,
    Applied,
    PartIn,
    Simulate,
    Simulated,
)
from costs.allocation.listing import Listed
from costs.allocation.rules import Terms
from costs.lookups import Names
from costs.models import UNALLOCATED, AllocationRule, AllocationRun, Category
from projects.models import Initiative

router = Router()


@router.get("/allocation-rules", response=Listing[AllocationRuleOut], summary="Allocation rules, as they are asked")
def list_rules(request: HttpRequest, query: Query[PageQuery]) -> dict[str, Any]:
    """The first rule in use that matches a cost decides whose it is.

    Those that place cost on an initiative that you may not see are left out.
    """
    require(request.user, "portfolio.see")
    page = listing(request, allocation_list.readable(request.user), query, lambda rule: rule, order=("priority", "id"))
    return {**page, "items": _items(page["items"])}


@router.post("/allocation-rules", response={201: AllocationRuleOut}, summary="Add a rule")
def add_rule(request: HttpRequest, response: HttpResponse, body: AllocationRuleIn) -> Status[dict[str, Any]]:
    """It places cost of a new account, service, tag …; what is there, and what comes to it, moves with `apply`."""
    require(request.user, "allocation.edit")
    rule = allocation_rules.create(request.user, _terms(request.user, body))
    set_etag(response, rule)
    return Status(201, _shown(request.user, rule))


@router.post("/allocation-rules/apply", response={200: Applied, 202: Applied}, summary="Apply the rules")
def apply_rules(request: HttpRequest) -> Status[dict[str, Any]]:
    """Moves what is there to where the rules say. Again: 0. 202 where much is to move: a worker does it."""
    require(request.user, "allocation.edit")
    run = runs.apply(request.user)
    return Status(200 if run.finished_at else 202, _applied(run))


@router.post("/allocation-rules/simulate", response=Simulated, summary="What would move")
def simulate(request: HttpRequest, body: Simulate) -> dict[str, Any]:
    """What `apply` would move now; with a rule, what that one would change of it. Changes nothing."""
    require(request.user, "allocation.edit")
    if body.rule is None:
        return _simulated(runs.preview())
    pk = get_object_or_404(AllocationRule, pk=body.replaces).pk if body.replaces else DRAFT
    own, _waiting = allocation.changes_by(_draft(request.user, body.rule, pk))
    return _simulated(effect_of(own))


@router.get("/allocation-rules/{int:pk}", response=AllocationRuleOut, summary="One rule")
def get_rule(request: HttpRequest, response: HttpResponse, pk: int) -> dict[str, Any]:
    """With what it places now."""
    require(request.user, "portfolio.see")
    rule = get_object_or_404(AllocationRule.objects.visible_to(request.user), pk=pk)
    set_etag(response, rule)
    return _shown(request.user, rule)


@router.patch("/allocation-rules/{int:pk}", response=AllocationRuleOut, summary="Change a rule, or take it out of use")
def change_rule(request: HttpRequest, response: HttpResponse, pk: int, body: AllocationRulePatch) -> dict[str, Any]:
    """Needs `If-Match` with the version that was read."""
    require(request.user, "allocation.edit")
    rule = get_object_or_404(AllocationRule.objects.select_related("measure"), pk=pk)
    require_match(request, rule)
    changed = allocation_rules.edit(request.user, rule, rule.version, _changed(request.user, rule, body))
    set_etag(response, changed)
    return _shown(request.user, changed)


@router.delete("/allocation-rules/{int:pk}", response={204: None}, openapi_extra=NEEDS_MATCH, summary="Delete a rule")
def delete_rule(request: HttpRequest, pk: int) -> Status[None]:
    """Needs `If-Match`. What it has placed moves with `apply`."""
    require(request.user, "allocation.edit")
    rule = get_object_or_404(AllocationRule, pk=pk)
    require_match(request, rule)
    allocation_rules.remove(request.user, rule, rule.version)
    return Status(204, None)


def _draft(user: User, body: AllocationRuleIn, pk: int) -> Rule:
    """Return a rule that is sent as `rule`; what is refused of it is named so."""
    try:
        return allocation_rules.checked(_terms(user, body)).rule(pk)
    except (Problem, RuleError) as refused:
        raise invalid([(f"rule.{field}", message) for field, message in refused.errors]) from refused


def _terms(user: User, body: AllocationRuleIn) -> Terms:
    given = {name: getattr(body, name) for name in AllocationRuleIn.model_fields if name not in ("split", "measure")}
    return Terms(**given, parts=_parts(user, body.split), measure=_category(body.measure))


def _changed(user: User, rule: AllocationRule, body: AllocationRulePatch) -> Terms:
    sent = body.model_fields_set
    given = {name: getattr(body, name) for name in sent - {"split", "measure"}}
    if "split" in sent:
        given["parts"] = _parts(user, body.split)
    if "measure" in sent:
        given["measure"] = _category(body.measure)
    return replace(allocation_rules.terms_of(rule), **given)


def _parts(user: User, split: Sequence[PartIn]) -> tuple[tuple[Initiative, Decimal | None], ...]:
    """Look the initiatives up."""
    names, errors, found = Names(user, [part.initiative for part in split]), [], []
    for place, part in enumerate(split):
        try:
            found.append((names.initiative(part.initiative), part.share))
        except ValueError as error:
            errors.append((f"split.{place}.initiative", str(error)))
    if errors:
        raise invalid(errors)
    return tuple(found)


def _category(name: str | None) -> Category | None:
    found = Category.objects.filter(name=name).first() if name else None
    if name and found is None:
        raise invalid([("measure", _("There is no such category."))])
    return found


def _shown(user: User, rule: AllocationRule) -> dict[str, Any]:
    return _items(allocation_list.readable(user).filter(pk=rule.pk))[0]


def _items(rules: Collection[AllocationRule]) -> list[dict[str, Any]]:
    base = Organisation.current().base_currency
    return [_item(row) | {"currency": base} for row in allocation_list.listed(rules)]


def _item(row: Listed) -> dict[str, Any]:
    own = ("id", "name", "priority", "match", "named_by", "method", "since", "until", "is_active", "version")
    return {
        **{name: getattr(row.rule, name) for name in own},
        "measure": row.rule.measure.name if row.rule.measure else None,
        "split": [{"initiative": part.initiative.key, "share": part.share} for part in row.rule.parts.all()],
        **_moved(row.places),
    }


def _applied(run: AllocationRun) -> dict[str, Any]:
    done = run.finished_at is not None
    numbers = {name: getattr(run, name) if done else None for name in ("allocated", "lines", "amount")}
    return {**numbers, "currency": Organisation.current().base_currency, "state": run.state, "run": run.pk}


def _simulated(effect: Effect) -> dict[str, Any]:
    initiatives = Initiative.objects.in_bulk([pk for pk in effect.places if pk > UNALLOCATED])
    places = [(pk, moved) for pk, moved in effect.places.items() if pk >= UNALLOCATED]
    months: list[tuple[date, Moved]] = sorted(effect.months.items())
    return {
        **_moved(effect.total),
        "allocated": effect.allocated,
        "groups": effect.groups,
        "currency": Organisation.current().base_currency,
        "initiatives": [{"initiative": initiatives[pk].key if pk else None, **_moved(moved)} for pk, moved in places],
        "months": [{"month": month, **_moved(moved)} for month, moved in months],
        "rules": [{"rule": pk or None, **_moved(moved)} for pk, moved in effect.rules.items()],
    }


def _moved(moved: Moved) -> dict[str, Any]:
    return {"lines": moved.lines, "amount": moved.amount}
