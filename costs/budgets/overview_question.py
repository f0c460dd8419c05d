"""What is asked of all budgets: how rows are grouped, for which period, filtered how, in which order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from costs.explorer.dimensions import DIMENSIONS, Dimension
from costs.explorer.headings import MONTHS_OF, headings
from costs.explorer.question import EVERY, Question
from costs.ledger.filters import Filters
from money.months import next_month

BY = ("business_unit", "category", "initiative")
ALL_TIME = "all"
PERIODS = ("quarter", "year", ALL_TIME)
SORTS = ("variance", "share", "whole", "due", "gross", "estimate")
DEFAULT_BY, DEFAULT_PERIOD, DEFAULT_SORT = "business_unit", "year", "-variance"


@dataclass(frozen=True)
class Asked:
    """One question. The filters say the as-of date, always, and the months of the period; of all time they say none."""

    filters: Filters
    as_of: date
    by: str = DEFAULT_BY
    period: str = DEFAULT_PERIOD  # "": the months were named
    without: bool = False  # of initiatives that have no budget, one by one
    sort: str = DEFAULT_SORT
    year_start: int = 1  # the month in which the fiscal year begins

    @property
    def is_all_time(self) -> bool:
        """Tell whether everything from the beginning on is asked for: what METRICS.md defines an estimate of."""
        return self.filters.since is None and self.filters.until is None

    @property
    def dimension(self) -> Dimension:
        """What rows are."""
        return DIMENSIONS["initiative" if self.without else self.by]

    @property
    def explored(self) -> Question:
        """The same cost as the explorer is asked for it; of all time it says a first month before any cost."""
        filters = replace(self.filters, since=self.filters.since or date.min)
        return Question(filters, self.dimension.name, "none", EVERY, self.year_start)

    @property
    def is_narrowed(self) -> bool:
        """Tell whether a filter is set beside period and as-of date."""
        return self.explored.filters != self.explored.everything.filters

    @property
    def period_words(self) -> str:
        """Return the fiscal quarter or year with its months where they do not go without saying; "" of named months."""
        if self.period not in MONTHS_OF or self.filters.since is None:
            return ""
        first = self.filters.since
        return headings(DIMENSIONS[self.period], [first], self.explored)[first].full

    def query(self, **changes: Any) -> str:
        """Return the query string of this question, with some filters or settings changed."""
        own = {name: changes.pop(name, getattr(self, name)) for name in ("by", "period", "without", "sort")}
        usual = {"by": DEFAULT_BY, "period": DEFAULT_PERIOD, "without": False, "sort": DEFAULT_SORT}
        filters = replace(self.filters, **changes)
        implied = [
            *(("since", "until") if own["period"] else ()),
            *(("as_of",) if filters.as_of == timezone.localdate() else ()),
        ]
        shown = {name: text for name, text in filters.words().items() if name not in implied}
        told = {name: value for name, value in own.items() if value and value != usual[name]}
        return urlencode({name: "on" if value is True else value for name, value in told.items()} | shown)


def months_of(period: str, as_of: date, year_start: int) -> tuple[date | None, date | None]:
    """Return the first and the last month of the fiscal quarter or year that a day lies in; None of all time."""
    if period == ALL_TIME:
        return None, None
    count = MONTHS_OF[period]
    month = as_of.replace(day=1)
    first = next_month(month, -((month.month - year_start) % count))
    return first, next_month(first, count - 1)
