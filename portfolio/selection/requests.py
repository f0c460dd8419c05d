"""The filters of a request: read from its address, with what is wrong with them, and what pages show of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from portfolio.selection.fields import PERCENT, chips, said
from portfolio.selection.filters import FilterError, Filters, read_filters, share_of

ROWS_PER_PAGE = 50
Found = TypeVar("Found")


def filtered(request: HttpRequest, find: Callable[[Filters], Found]) -> tuple[Filters, dict[str, str], Found]:
    """Return the filters of the address, what is wrong with them, and what is found by those that hold."""
    filters, errors = read_request(request)
    try:
        return filters, errors, find(filters)
    except FilterError as error:  # a name that nobody knows
        known = filters.without(error.errors)
        return known, errors | said(error.errors, request.GET), find(known)


def read_request(request: HttpRequest) -> tuple[Filters, dict[str, str]]:
    """Return the filters of the address, and what is wrong with those that cannot be read: they are left out.

    The form writes the rate in per cent.
    """
    query = request.GET.dict()
    if PERCENT in query:
        query["rate"] = share_of(query[PERCENT])
    try:
        return read_filters(query), {}
    except FilterError as error:
        readable = {name: value for name, value in query.items() if name not in error.errors}
        return read_filters(readable), said(error.errors, query)


def filter_context(filters: Filters) -> dict[str, Any]:
    """Return what every page of a filtered set shows of its filters."""
    return {
        "filters": filters,
        "query": filters.query(),
        "query_of_one": filters.query_of_one,
        "unallocated_url": unallocated_url(filters),
        "chips": chips(filters),
    }


def unallocated_url(filters: Filters) -> str:
    """Return where to see what the unallocated consists of; its own page knows today alone, the ledger any day."""
    if filters.as_of == timezone.localdate():
        return reverse("costs:unallocated")
    return f"{reverse('costs:ledger')}?unallocated=on&as_of={filters.as_of.isoformat()}"
