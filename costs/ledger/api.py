"""`/costs/billed`: recoverable lines that are billed on."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status

from accounts.errors import RuleError
from accounts.permissions import require
from api.fields import Body, Day, ShortText
from costs.ledger import billing
from costs.ledger.lines_api import live_line
from costs.ledger.page import key_of
from costs.models import CostLine

router = Router()


class BilledIn(Body):
    """Lines that were billed on."""

    lines: list[ShortText] = Field(min_length=1, max_length=1_000, description="Their ids.")
    billed_on: Day | None = Field(description="Null: they are not billed after all.")
    invoice_ref: ShortText = ""


class BilledOut(Schema):
    """How many lines say so newly."""

    changed: int
    unchanged: int


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


@router.delete("/costs/billed/{line}", response={204: None}, summary="Take the billing of a line back")
def delete_billing(request: HttpRequest, line: str) -> Status[None]:
    """It is recoverable still, and not billed on. 409 where it was not billed."""
    billed = live_line(request, line)
    if billed.billed_on is None:
        raise RuleError(_("This line is not billed on."), status=409)
    billing.bill(request.user, [billed], None, "")
    return Status(204, None)
