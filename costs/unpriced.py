"""Usage without a price has no cost line, so no sum of cost says that it is there: how much of it a sum lacks.

What is kept for comparison only lacks in no sum. The sums by month tell; where a day that is past cuts one, its lines
without a price are counted, and no others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db import connection
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
from costs.reconciliation.sources import provider_of, vendors_of
from money.months import last_day
from projects.models import Initiative

WITHOUT_PRICE = ~Q(unpriced="")
# A step down an index, where the question of whom it belongs to takes longer to put than the rest of the page.
IS_ANY = "SELECT EXISTS (SELECT FROM costs_usagemonth WHERE unpriced <> '' AND lines > 0)"


@dataclass(frozen=True)
class Lacking:
    """How many usage lines a sum lacks for want of a price, and where they are listed, maybe among others."""

    lines: int
    url: str
    among_others: bool


def of_filters(filters: Filters, user: User) -> Lacking | None:
    """Return what the sum of filtered cost lacks of what a person may see; one query, with a vendor two.

    None where the filters are of cost lines alone, which usage without a price has none of.
    """
    if filters.looked_for or filters.pending:
        return None
    months = filters.months(UsageMonth.objects.filter(groups_visible_to(user)))
    lines = _lines_to(months, filters.as_of or date.max)
    return Lacking(lines, _listed(filters), bool(lines) and _among_others(filters))


def of_initiatives(ids: list[int] | None, as_of: date, with_unallocated: bool, user: User) -> Lacking:
    """Return what the cost of initiatives (None: of every one) lacks to a day of what a person may see.

    One query where no usage is without a price, else two.
    """
    with connection.cursor() as cursor:
        cursor.execute(IS_ANY)
        if not cursor.fetchone()[0]:
            return Lacking(0, _address(), among_others=False)
    every = Initiative.objects.order_by()
    scope = Scope(every if ids is None else every.filter(pk__in=ids), with_unallocated=with_unallocated)
    months = belonging.parts_in(UsageMonth.objects.filter(groups_visible_to(user)), "month", scope)
    is_all = with_unallocated and as_of >= timezone.localdate()
    return Lacking(_lines_to(months, as_of), _address(), not is_all)


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
    month = _month(filters)
    given: dict[str, Any] = {
        "initiative": filters.initiative,
        "provider": filters.provider or provider_of(filters.vendor),
        "model": filters.sku,
        "month": month and f"{month:%Y-%m}",
    }
    return _address(compared=filters.compared, **given)


def _among_others(filters: Filters) -> bool:
    """Tell whether that list may have more than the filters keep: it knows few of them, and no as-of date."""
    month, today = _month(filters), timezone.localdate()
    if filters.as_of and filters.as_of < (min(last_day(month), today) if month else today):
        return True
    if filters.vendor and (filters.provider or _has_other_names(filters.vendor)):
        return True
    known: dict[str, Any] = dict.fromkeys(("initiative", "provider", "vendor", "sku"), "") | {"as_of": None}
    known |= {"month": None} if filters.month else {"since": None, "until": None} if month else {}
    return replace(filters, **known) != Filters()


def _has_other_names(vendor: str) -> bool:
    """Tell whether there are charges of a vendor under another name; capitals make none."""
    return any(name.upper() != vendor.upper() for name in vendors_of(vendor))


def _month(filters: Filters) -> date | None:
    """Return the one month that the filters name."""
    return filters.month or (filters.since if filters.since == filters.until else None)


def _address(compared: bool = False, **given: Any) -> str:
    """Return the address of the usage without a price, of what is given; of what counts, unless the compared is."""
    asked = {name: value for name, value in given.items() if value} | {"unpriced": "on"}
    return f"{reverse('costs:usage')}?{urlencode(asked if compared else asked | {'counted': 'on'})}"
