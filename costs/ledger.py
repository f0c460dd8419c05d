"""A page of the ledger, and what all its lines come to, without reading them: it holds for ten million lines.

Counts and sums come from the sums by charge group and month. A page is found through the same: the newest months that
hold enough lines, and within each of their groups the newest lines, along the primary key. Going on (`after`) starts
at a line, not at a number, so that the last page costs what the first does. Only what stands in the lines themselves
(the import they came by, or that they are pending) is looked for there; both have an index.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from django.db.models import BooleanField, Count, Q, Sum
from django.db.models.expressions import RawSQL

from accounts.models import User
from costs.exact import EXACT
from costs.filters import Filters
from costs.models import CostLine, GroupMonth
from costs.querysets import CostLineQuerySet, groups_visible_to
from money.months import next_month

PER_PAGE = 50
ZERO = Decimal(0)
Key = tuple[int, date, UUID, int]
_KEY = re.compile(r"(\d{1,18})-(\d{4})(\d{2})(\d{2})-([0-9a-f]{32})-(\d{1,9})", re.ASCII)

# Of each group at most a page: found along the primary key, however many lines the group has.
NEWEST = """
(costs_costline.group_id, costs_costline.incurred_on, costs_costline.fingerprint, costs_costline.occurrence) IN (
    SELECT line.group_id, line.incurred_on, line.fingerprint, line.occurrence
    FROM ({groups}) AS wanted (group_id)
    CROSS JOIN LATERAL (
        SELECT one.group_id, one.incurred_on, one.fingerprint, one.occurrence FROM costs_costline AS one
        WHERE one.group_id = wanted.group_id AND one.incurred_on BETWEEN %s AND %s AND one.withdrawn_at IS NULL {after}
        ORDER BY one.incurred_on DESC, one.fingerprint DESC, one.occurrence DESC LIMIT %s
    ) AS line
    ORDER BY line.incurred_on DESC, line.group_id DESC, line.fingerprint DESC, line.occurrence DESC LIMIT %s
)
"""
AFTER = "AND (one.incurred_on, one.group_id, one.fingerprint, one.occurrence) < (%s, %s, %s, %s)"


class Sums(NamedTuple):
    """What lines come to. `gross` is None where there is none that has a base amount."""

    lines: int
    gross: Decimal | None
    pending: int


Line = TypeVar("Line")


@dataclass(frozen=True)
class LedgerPage(Generic[Line]):
    """Some lines, and the key of the last one where there are more."""

    lines: list[Line]
    next_after: str | None
    is_first: bool


def key_of(text: str) -> Key | None:
    """Return the primary key of a line from its word in an address; None where it is none."""
    found = _KEY.fullmatch(text)
    if not found:
        return None
    group, year, month, day, fingerprint, occurrence = found.groups()
    try:
        return int(group), date(int(year), int(month), int(day)), UUID(hex=fingerprint), int(occurrence)
    except ValueError:  # a day that does not exist
        return None


class Ledger:
    """The lines that the filters keep and the person may see."""

    def __init__(self, filters: Filters, user: User) -> None:
        self._by_line = filters.by_line
        self._lines = filters.keep(CostLine.objects.live().visible_to(user))
        self._months = GroupMonth.objects.filter(filters.of_months(), groups_visible_to(user), lines__gt=0).order_by()

    @cached_property
    def sums(self) -> Sums:
        """Count and sum of the lines."""
        if self._by_line:
            pending = Count("occurrence", filter=Q(base_amount=None))
            return Sums(**self._lines.aggregate(lines=Count("occurrence"), gross=Sum("base_amount"), pending=pending))
        lines, pending = (sum(month[at] for month in self._by_month) for at in (1, 2))
        gross = ZERO
        for *_counts, amount in self._by_month:
            gross = EXACT.add(gross, amount)
        return Sums(lines, gross if lines > pending else None, pending)

    def page(self, after: Key | None, size: int = PER_PAGE) -> LedgerPage[CostLine]:
        """Return the lines that come after one, latest date first."""
        found = self._newest(after, size + 1) if not self._by_line else self._lines
        if self._by_line and after:
            found = found.filter(later(after))
        rows = list(found.newest_first().shown()[: size + 1])
        shown = rows[:size]
        return LedgerPage(shown, shown[-1].key if len(rows) > size else None, after is None)

    @cached_property
    def _by_month(self) -> list[tuple[date, int, int, Decimal]]:
        sums = (Sum("lines"), Sum("pending"), Sum("gross"))
        return list(self._months.order_by("-month").values_list("month").annotate(*sums))

    def _newest(self, after: Key | None, most: int) -> CostLineQuerySet:
        months = self._enough(after, most)
        if not months:
            return CostLine.objects.none()
        last = date.fromordinal(next_month(months[0]).toordinal() - 1)
        groups = self._months.filter(month__gte=months[-1], month__lte=months[0]).values("group_id").distinct()
        groups_sql, groups_given = groups.query.sql_with_params()
        given = [*groups_given, months[-1], min(last, after[1]) if after else last]
        if after:
            group, day, fingerprint, occurrence = after
            given += [day, group, fingerprint, occurrence]
        sql = NEWEST.format(groups=groups_sql, after=AFTER if after else "")
        return CostLine.objects.filter(RawSQL(sql, [*given, most, most], BooleanField()))  # noqa: S611 - no text of users

    def _enough(self, after: Key | None, most: int) -> list[date]:
        """Return the first months that surely hold `most` lines; of the one that goes on there may be none left."""
        going_on = after[1].replace(day=1) if after else None
        taken, held = [], 0
        for month, lines, *_ in self._by_month:
            if going_on and month > going_on:
                continue
            if held >= most:
                break
            taken.append(month)
            held += lines if month != going_on else 0
        return taken


def later(after: Key, date_field: str = "incurred_on") -> Q:
    """Return the condition that a line comes after one, latest date first."""
    group, day, fingerprint, occurrence = after
    same_day = Q(**{date_field: day}) & (
        Q(group_id__lt=group)
        | Q(group_id=group, fingerprint__lt=fingerprint)
        | Q(group_id=group, fingerprint=fingerprint, occurrence__lt=occurrence)
    )
    return Q(**{f"{date_field}__lt": day}) | same_day
