"""`/costs/{id}`: one cost line, the row of the file that it came from, correcting it, taking it out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status

from accounts.models import Organisation
from accounts.permissions import require
from api.conditional import require_match, set_etag
from api.fields import Amount, Body, Day, Flag, LongText, Reference, ShortText
from api.problems import Problem, default_detail
from costs import lines
from costs.allocation import belonging
from costs.items import CostOut, Currency, cost_item
from costs.ledger import provenance
from costs.ledger.provenance import State
from costs.lines import LineGoneError
from costs.lookups import NameReader, Names
from costs.models import CostLine, Withdrawal
from costs.new_line import NewLine

router = Router()


class LineOut(CostOut):
    """A cost line, also one that counts no more."""

    withdrawn: Withdrawal | None = Field(description="Why it counts no more; null: it counts.")


class CostPatch(Body):
    """What was wrong with a line."""

    initiative: Reference | None = Field(
        None, description="“AI-0001”, or its external reference; null: unallocated, or where rules say."
    )
    incurred_on: Day = Field(None)
    category: ShortText = Field(None)
    amount: Amount = Field(None, description="Negative: a credit.")
    currency: Currency = Field(None)
    capex: Flag = Field(None)
    recurring: Flag = Field(None)
    recoverable: Flag = Field(None)
    billed_on: Day | None = None
    invoice_ref: ShortText = Field(None)
    vendor: ShortText = Field(None)
    description: LongText = Field(None)
    tags: dict[ShortText, ShortText] = Field(None)


class CellOut(Schema):
    """A cell of a file's row."""

    heading: str
    text: str


class FileRowOut(Schema):
    """The row of the file that a line came from."""

    state: State = Field(description="“none”: it came from no file; “gone”: the file is no longer kept.")
    import_id: int | None
    line_number: int | None
    cells: list[CellOut]


@router.get("/costs/{line}", response=LineOut, summary="A cost line")
def get_cost(request: HttpRequest, response: HttpResponse, line: str) -> dict[str, Any]:
    """One that was corrected, restated or deleted too: `withdrawn` says so. The ETag of others is to correct them."""
    found = provenance.line_of(request.user, line)
    if found.withdrawn_at is None:
        set_etag(response, found)
    return _item(found)


@router.get("/costs/{line}/row", response=FileRowOut, summary="The row of the file that a line came from")
def get_row(request: HttpRequest, line: str) -> dict[str, Any]:
    """Heading by heading, as the file has it. In a large file it takes seconds to find: one at a time (429)."""
    found = provenance.line_of(request.user, line)
    try:
        original = provenance.original(found, provenance.import_of(found), wait=True)
    except provenance.BusyError as busy:
        raise Problem(429, default_detail(429), headers={"Retry-After": str(provenance.RETRY_SECONDS)}) from busy
    cells = [{"heading": heading, "text": text} for heading, text in original.cells]
    return {"state": original.state, "import_id": found.import_id, "line_number": found.line_number, "cells": cells}


@router.patch("/costs/{line}", response=LineOut, summary="Correct a cost line")
def correct_cost(request: HttpRequest, response: HttpResponse, line: str, body: CostPatch) -> dict[str, Any]:
    """Put another line in its place: it stays in the history, and its id names it still. Needs `If-Match`.

    A record of a provider keeps day, vendor and currency: a later delivery finds it by them. What follows from a
    register or from usage is changed there (409). Once it is corrected, restated or deleted, what was read of it is
    stale (412).
    """
    read = provenance.named(request.user, line)
    _require_change(request, read)
    require_match(request, read)
    try:
        corrected = lines.correct(request.user, read, _corrected(request, read, body))
    except LineGoneError as gone:
        raise LineGoneError(412) from gone
    (told,) = belonging.tell([CostLine.objects.shown().get(pk=corrected.pk)])
    set_etag(response, told)
    return _item(told)


@router.delete("/costs/{line}", response={204: None}, summary="Take a cost line out of every sum")
def delete_cost(request: HttpRequest, line: str) -> Status[None]:
    """It stays in the history. 409 where it follows from a register or from token usage: take it out there.

    The id names the line as it was read: once it is corrected or withdrawn there is no such line any more (404).
    """
    lines.remove(request.user, live_line(request, line))
    return Status(204, None)


def live_line(request: HttpRequest, text: str) -> CostLine:
    """Return a line that counts and that the caller may change."""
    found = provenance.named(request.user, text)
    if found.withdrawn_at is not None:
        raise Http404
    _require_change(request, found)
    return found


def _require_change(request: HttpRequest, line: CostLine) -> None:
    require(request.user, "cost.unallocated" if line.group.initiative is None else "cost.edit", line.group)


def _corrected(request: HttpRequest, line: CostLine, body: CostPatch) -> NewLine:
    """Return the line as it should have been; what it names is looked up as for a new one."""
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    names, read = Names(request.user, [body.initiative] if body.initiative else []), NameReader(many=False)
    if "initiative" in changes:
        changes["initiative"] = read(0, "initiative", names.charged, body.initiative)
    if changes.get("category") == line.group.category.name:
        del changes["category"]  # it may be out of use, and stays
    elif "category" in changes:
        changes["category"] = read(0, "category", names.category, body.category)
    read.refuse_errors()
    return replace(NewLine.of(line), **changes)


def _item(line: CostLine) -> dict[str, Any]:
    return cost_item(line, Organisation.current().base_currency) | {"withdrawn": line.withdrawn or None}
