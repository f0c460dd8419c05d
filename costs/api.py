"""`/costs`: cost lines listed and added. Hangs in the addresses of the other packages, too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from ninja import Body, Query, Router, Status

from accounts.errors import RuleError
from accounts.models import Organisation
from api.fields import one_or_many
from api.pages import Listing, PageQuery, bad_cursor, cursor_text, listing_found
from costs import lines
from costs.ai import api as ai_api
from costs.allocation import api as allocation_api
from costs.allocation import unallocated_api
from costs.budgets import api as budget_api
from costs.categories import api as category_api
from costs.explorer import rest
from costs.explorer.api import router as explorer
from costs.items import CostIn, CostOut, CostQuery, CostsCreated, cost_item
from costs.ledger import api as ledger_api
from costs.ledger import lines_api, search
from costs.ledger.filter_form import ENDS_BEFORE, NO_TABLE
from costs.ledger.filters import Filters
from costs.ledger.page import Ledger, key_of
from costs.lookups import NameReader, Names
from costs.new_line import NewLine
from costs.prices import api as price_api
from costs.prices import repricing_api
from costs.registers import api as register_api
from costs.registers import labour_days_api
from costs.runs import api as run_api
from costs.usage import api as usage_api

router = Router()
router.add_router("", ai_api.router)
router.add_router("", budget_api.router)
router.add_router("", allocation_api.router)
router.add_router("", price_api.router)
router.add_router("", explorer)
router.add_router("", unallocated_api.router)
router.add_router("", repricing_api.router)  # before `/usage/{line}`
router.add_router("", usage_api.router)
router.add_router("", register_api.router)
router.add_router("", labour_days_api.router)
router.add_router("", ledger_api.router)  # `/costs/billed`, before `/costs/{line}`
router.add_router("", lines_api.router)
router.add_router("", category_api.router)
router.add_router("", run_api.router)
OneOrMany = one_or_many(CostIn)
AS_THEY_ARE = [name for name in CostIn.model_fields if name not in ("initiative", "category")]


@router.get("/costs", response=Listing[CostOut], summary="Cost lines, latest date first")
def list_costs(request: HttpRequest, query: Query[CostQuery]) -> dict[str, Any]:
    """Those of initiatives that you may see, and unallocated ones, with the share that each has of them.

    Lines that were withdrawn are left out, and those that are kept for comparison only (`compared` lists them).
    """
    wanted = _wanted(query)
    search.check(wanted, request.user)
    found = Ledger(wanted, request.user)
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
