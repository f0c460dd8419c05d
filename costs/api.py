"""`/costs` and `/budgets`: lists, and lines to add."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Body, Query, Router, Status

from accounts.errors import RuleError
from accounts.models import Organisation
from accounts.permissions import require
from api.fields import one_or_many
from api.pages import Listing, PageQuery, bad_cursor, cursor_text, listing, listing_found
from costs import lines, removal_api
from costs.ai import api as ai_api
from costs.allocation import api as allocation_api
from costs.allocation import unallocated_api
from costs.budgets import api as budget_api
from costs.budgets import lines as budget_lines
from costs.budgets import notice_thresholds, notices
from costs.budgets.lines import NewBudget
from costs.categories import api as category_api
from costs.explorer import rest
from costs.explorer.api import router as explorer
from costs.items import (
    BudgetIn,
    BudgetOut,
    BudgetQuery,
    CostIn,
    CostOut,
    CostQuery,
    CostsCreated,
    NoticeOut,
    NoticeQuery,
    Thresholds,
    budget_item,
    cost_item,
    notice_item,
)
from costs.ledger import billing, filters, lines_api
from costs.ledger.filter_form import ENDS_BEFORE, NO_TABLE
from costs.ledger.filters import Filters
from costs.ledger.page import Ledger, key_of
from costs.lookups import NameReader, Names
from costs.models import BudgetLine, BudgetNotice, CostLine
from costs.new_line import NewLine
from costs.prices import api as price_api
from costs.prices import repricing_api
from costs.registers import api as register_api
from costs.registers.items import BilledIn, BilledOut
from costs.runs import api as run_api
from costs.usage import api as usage_api

router = Router()
router.add_router("", ai_api.router)
router.add_router("", budget_api.router)
router.add_router("", allocation_api.router)
router.add_router("", price_api.router)
router.add_router("", explorer)
router.add_router("", unallocated_api.router)
router.add_router("", usage_api.router)
router.add_router("", repricing_api.router)
router.add_router("", register_api.router)
router.add_router("", lines_api.router)
router.add_router("", removal_api.router)
router.add_router("", category_api.router)
router.add_router("", run_api.router)
OneOrMany = one_or_many(CostIn)
AS_THEY_ARE = [name for name in CostIn.model_fields if name not in ("initiative", "category")]


@router.get("/costs", response=Listing[CostOut], summary="Cost lines, latest date first")
def list_costs(request: HttpRequest, query: Query[CostQuery]) -> dict[str, Any]:
    """Those of initiatives that you may see, and unallocated ones, with the share that each has of them.

    Lines that were withdrawn are left out, and those that are kept for comparison only (`compared` lists them).
    """
    found = Ledger(_wanted(query), request.user)
    text = cursor_text(query)
    after = key_of(text) if text is not None else None
    if text is not None and after is None:
        raise bad_cursor()
    page = found.page(after, query.limit)
    base = Organisation.current().base_currency
    items = [cost_item(line, base) for line in page.lines]
    return listing_found(request, items, found.sums.lines, page.next_after)


def _wanted(query: CostQuery) -> Filters:
    # Not a dump: that would write the month as text.
    given = query.model_fields_set - PageQuery.model_fields.keys()
    asked = {name: value for name, value in query if name in given and value is not None}
    wanted = Filters()
    if query.rest_of:
        if not rest.is_table(query.table or ""):
            raise RuleError(str(NO_TABLE), "table")
        asked["rest_of"] = tuple(sorted(query.rest_of.split(",")))
        wanted = rest.question_of(asked["table"]).filters
    wanted = replace(wanted, **asked)
    if wanted.since and wanted.until and wanted.since > wanted.until:
        raise RuleError(str(ENDS_BEFORE), "until")
    return wanted


@router.post("/costs", response={201: CostsCreated}, summary="Add cost lines")
def add_costs(request: HttpRequest, body: Body[OneOrMany]) -> Status[lines.Created]:
    """One line or at most 1,000, all or nothing. 409 where an external id is known with other content."""
    given: list[CostIn] = body if isinstance(body, list) else [body]
    names = Names(request.user, [row.initiative for row in given if row.initiative])
    read = NameReader(many=isinstance(body, list))
    rows = [
        NewLine(
            initiative=read(number, "initiative", names.charged, row.initiative),
            category=read(number, "category", names.category, row.category),
            **{name: getattr(row, name) for name in AS_THEY_ARE},
        )
        for number, row in enumerate(given)
    ]
    read.refuse_errors()
    with read.writing():
        return Status(201, lines.add(request.user, rows))


@router.post("/costs/billed", response=BilledOut, summary="Say that recoverable lines were billed on")
def bill_costs(request: HttpRequest, body: BilledIn) -> dict[str, int]:
    """At most 1,000, all or nothing. 404 where one is not there, was withdrawn, is not recoverable, or hidden."""
    keys = {key for text in body.lines if (key := key_of(text)) is not None}
    found = CostLine.objects.live().visible_to(request.user).shown().filter(pk__in=list(keys), group__recoverable=True)
    chosen = list(found)
    if len(chosen) < len(set(body.lines)):
        raise Http404
    for line in chosen:
        require(request.user, "cost.unallocated" if line.group.initiative is None else "cost.edit", line.group)
    changed = billing.bill(request.user, chosen, body.billed_on, body.invoice_ref)
    return {"changed": changed, "unchanged": len(chosen) - changed}


@router.get("/budgets", response=Listing[BudgetOut], summary="Budget lines")
def list_budgets(request: HttpRequest, query: Query[BudgetQuery]) -> dict[str, Any]:
    """Those of initiatives that you may see."""
    found = BudgetLine.objects.visible_to(request.user).select_related("initiative", "category")
    if query.initiative:
        found = found.filter(initiative__number=filters.number_of(query.initiative))
    if query.month:
        found = found.filter(month=query.month)
    base = Organisation.current().base_currency
    return listing(request, found, query, lambda line: budget_item(line, base))


@router.post("/budgets", response={201: BudgetOut}, summary="Add a budget line")
def add_budget(request: HttpRequest, body: BudgetIn) -> Status[dict[str, Any]]:
    """Several lines for a month add up."""
    names, read = Names(request.user, [body.initiative]), NameReader(many=False)
    row = NewBudget(
        initiative=read(0, "initiative", names.budgeted, body.initiative),
        month=body.month,
        category=read(0, "category", names.category, body.category) if body.category else None,
        amount=body.amount,
        currency=body.currency,
        approved_on=body.approved_on or timezone.localdate(),
    )
    read.refuse_errors()
    (added,) = budget_lines.add(request.user, [row])
    return Status(201, budget_item(added, Organisation.current().base_currency))


@router.get("/budget-notices/thresholds", response=Thresholds, summary="When notices are raised")
def get_thresholds(request: HttpRequest) -> dict[str, list[int]]:
    """Shares of the whole budget in per cent, the smallest first."""
    require(request.user, "portfolio.see")
    return {"thresholds": notice_thresholds.current()}


@router.put("/budget-notices/thresholds", response=Thresholds, summary="Change when notices are raised")
def put_thresholds(request: HttpRequest, body: Thresholds) -> dict[str, list[int]]:
    """For administrators. Where as much is spent already, a notice is raised at once; those that were raised stay."""
    notice_thresholds.change(request.user, body.thresholds)
    return {"thresholds": notice_thresholds.current()}


@router.get("/budget-notices", response=Listing[NoticeOut], summary="Notices that budgets are used up, latest first")
def list_notices(request: HttpRequest, query: Query[NoticeQuery]) -> dict[str, Any]:
    """Those of initiatives that you may see. Each is raised once; the figures are those of that day."""
    found = BudgetNotice.objects.visible_to(request.user).select_related("initiative")
    if query.initiative:
        found = found.filter(initiative__number=filters.number_of(query.initiative))
    if query.new:
        found = found.new_to(request.user)
    base = Organisation.current().base_currency
    return listing(request, found, query, lambda notice: notice_item(notice, base), order=("-raised_on", "-id"))


@router.post("/budget-notices/{int:pk}/seen", response={204: None}, summary="Mark a notice as seen")
def see_notice(request: HttpRequest, pk: int) -> Status[None]:
    """By you alone: it is new to others still. Again: the same."""
    notice = get_object_or_404(BudgetNotice.objects.visible_to(request.user), pk=pk)
    notices.mark_seen(request.user, [notice.pk])
    return Status(204, None)
