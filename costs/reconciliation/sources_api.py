"""`/ledger-sources`: which record of a provider counts."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema, Status

from accounts.permissions import require
from api.fields import Body, Month, Name, ShortText
from api.pages import Listing, PageQuery, listing
from api.problems import invalid
from costs.allocation.placements import EVER
from costs.models import LedgerSource
from costs.reconciliation import sources
from costs.reconciliation.forms import NO_SUCH_RECORD
from costs.reconciliation.months import provider_month
from costs.reconciliation.sources import provider_of
from costs.runs.api import CostRunOut

router = Router()


class LedgerSourceQuery(PageQuery):
    """Of which provider."""

    provider: ShortText | None = None


class LedgerSourceIn(Body):
    """Take another record from a month on."""

    provider: Name
    since: Month = Field(description="A month of which the provider has a record.")
    kind: Literal["bill", "gateway", "usage"]


class LedgerSourceOut(Schema):
    """What the ledger takes of a provider from a month on, until its next item; the other records are compared."""

    provider: str
    since: Month | None = Field(description="null: from the beginning.")
    kind: str = Field(description="bill, gateway or usage.")
    is_automatic: bool = Field(description="Nobody decided: it is the record that came first.")


@router.get("/ledger-sources", response=Listing[LedgerSourceOut], summary="Which record of each provider counts")
def list_ledger_sources(request: HttpRequest, query: Query[LedgerSourceQuery]) -> dict[str, Any]:
    """By provider and month."""
    require(request.user, "reconcile")
    found = LedgerSource.objects.all()
    if query.provider:
        found = found.filter(provider=provider_of(query.provider))
    return listing(request, found, query, _item, order=("provider", "since", "id"))


@router.post(
    "/ledger-sources",
    response={201: LedgerSourceOut, 202: CostRunOut},
    summary="Let the ledger take another record",
)
def add_ledger_source(request: HttpRequest, body: LedgerSourceIn) -> Status[Any]:
    """From this month on, in place of what was decided for later ones; what was counted moves at once.

    202 where that is much: a worker does it, after what was asked for before, and until then nothing changes.
    """
    require(request.user, "reconcile")
    provider = provider_of(body.provider)
    if provider_month(provider, body.since) is None:
        raise invalid([("provider", _("There is no record of this provider in this month."))])
    if not sources.is_recorded_of(provider, body.kind):
        raise invalid([("kind", str(NO_SUCH_RECORD))])
    made = sources.take(request.user, provider, body.since, body.kind)
    return Status(201, _item(made)) if isinstance(made, LedgerSource) else Status(202, made)


def _item(source: LedgerSource) -> dict[str, Any]:
    return {
        "provider": source.provider,
        "since": None if source.since == EVER else source.since,
        "kind": source.kind,
        "is_automatic": source.is_automatic,
    }
