"""A page of the ledger, and what all its lines come to, without reading them: it holds for ten million lines.

Counts and sums come from the sums by charge group and month; where the as-of date cuts the last one, the lines dated
later in it are taken off again, group by group along the primary key. A page is found through the same: the newest
months that hold enough lines, and within each of their groups the newest lines. Going on (`after`) starts at a line,
not at a number, so that the last page costs what the first does. A file goes through a month of many lines day by day.
What stands in the lines themselves is looked for there: by an index where they are pending or came by an import of not
too many; else (a text, an invoice, whether they are billed on) along the primary key as well, in no more lines than
costs/ledger/search.py allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Count, ExpressionWrapper, F, Max, Q, QuerySet, Sum, Value
from django.db.models.expressions import Combinable, RawSQL

from accounts.models import User
from costs.allocation import belonging
from costs.explorer.rest import with_rest
from costs.ledger.filters import Filters
from costs.models import CostLine, GroupMonth
from costs.querysets import CostLineQuerySet, groups_visible_to
from display import currency
from money.exact import EXACT, total
from money.fields import ExactDecimalField
from money.months import last_day, next_month

PER_PAGE, CHUNK = 50, 10_000  # lines of a page, and of a portion of a file
MOST_SORTED = 1_000  # lines: no index knows their amounts, and shares of them least, so that each of them is read
SORTS = {"amount": False, "-amount": True}  # whether the largest amount comes first
Key = tuple[int, date, UUID, int]
LINE = ("group_id", "incurred_on", "fingerprint", "occurrence")  # what a key is made of
_KEY = re.compile(r"(\d{1,18})-(\d{4})(\d{2})(\d{2})-([0-9a-f]{32})-(\d{1,9})", re.ASCII)

# Of each group and month at most so many: found along the primary key, however many lines there are.
ALONG = """
(costs_costline.group_id, costs_costline.incurred_on, costs_costline.fingerprint, costs_costline.occurrence) IN (
    SELECT line.group_id, line.incurred_on, line.fingerprint, line.occurrence
    FROM ({months}) AS wanted (group_id, month) CROSS JOIN LATERAL ({lines}) AS line
    ORDER BY {order} LIMIT %s
)
"""
LATEST = "line.incurred_on DESC, line.group_id DESC, line.fingerprint DESC, line.occurrence DESC"
# The same order of one day: its groups come in it, so that reading ends with the last line that is wanted.
OF_A_DAY = "wanted.group_id DESC, line.fingerprint DESC, line.occurrence DESC"
HERE = """
costs_costline.group_id = wanted.group_id AND costs_costline.incurred_on >= wanted.month
AND costs_costline.incurred_on < (wanted.month + interval '1 month')::date
"""

# All versions of lines of groups in months, at most so many: they are counted on the primary key alone.
VERSIONS = f"""
SELECT count(*) FROM (
    SELECT FROM ({{months}}) AS wanted (group_id, month)
    CROSS JOIN LATERAL (SELECT FROM costs_costline WHERE {HERE} OFFSET 0) AS version
    LIMIT %s
) AS counted
"""  # noqa: S608 - put together from texts of our own

# A group may belong to several of those that are asked about: its lines count once, its amount by each share.
EACH = "({months}) AS each (group_id, month, lines, pending, gross, share)"
BY_MONTH = f"""
SELECT month, sum(lines), sum(pending), sum(gross) FROM {EACH} GROUP BY month ORDER BY month DESC
"""  # noqa: S608
LATER = f"""
SELECT coalesce(sum(late.lines), 0)::int, coalesce(sum(late.pending), 0)::int, coalesce(sum(late.gross * each.share), 0)
FROM {EACH} CROSS JOIN LATERAL (
    SELECT count(*) AS lines, count(*) FILTER (WHERE one.base_amount IS NULL) AS pending, sum(one.base_amount) AS gross
    FROM costs_costline AS one
    WHERE one.group_id = each.group_id AND one.incurred_on > %s AND one.incurred_on < %s AND one.withdrawn_at IS NULL
) AS late
"""  # noqa: S608 - put together from texts of our own


class Sums(NamedTuple):
    """What lines come to. `gross` is None where there is none that has a base amount."""

    lines: int
    gross: Decimal | None
    pending: int


Line = TypeVar("Line")


@dataclass(frozen=True)
class LedgerPage(Generic[Line]):
    """Some lines, and the key of the last one where there are more."""

    lines: Sequence[Line]
    next_after: str | None
    is_first: bool


@dataclass(frozen=True)
class CostPage(LedgerPage[CostLine]):
    """Cost lines of a page; a column that would be empty in all of them is left out."""

    @property
    def has_description(self) -> bool:
        """Tell whether one of them says what it is."""
        return any(line.description or line.group.service for line in self.lines)

    @property
    def has_other_currency(self) -> bool:
        """Tell whether one of them was paid in another currency than it is shown in."""
        return any(line.group.currency != currency.active() for line in self.lines)


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
    """The lines that the filters keep and the person may see, with the share of them that is asked about."""

    def __init__(self, filters: Filters, user: User) -> None:
        filters = with_rest(filters, user)
        self._filters, self._scope = filters, filters.scope
        self._by_line = filters.pending or bool(filters.looked_for)
        self._months = filters.months(GroupMonth.objects.filter(groups_visible_to(user), lines__gt=0)).order_by()
        if filters.is_searched:
            self._lines = self._along(self._months)
            self._parts = belonging.parts_in(self._lines, "incurred_on", self._scope)
        else:
            visible = CostLine.objects.live().visible_to(user)
            self._lines, self._parts = filters.keep(visible), filters.parts(visible)

    @cached_property
    def sums(self) -> Sums:
        """Count of the lines, and the sum of the shares asked about."""
        if self._filters.looked_for:
            pending = Count("occurrence", filter=Q(base_amount=None))
            counts = self._lines.aggregate(lines=Count("occurrence"), pending=pending)
            return Sums(**counts, gross=self._parts.aggregate(gross=Sum(self._shared("base_amount")))["gross"])
        lines, pending = (sum(month[at] for month in self._by_month) for at in (1, 2))
        if self._filters.pending:
            return Sums(pending, None, pending)
        gross = total(amount for *_counts, amount in self._by_month)
        return Sums(lines, gross if lines > pending else None, pending)

    def has_more_versions(self, than: int) -> bool:
        """Tell whether the lines have more versions than that, those that count no more included."""
        try:
            text, values = self._months.values_list("group_id", "month").distinct().query.sql_with_params()
        except EmptyResultSet:
            return False
        with connection.cursor() as cursor:
            cursor.execute(VERSIONS.format(months=text), (*values, than + 1))
            return bool(cursor.fetchone()[0] > than)

    def page(self, after: Key | None, size: int = PER_PAGE) -> CostPage:
        """Return the lines that come after one, latest date first, each with where it belongs."""
        found = self._newest(after, size + 1) if not self._by_line else self._lines
        if self._by_line and after:
            found = found.filter(later(after))
        rows = list(found.newest_first().shown()[: size + 1])
        shown = belonging.tell(rows[:size], self._scope)
        return CostPage(shown, shown[-1].key if len(rows) > size else None, after is None)

    @property
    def is_sortable(self) -> bool:
        """Tell whether the lines are few enough to be read for their order by amount."""
        return self.sums.lines <= MOST_SORTED

    def page_at(self, after: str, sort: str = "") -> CostPage:
        """Return the page that an address asks for; the first where nothing is left on it."""
        if sort in SORTS and self.is_sortable:
            return self._sorted_page(after, sort)
        shown = self.page(key_of(after))
        return shown if shown.lines or shown.is_first else self.page(None)

    def _sorted_page(self, after: str, sort: str) -> CostPage:
        """Return the page behind a line in the order of amounts; those that have none yet come last."""
        lines = self.page(None, MOST_SORTED).lines
        valued = [line for line in lines if line.shared_amount is not None]
        valued.sort(key=lambda line: line.shared_amount, reverse=SORTS[sort])
        lines = [*valued, *(line for line in lines if line.shared_amount is None)]
        start = next((number for number, line in enumerate(lines, 1) if line.key == after), 0)
        shown = lines[start : start + PER_PAGE]
        return CostPage(shown, shown[-1].key if start + PER_PAGE < len(lines) else None, start == 0)

    def every_line(self) -> Iterator[CostLine]:
        """Yield all lines in the same order, each with where it belongs; a part of them in memory at a time.

        Each part is a query of its own: a cursor would have the database write all of it first.
        """
        if self._by_line and self.sums.lines <= CHUNK:
            yield from self.page(None, CHUNK).lines
            return
        held = set(self._lines.dates("incurred_on", "month")) if self._by_line else None
        for month, lines, *_ in self._by_month:
            if held is None or month in held:
                for rows in self._portions(month, lines):
                    yield from belonging.tell(rows, self._scope)

    def _portions(self, month: date, lines: int) -> Iterator[list[CostLine]]:
        """Yield the lines of a month: all at once where they are few, else day by day, each line read once."""
        if lines <= CHUNK:
            yield list(self._along(self._months.filter(month=month)).newest_first().shown())
            return
        for number in range(last_day(month).day, 0, -1):
            day, after = month.replace(day=number), None
            while rows := list(self._of_day(day, after).newest_first().shown()):
                yield rows
                if len(rows) < CHUNK:
                    break
                after = rows[-1].pk

    @cached_property
    def _by_month(self) -> list[tuple[date, int, int, Decimal]]:
        found = self._asked(BY_MONTH, self._months)
        cut = self._filters.cut_month
        if found and found[0][0] == cut:
            month, lines, pending, gross = found[0]
            ((late, late_pending, late_gross),) = self._asked(
                LATER, self._months.filter(month=cut), self._filters.as_of, next_month(cut)
            )
            found[0] = month, lines - late, pending - late_pending, EXACT.subtract(gross, late_gross)
        return found

    def _asked(self, sql: str, months: QuerySet[GroupMonth], *given: Any) -> list[tuple[Any, ...]]:
        each = months.values("group_id", "month")
        if self._scope.is_everything:
            each = each.values_list("group_id", "month", "lines", "pending", "gross", Value(1))
        else:
            lines, pending, gross = Max("lines"), Max("pending"), Sum(self._shared("gross"))
            each = each.annotate(each_lines=lines, each_pending=pending, each_gross=gross, each_share=Sum("share"))
        try:
            text, values = each.query.sql_with_params()
        except EmptyResultSet:  # nothing can match, as no provider has this name
            return []
        with connection.cursor() as cursor:
            cursor.execute(sql.format(months=text), (*values, *given))
            return cursor.fetchall()

    def _shared(self, amount: str) -> Combinable:
        if self._scope.is_everything:
            return F(amount)
        return ExpressionWrapper(F(amount) * F("share"), output_field=ExactDecimalField())

    def _newest(self, after: Key | None, most: int) -> CostLineQuerySet:
        months = self._enough(after, most)
        if not months:
            return CostLine.objects.none()
        return self._along(self._months.filter(month__gte=months[-1], month__lte=months[0]), after, most)

    def _along(
        self, months: QuerySet[GroupMonth], after: Key | None = None, most: int | None = None
    ) -> CostLineQuerySet:
        """Return the lines of groups in months; at most so many, the newest that come after one."""
        wanted = later(after) & Q(incurred_on__lte=after[1]) if after else Q()
        return self._in_each(months, wanted, LATEST, most)

    def _of_day(self, day: date, after: Key | None) -> CostLineQuerySet:
        """Return a portion of a day's lines: in the order of their primary key, the last first."""
        months, wanted = self._months.filter(month=day.replace(day=1)).order_by("-group_id"), Q(incurred_on=day)
        if after:
            months, wanted = months.filter(group_id__lte=after[0]), wanted & Q(pk__lt=after)
        return self._in_each(months, wanted, OF_A_DAY, CHUNK)

    def _in_each(self, months: QuerySet[GroupMonth], wanted: Q, order: str, most: int | None) -> CostLineQuerySet:
        try:
            text, given = months.values_list("group_id", "month").distinct().query.sql_with_params()
        except EmptyResultSet:
            return CostLine.objects.none()
        here = RawSQL(HERE, [], BooleanField())  # noqa: S611
        lines = CostLine.objects.live().filter(self._filters.of_lines(), wanted, here)
        lines = lines.order_by("-incurred_on", "-fingerprint", "-occurrence").values_list(*LINE)[:most]
        inside, values = lines.query.sql_with_params()
        sql = ALONG.format(months=text, lines=inside, order=order)
        return CostLine.objects.filter(RawSQL(sql, [*given, *values, most], BooleanField()))  # noqa: S611 - no text of users

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
