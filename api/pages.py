"""Lists: `{"items": [...], "count": n, "next": url|null}` with a limit and an opaque cursor."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Schema

from api.parsing import has_unusable_text
from api.problems import invalid

DEFAULT_LIMIT = 100
MOST = 1_000
Item = TypeVar("Item")


class PageQuery(Schema):
    """The query of every list; lists with filters of their own extend it."""

    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MOST, description="How many items at most.")
    cursor: str | None = Field(None, max_length=2_000, description="Where to go on: taken from `next`.")


class Listing(Schema, Generic[Item]):
    """A part of a list."""

    items: list[Item]
    count: int
    next: str | None


def listing(
    request: HttpRequest,
    queryset: QuerySet[Any],
    page: PageQuery,
    to_item: Callable[[Any], Any],
    order: Sequence[str] = ("id",),
) -> dict[str, Any]:
    """Return the part of `queryset` that the page asks for.

    `order` names non-null fields ("-on", "id"), the last one unique. A cursor holds their values in the last item, so
    that going on costs the same on every page and a new row shifts nothing.
    """
    found = queryset.order_by(*order)
    if page.cursor:
        found = found.filter(_after(queryset.model, order, _read_cursor(page.cursor, len(order))))
    rows = list(found[: page.limit + 1])
    shown = rows[: page.limit]
    more = len(rows) > len(shown)
    cursor = [_plain(getattr(shown[-1], name.lstrip("-"))) for name in order] if more else None
    return {"items": [to_item(row) for row in shown], "count": queryset.count(), "next": _next(request, cursor)}


def listing_rows(
    request: HttpRequest, rows: Sequence[Any], page: PageQuery, name: Callable[[Any], str]
) -> dict[str, Any]:
    """Return a part of rows that have been worked out already; `name` tells each from all others.

    A cursor holds which row was the last, so that rows that came or went shift nothing, and its place for when it is
    gone.
    """
    start = _start(rows, page.cursor, name) if page.cursor else 0
    end = start + page.limit
    cursor = [_mark(name(rows[end - 1])), str(end - 1)] if end < len(rows) else None
    return {"items": list(rows[start:end]), "count": len(rows), "next": _next(request, cursor)}


def cursor_text(page: PageQuery) -> str | None:
    """Return what `listing_found` was given as `following` on the page before; None on the first."""
    return _read_cursor(page.cursor, 1)[0] if page.cursor else None


def listing_found(request: HttpRequest, items: Sequence[Any], count: int, following: str | None) -> dict[str, Any]:
    """Return a part of a list that was found already; `following` says where the next part begins, None: nowhere."""
    return {"items": list(items), "count": count, "next": _next(request, None if following is None else [following])}


def _after(model: type[Model], order: Sequence[str], values: Sequence[str]) -> Q:
    """Build "comes later in this order": a > x, or a = x and b > y, and so on."""
    later, equal = Q(), Q()
    for name, text in zip(order, values, strict=True):
        field = name.lstrip("-")
        value = _typed(model, field, text)
        later |= equal & Q(**{f"{field}__{'lt' if name.startswith('-') else 'gt'}": value})
        equal &= Q(**{field: value})
    return later


def _typed(model: type[Model], field: str, text: str) -> Any:
    try:
        return model._meta.get_field(field).to_python(text)
    except (ValidationError, ArithmeticError, ValueError) as error:
        raise bad_cursor() from error


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _next(request: HttpRequest, values: list[str] | None) -> str | None:
    if values is None:
        return None
    query = request.GET.copy()
    query["cursor"] = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _read_cursor(cursor: str, length: int) -> list[str]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise bad_cursor() from error
    if not isinstance(values, list) or len(values) != length or not all(isinstance(value, str) for value in values):
        raise bad_cursor()
    if any(map(has_unusable_text, values)):
        raise bad_cursor()
    return values


def _start(rows: Sequence[Any], cursor: str, name: Callable[[Any], str]) -> int:
    """Return the place after the last row that was given; where it is gone, the place that it had."""
    mark, place = _read_cursor(cursor, 2)
    if not (place.isascii() and place.isdecimal() and len(place) <= 9):
        raise bad_cursor()
    return next((at for at, row in enumerate(rows, start=1) if _mark(name(row)) == mark), int(place))


def _mark(name: str) -> str:
    """Return a name at a length that an address holds."""
    return hashlib.blake2b(name.encode(), digest_size=8).hexdigest()


def bad_cursor() -> Exception:
    """Return the problem of a cursor that no list has given."""
    return invalid([("cursor", _("Not a cursor that this list has given."))])
