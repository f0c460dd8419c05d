"""`/labour-days`: how many days of a role initiatives took, by month."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Body, Query, Router, Status

from accounts.permissions import require
from api.fields import one_or_many
from api.pages import Listing, listing
from costs.lookups import NameReader, Names
from costs.models import LabourDays, LabourRole
from costs.registers import labour_days
from costs.registers.items import DaysIn, DaysOut, DaysQuery, DaysSet, days_item
from costs.registers.labour_days import NewDays
from projects import keys

router = Router()
OneOrMany = one_or_many(DaysIn)


@router.get("/labour-days", response=Listing[DaysOut], summary="Days of roles, by initiative and month")
def list_days(request: HttpRequest, query: Query[DaysQuery]) -> dict[str, Any]:
    """Those of initiatives that you may see."""
    found = LabourDays.objects.visible_to(request.user).select_related("initiative", "role")
    if query.initiative:
        found = found.filter(initiative__in=keys.called(query.initiative))
    if query.role:
        found = found.filter(role__name__iexact=query.role)
    if query.month:
        found = found.filter(month=query.month)
    return listing(request, found, query, days_item)


@router.post("/labour-days", response=DaysSet, summary="Say how many days initiatives took")
def set_days(request: HttpRequest, body: Body[OneOrMany]) -> dict[str, int]:
    """One or at most 1,000, all or nothing; each takes the place of what was said of its month. 0: none.

    Give `was` where nobody's change made meanwhile is to be lost.
    """
    given: list[DaysIn] = body if isinstance(body, list) else [body]
    names, read = Names(request.user, [row.initiative for row in given]), NameReader(many=isinstance(body, list))
    roles = {role.name.casefold(): role for role in LabourRole.objects.all()}
    rows = [
        NewDays(
            read(number, "initiative", names.charged, row.initiative or "-"),
            read(number, "role", lambda name: labour_days.role_named(roles, name), row.role),
            row.month,
            read(number, "days", labour_days.check_days, row.days),
            row.was,
        )
        for number, row in enumerate(given)
    ]
    read.refuse_errors()
    with read.writing():
        changed = labour_days.set_all(request.user, rows)
    return {"changed": changed, "unchanged": len(rows) - changed}


@router.delete("/labour-days/{int:pk}", response={204: None}, summary="Take days of a role back")
def delete_days(request: HttpRequest, pk: int) -> Status[None]:
    """The same as saying 0 days of that month. Once they are changed there are no such days any more (404)."""
    found = LabourDays.objects.visible_to(request.user).select_related("initiative", "role")
    row = get_object_or_404(found, pk=pk)
    require(request.user, "cost.edit", row.initiative)
    labour_days.set_all(request.user, [NewDays(row.initiative, row.role, row.month, Decimal(0), row.days)])
    return Status(204, None)
