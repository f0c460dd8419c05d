"""Usage as CSV and XLSX: the lines of the list, under the field names of the API.

They are for reading alone (docs/importing.md): what came by API without an external id, or in a provider's report or a
gateway's log, would be another line if it came from such a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from django.db.models import Sum

from accounts.models import User
from api.decimals import plain
from costs.groups import tags_text
from costs.ledger.exports import EVERY_DIGIT
from costs.ledger.page import CHUNK, later
from costs.models import UsageLine, UsageMonth
from costs.querysets import UsageLineQuerySet, groups_visible_to
from costs.usage.filters import UsageFilters
from costs.usage.items import usage_item
from costs.usage.listing import tell_usage
from display.spreadsheets import Table, csv_lines
from money.months import last_day, next_month

HEADER = (
    "occurred_on", "provider", "model", "kind", "input_tokens", "output_tokens", "cached_input_tokens",
    "cache_write_5m_tokens", "cache_write_1h_tokens", "requests", "batch",
    "amount", "currency", "unpriced_reason", "own_price", "library_version",
    "initiative", "allocations", "share", "compared", "account", "api_key", "external_id", "source", "tags",
)  # fmt: skip


def as_csv(filters: UsageFilters, user: User) -> Iterator[str]:
    """Yield the file line by line."""
    return csv_lines(HEADER, map(_values, _every_line(filters, user)))


def as_xlsx(filters: UsageFilters, user: User) -> IO[bytes]:
    """Return the file, rewound."""
    table = Table("Usage", HEADER, formats={"amount": EVERY_DIGIT})
    for line in _every_line(filters, user):
        table.add(_values(line))
    return table.finish()


def _every_line(filters: UsageFilters, user: User) -> Iterator[UsageLine]:
    """Yield all lines in the order of the list: month by month, one of many lines day by day.

    Of a longer time the database would sort all that is left of it for each portion.
    """
    lines = filters.keep(UsageLine.objects.live().visible_to(user))
    months = filters.months(UsageMonth.objects.filter(groups_visible_to(user), lines__gt=0)).order_by("-month")
    for month, held in months.values_list("month").annotate(held=Sum("lines")):
        if held <= CHUNK:
            yield from _in_portions(lines.filter(occurred_on__gte=month, occurred_on__lt=next_month(month)))
            continue
        for number in range(last_day(month).day, 0, -1):
            yield from _in_portions(lines.filter(occurred_on=month.replace(day=number)))


def _in_portions(lines: UsageLineQuerySet) -> Iterator[UsageLine]:
    """Yield lines, a portion of them in memory at a time."""
    rows = tell_usage(list(lines.newest_first().shown()[:CHUNK]))
    yield from rows
    while len(rows) == CHUNK:
        rest = lines.filter(later(rows[-1].pk, "occurred_on"))
        rows = tell_usage(list(rest.newest_first().shown()[:CHUNK]))
        yield from rows


def _values(line: UsageLine) -> list[Any]:
    told = usage_item(line)
    price, placed = told["price"] or {}, told["allocations"]
    told |= {
        "kind": line.group.kind,
        "own_price": price.get("own"),
        "library_version": price.get("library_version"),
        "allocations": ", ".join(f"{each['initiative']}={plain(each['share'])}" for each in placed),
        "share": getattr(line, "share", 1),  # where an initiative is asked for, its share
        "tags": tags_text(line.group.tags) if line.group.tags else "",
    }
    return [told[name] for name in HEADER]
