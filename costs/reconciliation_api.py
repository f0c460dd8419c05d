"""`/reconciliations`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Field, Router, Schema

from accounts.permissions import require
from api.fields import Body, LongText, Money, Month
from costs.models import Kind
from costs.reconciliation import ProviderMonth, provider_month, provider_months, reconcile

router = Router()


class ReconcileIn(Body):
    """Accept a month."""

    note: LongText = ""


class ReconciliationOut(Schema):
    """What the records of a provider say of a month, in base currency; null: there is no such record."""

    provider: str
    month: Month
    usage: Money | None = Field(description="Usage, priced by us.")
    gateway: Money | None
    bill: Money | None
    ledger: Money = Field(description="What counts.")
    pending_lines: int
    state: str = Field(description="open, reconciled, reopened: a figure has changed since.")
    note: str
    reconciled_at: datetime | None


@router.get("/reconciliations", response=list[ReconciliationOut], summary="Months of providers, latest first")
def list_reconciliations(request: HttpRequest) -> list[dict[str, Any]]:
    """Every month of every provider of which there is a bill, a gateway's log or usage."""
    require(request.user, "reconcile")
    return [_item(each) for each in provider_months()]


@router.post("/reconciliations/{provider}/{month}", response=ReconciliationOut, summary="Reconcile a month")
def add_reconciliation(request: HttpRequest, provider: str, month: Month, body: ReconcileIn) -> dict[str, Any]:
    """Keeps the figures as they are now; while they stay, the month is reconciled."""
    require(request.user, "reconcile")
    here = provider_month(provider, month)
    if here is None:
        raise Http404
    here.known = reconcile(request.user, here, body.note)
    return _item(here)


def _item(here: ProviderMonth) -> dict[str, Any]:
    return {
        "provider": here.provider,
        "month": here.month,
        **{kind.value: here.amounts.get(kind) for kind in (Kind.USAGE, Kind.GATEWAY, Kind.BILL)},
        "ledger": here.ledger,
        "pending_lines": here.pending,
        "state": here.state,
        "note": here.known.note if here.known else "",
        "reconciled_at": here.known.reconciled_at if here.known else None,
    }
