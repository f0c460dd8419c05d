"""`/reconciliations`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema, Status

from accounts.models import Organisation
from accounts.permissions import require
from api.conditional import GIVES_ETAG, NEEDS_MATCH, TAKES_MATCH, require_match, set_etag
from api.fields import Body, LongText, Money, Month
from api.pages import Listing, PageQuery, listing_rows
from costs.reconciliation import sources_api
from costs.reconciliation.causes import ClassRow, causes
from costs.reconciliation.items import exact, month_item
from costs.reconciliation.months import open_again, provider_month, provider_months, reconcile

router = Router()
router.add_router("", sources_api.router)


class ReconcileIn(Body):
    """Accept a month."""

    note: LongText | None = Field(None, description="Left out, the note that the month has stays.")


_WAITS = "Why some lines of the record are in no amount: pending (an exchange rate) or unpriced; null: none lack one."


class ReconciliationOut(Schema):
    """What the records of a provider say of a month, in base currency; null: no line of such a record has an amount."""

    provider: str
    month: Month
    usage: Money | None = Field(description="Usage, priced by us.")
    gateway: Money | None
    bill: Money | None
    ledger: Money = Field(description="What counts.")
    currency: str
    lines: int = Field(description="Of all records, those that are pending or unpriced as well.")
    pending_lines: int
    unpriced_lines: int
    usage_waits: str | None = Field(description=_WAITS)
    gateway_waits: str | None = Field(description=_WAITS)
    bill_waits: str | None = Field(description=_WAITS)
    state: str = Field(
        description="open, reconciled, reopened: something that the month tells has changed since, other than the days "
        "of the month on which it lies. Where its last record has gone it is reopened too."
    )
    note: str
    reconciled_at: datetime | None


class PartsOut(Schema):
    """A difference to the bill (without one, to the gateway's log) by its causes, which add up to it.

    null: there is something, but no record tells how much; it is in `other` then.
    """

    missing_days: Money | None
    unpriced: Money | None
    cached_tokens: Money | None
    other_models: Money = Field(description="Models that only one of the two records has on a day.")
    entered: Money = Field(description="By hand or by a file of costs, in the ledger alone.")
    other: Money = Field(description="Other prices, discounts, rounding.")


class SaidOfClassOut(Schema):
    """What one record says of a class of tokens; null: nothing."""

    amount: Money | None
    tokens: int | None
    difference: Money | None = Field(description="To the reference, where both tell classes.")


class TokenClassOut(Schema):
    """A class of tokens in every record. The classes of a record add up to it."""

    token_class: str = Field(
        description="input, cached_input, cache_write_5m, cache_write_1h, output; no_tokens: said to be none, such as "
        "searches; untold: the record does not say which class."
    )
    batch: bool
    records: dict[str, SaidOfClassOut]


class UnpricedModelOut(Schema):
    """A model of which there is usage without a price."""

    model: str
    lines: int


class ReconciliationDetailOut(ReconciliationOut):
    """A month with what explains its differences."""

    reference: str | None = Field(description="The record that the others are compared with: bill, else gateway.")
    causes: dict[str, PartsOut] = Field(description="By record that differs from the reference.")
    token_classes: list[TokenClassOut]
    cache_saving: Money = Field(description="What tokens read from caches would cost more at the price of other input.")
    missing_days: dict[str, list[date]] = Field(
        description="By record: days on which only others have lines; of a bill that names tokens, days without "
        "charges for tokens. A bill with charges for the month has none."
    )
    unpriced_models: list[UnpricedModelOut]
    unallocated: Money
    unread_lines: int = Field(
        description="0; else how many lines would have to be read to tell everything, more than 500,000. Then the days "
        "that all records have are compared together, so `unpriced` and `other_models` are by month; our own usage has "
        "no amounts by class, and its tokens are not told apart by `batch`; `cache_saving` is 0; and where the days "
        "that only some records have, or the bill, are more lines than that, `missing_days` of a cause is null."
    )


@router.get("/reconciliations", response=Listing[ReconciliationOut], summary="Months of providers, latest first")
def list_reconciliations(request: HttpRequest, query: Query[PageQuery]) -> dict[str, Any]:
    """Every month of every provider of which there is a bill, a gateway's log or usage, or that was reconciled."""
    require(request.user, "reconcile")
    page = listing_rows(request, provider_months(), query, lambda each: f"{each.month} {each.provider}")
    base = Organisation.current().base_currency
    return {**page, "items": [month_item(each, base) for each in page["items"]]}


@router.get(
    "/reconciliations/{path:provider}/{month}",
    response=ReconciliationDetailOut,
    openapi_extra=GIVES_ETAG,
    summary="Why a month's records differ",
)
def get_reconciliation(request: HttpRequest, response: HttpResponse, provider: str, month: Month) -> dict[str, Any]:
    """Money and tokens by class, and every difference taken apart into causes that add up to it.

    The `ETag` stands for the figures, the counts of lines, what is unallocated, what the records are made of (models,
    classes of tokens, services and accounts), and when the month was reconciled. It does not stand for days: what
    moves to another day of the month may change `missing_days` and `causes` under the same one.
    """
    require(request.user, "reconcile")
    here = provider_month(provider, month)
    if here is None:
        raise Http404
    why = causes(here)
    set_etag(response, here)
    return {
        **month_item(here, Organisation.current().base_currency),
        "reference": here.reference_kind,
        "causes": {name: exact(parts._asdict()) for name, parts in why.parts.items()},
        "token_classes": [_class_item(row) for row in why.classes],
        "unpriced_models": [{"model": model, "lines": lines} for model, lines in why.unpriced],
        "missing_days": why.missing_days,
        "unread_lines": why.unread,
        **exact({"cache_saving": why.cache_saving, "unallocated": why.unallocated}),
    }


@router.post(
    "/reconciliations/{path:provider}/{month}",
    response=ReconciliationOut,
    openapi_extra=TAKES_MATCH,
    summary="Reconcile a month",
)
def add_reconciliation(request: HttpRequest, provider: str, month: Month, body: ReconcileIn) -> dict[str, Any]:
    """Keeps the figures as they are now; while they stay, the month is reconciled.

    With `If-Match` and the ETag of `GET` only if they are those that were read (412).
    """
    require(request.user, "reconcile")
    here = provider_month(provider, month)
    if here is None:
        raise Http404
    if "If-Match" in request.headers:
        require_match(request, here)
    noted = here.known.note if here.known else ""
    here.known = reconcile(request.user, here, noted if body.note is None else body.note)
    return month_item(here, Organisation.current().base_currency)


@router.delete(
    "/reconciliations/{path:provider}/{month}",
    response={204: None},
    openapi_extra=NEEDS_MATCH,
    summary="Open a reconciled month again",
)
def delete_reconciliation(request: HttpRequest, provider: str, month: Month) -> Status[None]:
    """Takes back that it was reconciled, and its note; the audit trail keeps both. 404 where it was not.

    Needs `If-Match` with the ETag of `GET`.
    """
    require(request.user, "reconcile")
    here = provider_month(provider, month)
    if here is None:
        raise Http404
    require_match(request, here)
    if here.known is None:
        raise Http404
    open_again(request.user, here.known)
    return Status(204, None)


def _class_item(row: ClassRow) -> dict[str, Any]:
    said = {"amount": exact(row.amounts), "tokens": row.tokens, "difference": exact(row.differences)}
    names = sorted(row.amounts.keys() | row.tokens.keys() | row.differences.keys())
    return {
        "token_class": row.token_class,
        "batch": row.batch,
        "records": {name: {key: each.get(name) for key, each in said.items()} for name in names},
    }
