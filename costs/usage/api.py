"""`/usage`: token usage by API."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Body, Query, Router, Status

from accounts.permissions import require
from api.fields import one_or_many
from api.pages import Listing, bad_cursor, cursor_text, listing_found
from api.problems import invalid
from costs.groups import tags_text
from costs.items import CostsCreated
from costs.ledger.page import key_of
from costs.lookups import NameReader, Names
from costs.models import UsageLine
from costs.pricing import CountError, TokenClass, Tokens, counted
from costs.usage import lines
from costs.usage.counts import BY_API
from costs.usage.filters import UsageFilters
from costs.usage.items import UsageIn, UsageOut, UsageQuery, usage_item
from costs.usage.listing import UsageList
from costs.usage.rows import CACHED_MORE, About, UsageRow
from projects.models import Initiative

router = Router()
OneOrMany = one_or_many(UsageIn)
# A class of tokens → the field of a body that says how many.
FIELDS = {each: f"{each}_tokens" for each in TokenClass}


@router.get("/usage", response=Listing[UsageOut], summary="Token usage, latest date first")
def list_usage(request: HttpRequest, query: Query[UsageQuery]) -> dict[str, Any]:
    """That of initiatives that you may see, and of none. Nothing is kept of whose calls they were."""
    wanted = UsageFilters(
        query.initiative, query.provider, query.model, query.month, query.import_id, query.unpriced, query.remark
    )
    found = UsageList(wanted, request.user)  # type: ignore[arg-type]
    text = cursor_text(query)
    after = key_of(text) if text is not None else None
    if text is not None and after is None:
        raise bad_cursor()
    page = found.page(after, query.limit)
    return listing_found(request, [usage_item(line) for line in page.lines], found.count(), page.next_after)


@router.post("/usage", response={201: CostsCreated}, summary="Add token usage")
def add_usage(request: HttpRequest, body: Body[OneOrMany]) -> Status[lines.Added]:
    """One line or at most 1,000, all or nothing; priced by the price book of its day, or kept without a price.

    409 where an external id is known with other content.
    """
    many = isinstance(body, list)
    given: list[UsageIn] = body if many else [body]
    names, read = Names(request.user, [row.initiative for row in given if row.initiative]), NameReader(many)
    charged = [read(number, "initiative", names.charged, row.initiative) for number, row in enumerate(given)]
    tokens = _tokens(given, many)
    read.refuse_errors()
    rows = [
        UsageRow(_about(row, initiative), row.occurred_on, used, row.requests, row.batch, None, row.external_id, number)
        for number, (row, initiative, used) in enumerate(zip(given, charged, tokens, strict=True))
    ]
    with read.writing():
        return Status(201, lines.add(request.user, rows))  # type: ignore[arg-type]


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
    lines.remove(request.user, found)
    return Status(204, None)


def _tokens(given: list[UsageIn], many: bool) -> list[Tokens]:
    """Count by class; 422 where more was cached than there was."""
    found, errors = [], []
    for number, row in enumerate(given):
        try:
            found.append(
                counted(
                    BY_API,
                    input_tokens=row.input_tokens,
                    output_tokens=row.output_tokens,
                    cached_input=row.cached_input_tokens,
                    cache_write_5m=row.cache_write_5m_tokens,
                    cache_write_1h=row.cache_write_1h_tokens,
                )
            )
        except CountError as error:
            name = FIELDS[error.token_class]
            errors.append((f"{number}.{name}" if many else name, _(CACHED_MORE)))
    if errors:
        raise invalid(errors)
    return found


def _about(row: UsageIn, initiative: Initiative | None) -> About:
    return About(
        source=row.source,
        provider=row.provider,
        model=row.model,
        initiative_id=initiative.pk if initiative else None,
        account=row.account,
        api_key=row.api_key,
        tags=tags_text(row.tags),
    )
