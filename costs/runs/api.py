"""`/cost-runs`: runs that apply a decision to the cost that is there, and their state."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema, Status

from accounts.errors import RuleError
from accounts.models import Organisation
from accounts.permissions import require
from api.fields import Money, Month
from api.pages import Listing, PageQuery, listing
from costs.models import AllocationRun
from costs.runs import queue

router = Router()


class CostRunQuery(PageQuery):
    """About what."""

    about: Literal["rules", "labels", "ledger", "rates"] | None = None


class CostRunOut(Schema):
    """What was decided and is brought to the cost that is there, wholly or not at all."""

    id: int
    about: str = Field(
        description="rules (allocation), labels (AI categories), ledger (which record counts), rates (what waited)."
    )
    state: str = Field(description="queued: a worker does it, all figures are as before; done; failed: none changed.")
    asked_at: datetime
    finished_at: datetime | None
    put_right: bool = Field(description="Failed, and asked for again, done since or left: no page tells of it.")
    provider: str = Field(description='With `ledger`, as `since` and `kind`; else "".')
    since: Month | None
    kind: str
    lines: int | None = Field(description="With `rules` that are done: lines for which anything has changed.")
    amount: Money | None = Field(description="As `lines`: what has gone to another place.")
    allocated: int | None = Field(description="As `lines`: those that belonged to nobody, and now to initiatives.")
    currency: str = Field(description="Of `amount`: the base currency.")

    @staticmethod
    def resolve_lines(run: AllocationRun) -> int | None:
        """What rules have moved."""
        return run.lines if run.has_moved else None

    @staticmethod
    def resolve_amount(run: AllocationRun) -> Decimal | None:
        """What that comes to."""
        return run.amount if run.has_moved else None

    @staticmethod
    def resolve_allocated(run: AllocationRun) -> int | None:
        """What of it belonged to nobody."""
        return run.allocated if run.has_moved else None

    @staticmethod
    def resolve_currency(_run: AllocationRun) -> str:
        """The organisation's."""
        return Organisation.current().base_currency


@router.get("/cost-runs", response=Listing[CostRunOut], summary="What is brought to the cost that is there")
def list_runs(request: HttpRequest, query: Query[CostRunQuery]) -> dict[str, Any]:
    """Those that wait, and those that are over; the last asked for first.

    What is little is done at once: of rules it is here too where it has moved anything, and so are shares that follow
    use at night; of labels and the ledger it is not.
    """
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


@router.post("/cost-runs/{int:pk}/leave", response=CostRunOut, summary="Tell no more of one that failed")
def leave_run(request: HttpRequest, pk: int) -> AllocationRun:
    """What it was to do is not wanted any more: no page tells of it from now on.

    409 where it did not fail, and of one about `rates`: ask for that again.
    """
    actor = require(request.user, "reconcile")
    run = get_object_or_404(AllocationRun, pk=pk)
    if not run.failed:
        raise RuleError(_("It has not failed."), status=409)
    queue.leave(actor, run)
    run.refresh_from_db()
    return run


@router.post("/cost-runs/{int:pk}/again", response={202: CostRunOut}, summary="Ask once more for one that failed")
def ask_again(request: HttpRequest, pk: int) -> Status[AllocationRun]:
    """Answered with the run that a worker does now. 409 where it did not fail, or is asked for again already.

    409 also of another than one about `rates`: post anew what was decided.
    """
    actor = require(request.user, "reconcile")
    return Status(202, queue.again(actor, get_object_or_404(AllocationRun, pk=pk)))
