"""The page of exchange rates: the latest of each currency, all of them, one by hand, many by file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import refusals
from accounts.errors import RuleError
from accounts.models import User
from accounts.once import once
from accounts.permissions import can, require
from display import numbers
from display.spreadsheets import neutral
from money import hooks, ledger
from money.files import Outcome, load
from money.forms import RateFileForm, RateForm
from money.models import ExchangeRate
from money.rates import OLDEST_DAYS

_PER_PAGE = 50


def rate_list(request: HttpRequest) -> HttpResponse:
    """Show the rates, and the forms to whom they are for."""
    require(request.user, "portfolio.see")
    return _page(request)


@once
def rate_add(request: HttpRequest) -> HttpResponse:
    """Add a rate by hand."""
    require(request.user, "rate.edit")
    form = RateForm(request.POST or None)
    if form.is_valid() and not form.must_ask:
        try:
            (rate,) = ledger.add(request.user, form.new_rate()).rates
        except RuleError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("The rate of {currency} is recorded.").format(currency=rate.currency))
            return redirect("money:rate-list")
    return _page(request, rate_form=form)


def rate_upload(request: HttpRequest) -> HttpResponse:
    """Add the rates of a file: all or none."""
    require(request.user, "rate.edit")
    form = RateFileForm(request.POST, request.FILES) if request.method == "POST" else RateFileForm()
    if not form.is_valid():
        return _page(request, file_form=form)
    try:
        outcome = load(request.user, form.cleaned_data["file"], form.is_heeded())
    except RuleError as error:
        form.add_error("file", [error.message, _("Nothing of the file was recorded.")])
        return _page(request, file_form=form)
    if outcome.rejected:
        return _page(request, outcome=outcome)
    if outcome.doubtful:
        return _page(request, outcome=outcome, file_form=form.told())
    messages.success(request, _said(outcome))
    return redirect("money:rate-list")


def _page(
    request: HttpRequest,
    rate_form: RateForm | None = None,
    file_form: RateFileForm | None = None,
    outcome: Outcome | None = None,
) -> HttpResponse:
    pending = _pending(request.user)  # type: ignore[arg-type]
    latest = list(ExchangeRate.objects.latest_per_currency())
    known = {rate.currency for rate in latest}
    every = ExchangeRate.objects.select_related("recorded_by").order_by("-on", "currency")
    context = {
        "latest": [_latest(rate, pending) for rate in latest],
        "latest_digits": numbers.decimals(rate.rate for rate in latest),
        "pending_total": sum(pending.values()),
        "without_rate": sorted((code, count) for code, count in pending.items() if code not in known),
        "page": Paginator(every, _PER_PAGE).get_page(request.GET.get("page")),
        "may_edit": can(request.user, "rate.edit"),
        "rate_form": rate_form or RateForm(),
        "file_form": file_form or RateFileForm(),
        "outcome": outcome,
        "errors_csv": _errors_csv(outcome) if outcome else "",
        "oldest_days": OLDEST_DAYS,
    }
    refused = outcome or (rate_form and rate_form.is_bound) or (file_form and file_form.is_bound)
    return render(request, "money/rates.html", context, status=422 if refused else 200)


def _latest(rate: ExchangeRate, pending: Counter[str]) -> dict[str, Any]:
    age = (timezone.localdate() - rate.on).days
    return {"rate": rate, "age": age, "stale": age > OLDEST_DAYS, "pending": pending[rate.currency]}


def _errors_csv(outcome: Outcome) -> str:
    """The wrong rows as a file inside the page: nothing of the upload is kept that could be fetched later."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["line", "column", "reason"])
    writer.writerows([row.line, neutral(row.column), neutral(row.reason)] for row in outcome.rejected)
    return f"data:text/csv;charset=utf-8,{quote(text.getvalue())}"


def _pending(user: User) -> Counter[str]:
    total: Counter[str] = Counter()
    for pending_by_currency in hooks.pending_by_currency:
        total.update(pending_by_currency(user))
    return total


def _said(outcome: Outcome) -> str:
    added = ngettext("{count} rate is recorded.", "{count} rates are recorded.", outcome.added)
    said = added.format(count=outcome.added)
    if not outcome.unchanged:
        return said
    known = ngettext("{count} was there already.", "{count} were there already.", outcome.unchanged)
    return f"{said} {known.format(count=outcome.unchanged)}"
