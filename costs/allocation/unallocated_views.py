"""The page of what belongs to nobody: how much, since when, what of, and a way to a rule for each."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import can, require
from costs import totals, unpriced
from costs.allocation import unallocated
from costs.allocation.listing import label_of
from costs.allocation.matching import FIELDS
from costs.allocation.unallocated import Bundle
from costs.ledger.filters import Filters
from costs.ledger.words import in_words
from costs.models import UNALLOCATED
from display import currency, numbers
from display.charts.bars import BarsByMonth, MonthBar
from money.exact import EXACT, total
from money.months import next_month
from projects.models import Initiative
from projects.querysets import SEES_CONFIDENTIAL

MONTHS_SHOWN = 24
TAGS_SHOWN = 5  # a cloud bill has dozens; the others are behind "More tags"
OFFERED = ("vendor", "service", "account", "account_name", "api_key", "sku", "service_category", "region", "source")


def unallocated_page(request: HttpRequest) -> HttpResponse:
    """Show what belongs to no initiative, put together by what the reader chooses."""
    user = require(request.user, "portfolio.see")
    today = timezone.localdate()
    tags = unallocated.tag_names(user)
    names = [name for name in request.GET.getlist("by") if name in FIELDS or name in tags] or list(unallocated.USUAL)
    gross = totals.unallocated(today).gross
    every = total(flow.gross for flow in totals.flows_by_month(_seen(user), today, with_unallocated=True).values())
    months = totals.flows_by_month([UNALLOCATED], today)
    headings = [label_of(name) for name in names]
    found = unallocated.bundles(user, names, today)
    context = {
        "gross": gross,
        "every": every,
        "share": EXACT.divide(gross, every) if 0 < gross <= every else None,  # of credits elsewhere it is no share
        "chart": _chart({month: flow.gross for month, flow in months.items()}, today),
        "chosen": names,
        "choices": [(name, label_of(name)) for name in (*OFFERED, *tags[:TAGS_SHOWN])],
        "more_choices": [(name, label_of(name)) for name in tags[TAGS_SHOWN:]],
        "is_more_chosen": not set(names).isdisjoint(tags[TAGS_SHOWN:]),
        "headings": headings,
        "found": found,
        "without_price": unpriced.of_filters(Filters(unallocated=True, as_of=today), user),
        "rows": [(bundle, list(zip(headings, _words(bundle), strict=True))) for bundle in found.shown],
        "may_edit": can(user, "allocation.edit"),
    }
    return render(request, "costs/unallocated.html", context)


def _words(bundle: Bundle) -> list[str]:
    """Return what a bundle says, our own sources and services by their names."""
    return [in_words(field, value) for field, value in bundle.values.items()]


def _seen(user: User) -> list[int] | None:
    """Return the initiatives that the reader may see; None: every one."""
    if user.role in SEES_CONFIDENTIAL:
        return None
    return list(Initiative.objects.visible_to(user).order_by().values_list("pk", flat=True))


def _chart(months: dict[date, Decimal], today: date) -> Any:
    first = next_month(today.replace(day=1), 1 - MONTHS_SHOWN)
    running = numbers.day_unbroken(today, "month_short")
    shown = [next_month(first, later) for later in range(MONTHS_SHOWN)]
    return BarsByMonth(
        title=_("How much was unallocated each month?"),
        note=_("Gross cost of no initiative, the last two years; {month} so far").format(month=running),
        bars=[MonthBar(month, months.get(month, Decimal(0))) for month in shown],
        running=today.replace(day=1),
        currency=currency.active(),
        width=760.0,
    )
