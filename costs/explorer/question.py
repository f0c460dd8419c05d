"""What is asked: rows, columns, filters with their period and day, and how many rows are shown by themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from accounts.models import User
from costs import pending
from costs.explorer.dimensions import DIMENSIONS, NONE, Dimension
from costs.ledger.filters import Filters
from costs.models import GroupMonth
from costs.querysets import groups_visible_to
from money.months import last_day, next_month

DEFAULT_ROWS, DEFAULT_COLUMNS, DEFAULT_TOP = "category", "month", 12
MONTHS = 12  # of the usual period
EVERY = 1_000_000  # rows by themselves: nothing is put together


@dataclass(frozen=True)
class Question:
    """One question. The filters say period and as-of date, always."""

    filters: Filters
    rows: str = DEFAULT_ROWS
    columns: str = DEFAULT_COLUMNS
    top: int = DEFAULT_TOP
    year_start: int = 1  # the month in which the fiscal year begins

    @property
    def row_dimension(self) -> Dimension:
        """What rows are."""
        return DIMENSIONS[self.rows]

    @property
    def column_dimension(self) -> Dimension:
        """What columns are; may be nothing."""
        return DIMENSIONS.get(self.columns, NONE)

    @property
    def since(self) -> date:
        """The first month."""
        return self.filters.since or self.until

    @property
    def until(self) -> date:
        """The last month that anything is counted of."""
        month = self.as_of.replace(day=1)
        return min(self.filters.until or month, month)

    @property
    def as_of(self) -> date:
        """The day to which it is counted."""
        return self.filters.as_of or timezone.localdate()

    @property
    def cuts_a_month(self) -> bool:
        """Tell whether the last month may go on after the as-of date."""
        is_last = self.since <= self.until == self.as_of.replace(day=1)
        return is_last and self.as_of != last_day(self.as_of)

    @property
    def everything(self) -> Question:
        """The same period without any other filter: what a share is a share of."""
        period = {name: getattr(self.filters, name) for name in ("since", "until", "as_of")}
        return replace(self, filters=Filters(**period))

    def query(self, **changes: Any) -> str:
        """Return the query string of this question, with some filters or settings changed."""
        own = {name: changes.pop(name, getattr(self, name)) for name in ("rows", "columns", "top")}
        filters = replace(self.filters, **changes)
        usual = with_period(Filters())
        shown = {name: text for name, text in filters.words().items() if text != usual.words().get(name)}
        usual_own = {"rows": DEFAULT_ROWS, "columns": DEFAULT_COLUMNS, "top": DEFAULT_TOP}
        return urlencode({name: value for name, value in own.items() if value != usual_own[name]} | shown)


def with_period(filters: Filters) -> Filters:
    """Return filters that say as-of date and period: where they do not, today and the twelve months to its month."""
    as_of = filters.as_of or timezone.localdate()
    until = filters.until or max(as_of.replace(day=1), filters.since or date.min)
    return replace(filters, as_of=as_of, until=until, since=filters.since or next_month(until, 1 - MONTHS))


def pending_lines(question: Question, user: User) -> int:
    """Count the lines of what is asked for that wait for an exchange rate, and so stand in no sum."""
    months = GroupMonth.objects.filter(groups_visible_to(user), pending__gt=0)
    return pending.lines_to(question.filters.months(months), question.as_of)
