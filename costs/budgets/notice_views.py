"""Budget notices: those that are new to their reader, all of them, and at which shares they are raised."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.permissions import can, require
from accounts.sent_fields import ids
from costs import totals
from costs.budgets import notice_thresholds
from costs.budgets import notices as budget_notices
from costs.budgets import totals as budget_totals
from costs.budgets.notice_forms import ThresholdsForm
from costs.models import BudgetNotice
from costs.querysets import BudgetNoticeQuerySet
from display import numbers, sentences
from money.exact import EXACT, ZERO

PER_PAGE = 50


def notices(request: HttpRequest) -> HttpResponse:
    """List the notices that the reader may see; marking as seen is for the reader alone."""
    user = require(request.user, "portfolio.see")
    visible = BudgetNotice.objects.visible_to(user)
    new = visible.new_to(user)
    if request.method == "POST":
        budget_notices.mark_seen(user, _chosen(request, new))
        return redirect(request.get_full_path())
    show = "all" if request.GET.get("show") == "all" else "new"
    found = visible if show == "all" else new
    thresholds = notice_thresholds.current()
    choices = sorted({*thresholds, *visible.order_by().values_list("threshold", flat=True).distinct()})
    threshold = request.GET.get("threshold", "")
    is_known = threshold in map(str, choices)
    if is_known:
        found = found.filter(threshold=threshold)
    page = Paginator(found.select_related("initiative"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": _rows(page),
        "show": show,
        "new": page.paginator.count if show == "new" and not is_known else new.count(),
        "every": visible.count(),
        "new_ones": _new_of(page, new) if show == "all" else set(),
        "threshold": threshold,
        "unread": "" if is_known else threshold,
        "thresholds": [(str(each), Decimal(each) / 100) for each in choices],
        "shares": numbers.any_percent(notice_thresholds.shares(thresholds)),
        "may_edit": can(user, "settings.edit"),
    }
    return render(request, "costs/notices.html", context)


def settings(request: HttpRequest) -> HttpResponse:
    """Show at which shares of a budget a notice is raised; an administrator changes them."""
    user = require(request.user, "portfolio.see")
    thresholds = notice_thresholds.current()
    form = ThresholdsForm(request.POST if request.method == "POST" else None, thresholds=thresholds)
    if request.method == "POST":
        require(user, "settings.edit")
        if form.is_valid():
            raised = notice_thresholds.change(user, form.cleaned_data["thresholds"])
            said = ngettext("{count} notice was raised.", "{count} notices were raised.", raised)
            saved = [_("Saved."), said.format(count=raised)] if raised else [_("Saved.")]
            messages.success(request, sentences.joined(*saved))
            return redirect("costs:notice-settings")
    shares = numbers.any_percent(notice_thresholds.shares(thresholds))
    context = {"form": form if can(user, "settings.edit") else None, "shares": shares}
    return render(request, "costs/notice_settings.html", context, status=422 if form.errors else 200)


def _chosen(request: HttpRequest, new: Any) -> list[int]:
    """Return which of the new ones to mark: one, or those that were shown."""
    return list(new.filter(pk__in=ids(request, "seen")).values_list("pk", flat=True))


def _new_of(page: Page[BudgetNotice], new: BudgetNoticeQuerySet) -> set[int]:
    """Return which notices of a page are new."""
    return set(new.filter(pk__in=[each.pk for each in page]).values_list("pk", flat=True))


def _rows(page: Page[BudgetNotice]) -> list[tuple[BudgetNotice, Decimal | None]]:
    """Return each notice with the share of its budget that is spent today; None where there is no budget any more."""
    ids, today = [notice.initiative_id for notice in page], timezone.localdate()
    now, spent = budget_totals.budgets(ids, today), totals.gross_by_initiative(ids, today)
    rows: list[tuple[BudgetNotice, Decimal | None]] = []
    for notice in page:
        budget = now.get(notice.initiative_id)
        has_budget = budget is not None and budget.total > 0
        gross = spent.get(notice.initiative_id, ZERO)
        rows.append((notice, EXACT.divide(gross, budget.total) if has_budget and budget else None))
    return rows
