"""Rows of an import for a file that is sent while it is written: a portion at a time.

Each portion is a query of its own. A cursor outside a transaction would have the database write all rows to disk first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)


def in_portions(rows: QuerySet[Row], size: int) -> Iterator[Row]:
    """Yield rows in the order of their `line`, so many of them in memory at a time."""
    rest = rows.order_by("line", "pk")
    while some := list(rest[:size]):
        yield from some
        line, pk = some[-1].line, some[-1].pk  # type: ignore[attr-defined]
        rest = rows.order_by("line", "pk").filter(Q(line__gt=line) | Q(line=line, pk__gt=pk), line__gte=line)
