"""DELETE: energy prices, budget lines, billing; and usage and days, whose id names a version."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Path, Router, Status

from accounts.errors import RuleError
from accounts.permissions import require
from api.conditional import NEEDS_MATCH, require_match
from api.fields import Day
from costs.budgets import lines as budget_lines
from costs.ledger import billing
from costs.ledger.lines_api import live_line
from costs.ledger.page import key_of
from costs.models import BudgetLine, EnergyPrice, LabourDays, UsageLine
from costs.registers import entries as register_entries
from costs.registers import labour_days
from costs.registers.labour_days import NewDays
from costs.usage import lines as usage_lines

router = Router()


@router.delete("/labour-days/{int:pk}", response={204: None}, summary="Take days of a role back")
def delete_days(request: HttpRequest, pk: int) -> Status[None]:
    """The same as saying 0 days of that month. Once they are changed there are no such days any more (404)."""
    found = LabourDays.objects.visible_to(request.user).select_related("initiative", "role")
    row = get_object_or_404(found, pk=pk)
    require(request.user, "cost.edit", row.initiative)
    labour_days.set_all(request.user, [NewDays(row.initiative, row.role, row.month, Decimal(0), row.days)])
    return Status(204, None)


@router.delete(
    "/energy-prices/{since}", response={204: None}, openapi_extra=NEEDS_MATCH, summary="Take an energy price back"
)
def delete_energy_price(request: HttpRequest, since: Annotated[Day, Path(...)]) -> Status[None]:
    """That of the day from which it holds; the price before it holds on. Needs `If-Match`."""
    require(request.user, "register.edit")
    price = get_object_or_404(EnergyPrice, since=since)
    require_match(request, price)
    register_entries.remove_energy_price(request.user, price.pk, price.version)
    return Status(204, None)


@router.delete(
    "/usage/{line}", response={204: None}, summary="Take a line of token usage and its cost out of every sum"
)
def delete_usage(request: HttpRequest, line: str) -> Status[None]:
    """Both stay in the history. Once it is recalculated or deleted there is no such line any more (404)."""
    key = key_of(line)
    found = UsageLine.objects.live().visible_to(request.user).shown().filter(pk=key).first() if key else None
    if found is None:
        raise Http404
    require(request.user, "cost.unallocated" if found.group.initiative is None else "cost.edit", found.group)
    usage_lines.remove(request.user, found)
    return Status(204, None)


@router.delete("/budgets/{int:pk}", response={204: None}, summary="Take a budget line back")
def delete_budget(request: HttpRequest, pk: int) -> Status[None]:
    """It stays in the history of its initiative."""
    found = BudgetLine.objects.visible_to(request.user).select_related("initiative", "category")
    line = get_object_or_404(found, pk=pk)
    require(request.user, "budget.edit", line.initiative)
    budget_lines.remove(request.user, [line])
    return Status(204, None)


@router.delete("/costs/billed/{line}", response={204: None}, summary="Take the billing of a line back")
def delete_billing(request: HttpRequest, line: str) -> Status[None]:
    """It is recoverable still, and not billed on. 409 where it was not billed."""
    billed = live_line(request, line)
    if billed.billed_on is None:
        raise RuleError(_("This line is not billed on."), status=409)
    billing.bill(request.user, [billed], None, "")
    return Status(204, None)
