"""Usage without a price has no cost line, so no sum of cost says that it is there: how much of it a sum lacks.

What is kept for comparison only lacks in no sum. The sums by month tell; where a day that is past cuts one, its lines
without a price are counted, and no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from costs.allocation import belonging
from costs.allocation.belonging import Scope
from costs.ledger.filters import Filters
from costs.models import UsageLine, UsageMonth
from costs.querysets import groups_visible_to
from money.months import last_day
from projects.models import Initiative

WITHOUT_PRICE = ~Q(unpriced="")


@dataclass(frozen=True)
class Lacking:
    """How many usage lines a sum lacks for want of a price, and where they are listed."""

    lines: int
    url: str


def of_filters(filters: Filters, user: User) -> Lacking | None:
    """Return what the sum of filtered cost lacks of what a person may see; one query.

    None where the filters are of cost lines alone, which usage without a price has none of.
    """
    if filters.looked_for or filters.pending:
        return None
    months = filters.months(UsageMonth.objects.filter(groups_visible_to(user)))
    return Lacking(_lines_to(months, filters.as_of or date.max), _listed(filters))


def of_initiatives(ids: list[int] | None, as_of: date, with_unallocated: bool) -> int:
    """Count the lines that the cost of initiatives (None: of every one) lacks to a day; one query."""
    every = Initiative.objects.order_by()
    scope = Scope(every if ids is None else every.filter(pk__in=ids), with_unallocated=with_unallocated)
    return _lines_to(belonging.parts_in(UsageMonth.objects.all(), "month", scope), as_of)


def _lines_to(months: QuerySet[UsageMonth], as_of: date) -> int:
    """Count the lines of groups and months that have no price and are dated to a day; each once, whoever shares it."""
    of_days = UsageLine.objects.live().filter(
        WITHOUT_PRICE,
        group=OuterRef("group"),
        unpriced=OuterRef("unpriced"),
        occurred_on__gte=OuterRef("month"),
        occurred_on__lte=as_of,
    )
    counted = of_days.order_by().values("group").annotate(found=Count("*")).values("found")
    lines: Case | F = F("lines")
    if as_of < timezone.localdate() and as_of != last_day(as_of):
        lines = Case(When(month=as_of.replace(day=1), then=Coalesce(Subquery(counted), 0)), default=lines)
    each = months.filter(WITHOUT_PRICE, lines__gt=0, month__lte=as_of).order_by()
    each = each.values("group_id", "month", "unpriced").annotate(found=lines).distinct()
    return each.aggregate(all=Sum("found"))["all"] or 0


def _listed(filters: Filters) -> str:
    """Return the address of the usage without a price, with those filters that its list has too."""
    month = filters.month or (filters.since if filters.since and filters.since == filters.until else None)
    given: dict[str, Any] = {
        "initiative": filters.initiative,
        "provider": filters.provider,
        "model": filters.sku,
        "month": month and f"{month:%Y-%m}",
    }
    return listed(**given)


def listed(**given: Any) -> str:
    """Return the address of the usage without a price, of what is given."""
    asked = {name: value for name, value in given.items() if value} | {"unpriced": "on"}
    return f"{reverse('costs:usage')}?{urlencode(asked)}"
