"""Token usage: the list with which price row and why, one line, and pricing a period anew."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from accounts.errors import RuleError
from accounts.once import once
from accounts.permissions import can, require
from costs.entry.paste import month as read_month
from costs.ledger import page as ledger_page
from costs.ledger.provenance import import_of, part_place, source_words
from costs.ledger.views import may_change
from costs.models import CostLine, Kind, Repricing, UsageLine
from costs.prices import differences, repricing
from costs.prices.listing import CLASS_LABELS, RateShown
from costs.pricing import TokenClass
from costs.reconciliation.sources import provider_of
from costs.usage import lines as usage_lines
from costs.usage import listing
from costs.usage.counts import input_words
from costs.usage.forms import RepricingForm, UsageFiltersForm
from costs.usage.listing import CLASS_FIELDS, UsageList

LATEST = 20


def usage_page(request: HttpRequest) -> HttpResponse:
    """Show the usage that the filters keep, with the price of each line and why, and models without a price."""
    user = require(request.user, "portfolio.see")
    form = UsageFiltersForm(request.GET)
    found = UsageList(form.wanted(), user)
    page = found.page(ledger_page.key_of(request.GET.get("after", "")))
    context = {
        "filters": form,
        "is_filtered": any(form.data.get(name) for name in form.fields),
        "sums": found.sums,
        "gross": found.cost,
        "logged": found.logged,
        "logged_gross": found.gross.get(Kind.GATEWAY),
        "lines": listing.MOST_COUNTED if found.has_more else found.lines,
        "has_more": found.has_more,
        "page": page,
        "shows_places": any(line.group.initiative or line.by_rule or not line.is_compared for line in page.lines),
        "rows": [(line, listing.rate_of(line), listing.amount_of(line)) for line in page.lines],
        "unpriced": listing.unpriced(user),
        "may_price": can(user, "price.edit"),
        "may_import": can(user, "import.costs"),
    }
    return render(request, "costs/usage.html", context)


def usage_line(request: HttpRequest, key: str) -> HttpResponse:
    """Show a line of usage: its tokens by class, the row that priced it, its versions."""
    line = _line(request, key)
    rate = listing.rate_of(line)
    prices = RateShown.of(rate).prices if rate else [None] * len(CLASS_FIELDS)
    labels = CLASS_LABELS | {TokenClass.INPUT: _("Input, not cached")}
    counts = [getattr(line, name) for name in CLASS_FIELDS.values()]
    versions = UsageLine.objects.filter(fingerprint=line.fingerprint).visible_to(request.user).shown()  # type: ignore[arg-type]
    context = {
        "line": line,
        "rate": rate,
        "source": source_words(line, line.external_id),
        "part_place": part_place(line, import_of(line)),
        "input_words": input_words(line),
        "rows": list(zip(labels.values(), counts, prices, strict=True)),
        "amount": listing.exact_amount(line),
        "versions": [(each, listing.exact_amount(each)) for each in versions.order_by("-occurrence")],
        "cost": CostLine.objects.filter(pk=line.pk).select_related("group").first(),
        "may_import": can(request.user, "import.costs"),
        "may_remove": line.withdrawn_at is None and may_change(request.user, line),  # type: ignore[arg-type]
    }
    return render(request, "costs/usage_line.html", context)


@require_POST
def usage_delete(request: HttpRequest, key: str) -> HttpResponse:
    """Take a line and its cost out of every sum."""
    line = _line(request, key)
    user = require(request.user, "cost.unallocated" if line.group.initiative is None else "cost.edit", line.group)
    try:
        usage_lines.remove(user, line)
        messages.success(request, _("The usage is deleted, and its cost with it. Both stay in the history."))
    except RuleError as error:
        messages.error(request, error.message)
    return redirect("costs:usage")


@once
def repricings(request: HttpRequest) -> HttpResponse:
    """List what was priced anew, and plan another one."""
    user = require(request.user, "price.edit")
    form = RepricingForm(request.POST or None, initial=_period(request))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        planned = repricing.plan(user, data["first"], form.until, data["provider"])
        return redirect("costs:repricing", planned.pk)
    context = {"form": form, "latest": Repricing.objects.select_related("created_by")[:LATEST]}
    return render(request, "costs/repricings.html", context, status=422 if form.errors else 200)


def repricing_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what pricing a period anew comes to; apply it."""
    user = require(request.user, "price.edit")
    planned = get_object_or_404(Repricing.objects.select_related("created_by", "applied_by"), pk=pk)
    if request.method == "POST":
        try:
            repricing.apply(user, planned)
        except RuleError as error:
            messages.error(request, error.message)
        return redirect("costs:repricing", pk)
    rows = [differences.shown(row) for row in planned.differences]
    context = {"planned": planned, "rows": rows, "total": differences.total(rows)}
    if not request.htmx:  # type: ignore[attr-defined]
        return render(request, "costs/repricing.html", context)
    if planned.is_under_way:
        return render(request, "costs/_repricing.html", context)
    return HttpResponseClientRefresh()  # it is over: the whole page changes


def _line(request: HttpRequest, key: str) -> UsageLine:
    found = ledger_page.key_of(key)
    lines = UsageLine.objects.visible_to(request.user).shown()  # type: ignore[arg-type]
    line = lines.filter(pk=found).first() if found else None
    if line is None:
        raise Http404
    return listing.tell_usage([line])[0]


def _period(request: HttpRequest) -> dict[str, Any]:
    """Return the period that the address names, or this month."""
    shown: dict[str, Any] = {"provider": provider_of(request.GET.get("provider", ""))}
    for name in ("first", "last"):
        try:
            shown[name] = read_month(request.GET.get(name, ""))
        except ValueError:
            shown[name] = timezone.localdate().replace(day=1)
    return shown
