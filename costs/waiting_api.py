"""`/cost-runs`: what brings cost that is there to what was decided, and how far that is."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema

from accounts.permissions import require
from api.fields import Month
from api.pages import Listing, PageQuery, listing
from costs.models import AllocationRun

router = Router()


class CostRunQuery(PageQuery):
    """About what."""

    about: Literal["rules", "labels", "ledger"] | None = None


class CostRunOut(Schema):
    """What was decided and is brought to the cost that is there, wholly or not at all."""

    id: int
    about: str = Field(description="rules (allocation), labels (AI categories), ledger (which record counts).")
    state: str = Field(description="queued: a worker does it, all figures are as before; done; failed: none changed.")
    asked_at: datetime
    finished_at: datetime | None
    provider: str = Field(description='With `ledger`, as `since` and `kind`; else "".')
    since: Month | None
    kind: str


@router.get("/cost-runs", response=Listing[CostRunOut], summary="What is brought to the cost that is there")
def list_runs(request: HttpRequest, query: Query[CostRunQuery]) -> dict[str, Any]:
    """Those that wait, and those that are over; the last asked for first. Small ones are done at once and not here."""
    require(request.user, "reconcile")
    found = AllocationRun.objects.all()
    if query.about:
        found = found.filter(about=query.about)
    return listing(request, found, query, lambda run: run, order=("-id",))


@router.get("/cost-runs/{int:pk}", response=CostRunOut, summary="One of them")
def get_run(request: HttpRequest, pk: int) -> AllocationRun:
    """How far it is."""
    require(request.user, "reconcile")
    return get_object_or_404(AllocationRun, pk=pk)
