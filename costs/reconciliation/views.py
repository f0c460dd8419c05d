"""Pages of reconciliation: every month of every provider, and one of them with what explains its differences."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import StaleError
from accounts.permissions import require
from costs.models import Kind, LedgerSource
from costs.pricing import TokenClass
from costs.reconciliation import lines, links, sources
from costs.reconciliation.causes import Causes, ClassRow, causes
from costs.reconciliation.charge_classes import NO_TOKENS, UNTOLD
from costs.reconciliation.filters import MonthFilters
from costs.reconciliation.forms import LedgerSourceForm, ReconcileForm
from costs.reconciliation.months import (
    COUNTS,
    LEDGER,
    MADE_OF,
    NOBODYS,
    RECORDS,
    ProviderMonth,
    open_again,
    provider_month,
    provider_months,
    reconcile,
    waiting_lines,
)

PER_PAGE = 36
CLASS_NAMES = {
    TokenClass.INPUT: gettext_lazy("Input, not cached"),
    TokenClass.CACHED_INPUT: gettext_lazy("Input read from a cache"),
    TokenClass.CACHE_WRITE_5M: gettext_lazy("Cache writes, 5 minutes"),
    TokenClass.CACHE_WRITE_1H: gettext_lazy("Cache writes, 1 hour"),
    TokenClass.OUTPUT: gettext_lazy("Output"),
    NO_TOKENS: gettext_lazy("No tokens, such as searches"),
    UNTOLD: gettext_lazy("Not broken down by class"),
}
CAUSE_NAMES = {
    "missing_days": gettext_lazy("Missing days"),
    "unpriced": gettext_lazy("Models without a price"),
    "cached_tokens": gettext_lazy("Cached tokens"),
    "other_models": gettext_lazy("Models that only one record has"),
    "entered": gettext_lazy("Entered by hand or by a file of costs"),
    "other": gettext_lazy("Other prices, discounts, rounding"),
}
LABELS = {
    **{kind.value: kind.label for kind in RECORDS},
    LEDGER: gettext_lazy("Ledger"),
    "lines": gettext_lazy("Lines"),
    "pending": gettext_lazy("Lines that wait for an exchange rate"),
    "unpriced": gettext_lazy("Usage lines without a price"),
    NOBODYS: gettext_lazy("Unallocated"),
    MADE_OF: gettext_lazy(
        "The sums are the same, but not the amounts or tokens of models, classes of tokens, services or accounts."
    ),
}


def reconciliation_list(request: HttpRequest) -> HttpResponse:
    """Show what the records of each provider say, month by month."""
    require(request.user, "reconcile")
    found = provider_months()
    filters = MonthFilters(request.GET, found)
    page = Paginator(filters.keep(found), PER_PAGE).get_page(request.GET.get("page"))
    over = [each for each in found if each.is_over]
    context = {
        "rows": [_row(each) for each in page],
        "page": page,
        "filters": filters,
        "is_filtered": filters.is_set,
        "months": len(found),
        "waiting": sum(each.state != "reconciled" for each in over),
        "reopened": sum(each.state == "reopened" for each in found),
        "over": len(over),
        "pending": waiting_lines(),
    }
    return render(request, "costs/reconciliations.html", context)


def reconciliation_detail(request: HttpRequest, provider: str, month: str) -> HttpResponse:
    """Show one month of one provider; accept it, or choose what the ledger takes."""
    require(request.user, "reconcile")
    here = _get(provider, month)
    note = ReconcileForm(request.POST if request.POST.keys() & {"reconcile", "open"} else None, here)
    taken = sources.known().kind_in(provider, here.month)
    source = LedgerSourceForm(request.POST if "take" in request.POST else None, provider, taken)
    if note.is_bound and note.is_valid():
        if "open" in request.POST:
            return _open_again(request, here)
        try:
            return _accept(request, here, note)
        except StaleError as stale:
            note.add_error(None, stale.message)
            here = _get(provider, month)
    if source.is_bound and source.is_valid():
        made = sources.take(request.user, provider, here.month, source.cleaned_data["kind"])
        if isinstance(made, LedgerSource):
            messages.success(request, _("The ledger takes another record from this month on."))
        return redirect("costs:reconciliation", provider, month)
    status = 422 if note.errors or source.errors else 200
    changed = [(LABELS[name], then, now, name) for name, then, now in here.changed]
    context = {**_row(here), **_explained(here), "note": note, "source": source, "taken": taken, "changed": changed}
    context["counts"] = COUNTS
    for record in context["records"]:
        record["lines"] = _lines_of(here, record["kind"])
    context["ledger_url"] = links.of_ledger(here)
    context["bill_waits"] = here.lacks(Kind.BILL) is not None
    context["gateway_lacks"] = here.lacks(Kind.GATEWAY) if here.reference is None else None
    is_there = taken is None or taken in here.amounts or here.lacks(taken)
    context["not_there"] = None if is_there else LABELS[taken]
    return render(request, "costs/reconciliation.html", context, status=status)


def _accept(request: HttpRequest, here: ProviderMonth, note: ReconcileForm) -> HttpResponse:
    reconcile(request.user, here, note.cleaned_data["note"])  # type: ignore[arg-type]
    messages.success(request, _("The month is reconciled. A later change of a figure opens it again."))
    return _to(here)


def _open_again(request: HttpRequest, here: ProviderMonth) -> HttpResponse:
    try:
        if here.known is not None:
            open_again(request.user, here.known)  # type: ignore[arg-type]
            messages.success(request, _("The month is open again."))
    except StaleError as stale:
        messages.warning(request, stale.message)
    return _to(here) if provider_month(here.provider, here.month) else redirect("costs:reconciliations")


def _to(here: ProviderMonth) -> HttpResponse:
    return redirect("costs:reconciliation", here.provider, f"{here.month:%Y-%m}")


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
            "lacks": here.lacks(kind),
            "difference": here.difference(kind),
            "factor": here.factor(kind),
            "is_reference": kind == here.reference_kind,
            "compares": kind != Kind.BILL,  # a bill is what the others are compared with
        }
        for kind in RECORDS
    ]
    return {
        "here": here,
        "records": records,
        "ledger": {
            "amount": None if here.ledger_lacks else here.ledger,
            "difference": here.difference(LEDGER),
            "factor": here.factor(LEDGER),
        },
        "apart": abs(here.difference(LEDGER) or 0),
        "slug": f"{here.month:%Y-%m}",
    }


def _explained(here: ProviderMonth) -> dict[str, Any]:
    why = causes(here)
    told = [name for name in why.tells_classes if name != LEDGER]  # its classes are those of the record that it takes
    differ = {name for row in why.classes for name, difference in row.differences.items() if difference}
    return {
        "why": why,
        "most_read": lines.MOST_READ,
        "compared": [(LABELS[name], here.difference(name)) for name in why.parts],
        "most": _most(here, why),
        "reference_label": LABELS[here.reference_kind] if here.reference_kind else "",
        "causes": _cause_rows(why),
        "class_records": [(LABELS[name], name in differ) for name in told],
        "class_rows": [_class_row(row, told, differ) for row in why.classes],
        "class_sums": [(LABELS[name], here.amounts.get(name), here.difference(name), name in differ) for name in told],
        "no_classes": [(name, LABELS[name], why.unclassed[name]) for name in told if not why.tells_classes[name]],
        "missing": [(LABELS[name], days, len(days)) for name, days in why.missing_days.items()],
        "largest": [
            (kind.label, [(item, links.of_item(here, kind, item)) for item in why.largest[kind]])
            for kind in RECORDS
            if kind in why.largest
        ],
    }


def _lines_of(here: ProviderMonth, kind: str) -> list[tuple[str, str]]:
    """Return where the lines of a record are listed: those that count and those that do not, if there are any."""
    if kind not in here.amounts:
        return []
    words = {True: _("Those that count"), False: _("Those kept to compare")}
    return [
        (words[counted], links.of_record(here, Kind(kind), counted=counted))
        for counted in sorted(here.counted[kind], reverse=True)
    ]


def _most(here: ProviderMonth, why: Causes) -> dict[str, Any] | None:
    """Return what explains most of the difference of our prices; None where there is none, or it is not known."""
    if Kind.USAGE not in why.parts:
        return None
    parts = why.parts[Kind.USAGE]
    causes_of = {cause: amount for cause, amount in parts._asdict().items() if amount is not None}
    cause = max(causes_of, key=lambda name: abs(causes_of[name]))
    difference = here.difference(Kind.USAGE) or Decimal(0)
    # Caches save at most what they save, and make a record cheaper, never dearer.
    by_caches = min(why.cache_saving, -difference) if parts.cached_tokens is None and difference < 0 else Decimal(0)
    return {
        "difference": difference,
        "apart": abs(difference),
        "cause": CAUSE_NAMES[cause],
        "amount": causes_of[cause],
        "is_open": cause == "other" and None in parts,
        "by_caches": by_caches,
    }


def _cause_rows(why: Causes) -> list[dict[str, Any]]:
    """Return the causes, the largest first: name, and each record with its part (None: cannot be told)."""
    rows = []
    for cause, label in CAUSE_NAMES.items():
        amounts = [getattr(parts, cause) for parts in why.parts.values()]
        if cause in ("entered", "other_models") and not any(amounts):
            continue
        if cause == "other" and any(None in parts for parts in why.parts.values()):
            label = _("Not explained")
        size = max((abs(amount) for amount in amounts if amount is not None), default=Decimal(0))
        cells = list(zip([LABELS[name] for name in why.parts], amounts, strict=True))
        rows.append({"cause": cause, "label": label, "cells": cells, "size": size})
    return sorted(rows, key=lambda row: -row["size"])


def _class_row(row: ClassRow, told: Sequence[str], differ: Collection[str]) -> dict[str, Any]:
    label = CLASS_NAMES[row.token_class]  # type: ignore[index]
    return {
        "label": _("Batch: {token_class}").format(token_class=label) if row.batch else label,
        "cells": [
            (LABELS[name], row.amounts.get(name), row.tokens.get(name), row.differences.get(name), name in differ)
            for name in told
        ],
    }
