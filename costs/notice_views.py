"""Budget notices: those that are new to their reader, and all of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.permissions import require
from costs import budget_notices, budgets, totals
from costs.budgets import ZERO
from costs.exact import EXACT
from costs.models import BudgetNotice

PER_PAGE = 50


def notices(request: HttpRequest) -> HttpResponse:
    """List the notices that the reader may see; marking as seen is for the reader alone."""
    require(request.user, "portfolio.see")
    visible = BudgetNotice.objects.visible_to(request.user)  # type: ignore[arg-type]
    new = visible.new_to(request.user)  # type: ignore[arg-type]
    if request.method == "POST":
        budget_notices.mark_seen(request.user, _chosen(request, new))  # type: ignore[arg-type]
        return redirect(request.get_full_path())
    show = "all" if request.GET.get("show") == "all" else "new"
    found = visible if show == "all" else new
    threshold = request.GET.get("threshold", "")
    if threshold in map(str, budget_notices.THRESHOLDS):
        found = found.filter(threshold=threshold)
    page = Paginator(found.select_related("initiative"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": _rows(page),
        "show": show,
        "new": new.count(),
        "threshold": threshold,
        "thresholds": [(str(each), Decimal(each) / 100) for each in budget_notices.THRESHOLDS],
    }
    return render(request, "costs/notices.html", context)


def _chosen(request: HttpRequest, new: Any) -> list[int]:
    """Return which of the new ones to mark: one, or those that were shown."""
    named = [text for text in request.POST.getlist("seen") if text.isascii() and text.isdecimal() and len(text) < 19]
    return list(new.filter(pk__in=named).values_list("pk", flat=True))


def _rows(page: Page[BudgetNotice]) -> list[tuple[BudgetNotice, Decimal | None]]:
    """Return each notice with the share of its budget that is spent today; None where there is no budget any more."""
    ids, today = [notice.initiative_id for notice in page], timezone.localdate()
    now, spent = budgets.budgets(ids, today), totals.gross_by_initiative(ids, today)
    rows: list[tuple[BudgetNotice, Decimal | None]] = []
    for notice in page:
        budget = now.get(notice.initiative_id)
        has_budget = budget is not None and budget.total > 0
        gross = spent.get(notice.initiative_id, ZERO)
        rows.append((notice, EXACT.divide(gross, budget.total) if has_budget and budget else None))
    return rows
