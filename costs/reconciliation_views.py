"""Pages of reconciliation: every month of every provider, and one of them with what explains its differences."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import require
from costs import ledger_sources
from costs.models import Kind
from costs.reconciliation import CLASSES, RECORDS, ProviderMonth, causes, provider_month, provider_months, reconcile
from costs.reconciliation_forms import LedgerSourceForm, ReconcileForm

PER_PAGE = 36
CLASS_NAMES = {
    "input_tokens": gettext_lazy("Input, not cached"),
    "cached_input_tokens": gettext_lazy("Input read from a cache"),
    "cache_write_5m_tokens": gettext_lazy("Cache writes, 5 minutes"),
    "cache_write_1h_tokens": gettext_lazy("Cache writes, 1 hour"),
    "output_tokens": gettext_lazy("Output"),
}


def reconciliation_list(request: HttpRequest) -> HttpResponse:
    """Show what the records of each provider say, month by month."""
    require(request.user, "reconcile")
    found = provider_months()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    waiting = sum(each.state != "reconciled" for each in found)
    context = {"rows": [_row(each) for each in page], "page": page, "months": len(found), "waiting": waiting}
    return render(request, "costs/reconciliations.html", context)


def reconciliation_detail(request: HttpRequest, provider: str, month: str) -> HttpResponse:
    """Show one month of one provider; accept it, or choose what the ledger takes."""
    require(request.user, "reconcile")
    here = _get(provider, month)
    note = ReconcileForm(request.POST if "reconcile" in request.POST else None)
    taken = ledger_sources.known().kind_in(provider, here.month)
    source = LedgerSourceForm(request.POST if "take" in request.POST else None, initial={"kind": taken})
    if note.is_bound and note.is_valid():
        reconcile(request.user, here, note.cleaned_data["note"])
        messages.success(request, _("The month is reconciled. A later change of a figure opens it again."))
        return redirect("costs:reconciliation", provider, month)
    if source.is_bound and source.is_valid():
        ledger_sources.take(request.user, provider, here.month, source.cleaned_data["kind"])
        messages.success(request, _("The ledger takes another record from this month on."))
        return redirect("costs:reconciliation", provider, month)
    status = 422 if note.errors or source.errors else 200
    context = {**_row(here), **_explained(here), "note": note, "source": source, "taken": taken}
    return render(request, "costs/reconciliation.html", context, status=status)


def _get(provider: str, month: str) -> ProviderMonth:
    try:
        here = provider_month(provider, date.fromisoformat(f"{month}-01"))
    except ValueError as error:
        raise Http404 from error
    if here is None:
        raise Http404
    return here


def _row(here: ProviderMonth) -> dict[str, Any]:
    """Return the four figures beside each other."""
    records = [
        {
            "kind": kind.value,
            "label": kind.label,
            "amount": here.amounts.get(kind),
            "difference": here.difference(kind),
            "factor": here.factor(kind),
            "is_reference": here.reference is not None and here.amounts.get(kind) is here.reference,
        }
        for kind in RECORDS
    ]
    return {
        "here": here,
        "records": records,
        "ledger": {"difference": here.difference("ledger"), "factor": here.factor("ledger")},
        "slug": f"{here.month:%Y-%m}",
    }


def _explained(here: ProviderMonth) -> dict[str, Any]:
    why = causes(here)
    kinds = [kind for kind in RECORDS if kind in why.tokens]
    tokens = [(CLASS_NAMES[name], [why.tokens[kind][name] for kind in kinds]) for name in CLASSES]
    return {
        "why": why,
        "token_kinds": [kind.label for kind in kinds],
        "tokens": tokens,
        "missing": [(Kind(kind).label, days, len(days)) for kind, days in why.missing_days.items()],
        "largest": [(kind.label, why.largest[kind]) for kind in RECORDS if kind in why.largest],
        "unpriced_lines": sum(lines for _, lines in why.unpriced),
    }
