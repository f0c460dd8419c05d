"""The page of recoverable costs: what was not billed on yet, what was, by invoice; many lines billed at once."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.errors import RuleError
from accounts.models import User
from accounts.permissions import require
from costs.ledger import billing
from costs.ledger.billing import MOST_AT_ONCE
from costs.ledger.filters import Filters
from costs.ledger.page import Ledger, key_of
from costs.ledger.views import may_change, may_record
from costs.models import CostLine
from costs.querysets import CostLineQuerySet
from projects.fields import LONGEST_REFERENCE
from projects.forms import DayField

BILLED = "billed"


class BillForm(forms.Form):
    """On which day, and by which invoice, lines were billed on."""

    billed_on = DayField(label=gettext_lazy("Billed on"))
    invoice_ref = forms.CharField(label=gettext_lazy("Invoice"), max_length=200, required=False)


class RecoverableFilters(forms.Form):
    """Which recoverable lines, as the address says."""

    initiative = forms.CharField(label=gettext_lazy("Initiative"), required=False, max_length=LONGEST_REFERENCE)
    vendor = forms.CharField(label=gettext_lazy("Vendor"), required=False, max_length=200)
    invoice_ref = forms.CharField(label=gettext_lazy("Invoice"), required=False, max_length=200)


def recoverable(request: HttpRequest) -> HttpResponse:
    """Show what is recoverable and whether it came back; bill lines on, or take their billing back."""
    user = require(request.user, "portfolio.see")
    shows_billed = request.GET.get("show") == BILLED
    asked, today = RecoverableFilters(request.GET, auto_id="filter-%s"), timezone.localdate()
    asked.is_valid()
    given = {name: value for name, value in asked.cleaned_data.items() if value}
    every = Filters(recoverable=True, own_invoice="invoice_ref" in given, **given)
    shown = Filters(**{**vars(every), "billed": shows_billed})
    form = BillForm(request.POST if "bill" in request.POST else None, initial={"billed_on": today})
    error = ""
    if request.method == "POST":
        error = _act(request, form, shown)
        if not error and not form.errors:
            return redirect(request.get_full_path())
    ledger = Ledger(shown, user)
    page = ledger.page(key_of(request.GET.get("after", "")))
    context = {
        "filters": asked,
        "recovery": billing.recovery(every, user, today),
        "invoices": billing.invoices(every, user) if shows_billed else [],
        "sums": ledger.sums,
        "page": page,
        "rows": [(line, may_change(user, line)) for line in page.lines],
        "chosen": set(request.POST.getlist("line")),
        "may_bill": may_record(user),
        "may_bill_lines": 0 if shows_billed or not may_record(user) else _billable(user, shown).count(),
        "shows_billed": shows_billed,
        "is_filtered": any(asked.cleaned_data.values()),
        "form": form,
        "error": error,
        "most": MOST_AT_ONCE,
        "export": f"{reverse('costs:export', args=['csv'])}?{urlencode(shown.words())}",
    }
    return render(request, "costs/recoverable.html", context, status=422 if error or form.errors else 200)


def _act(request: HttpRequest, form: BillForm, shown: Filters) -> str:
    """Bill the chosen lines on, or take their billing back; return what is wrong, "" where nothing is."""
    chosen = _chosen(request, shown)
    for line in chosen:
        require(request.user, "cost.unallocated" if line.group.initiative is None else "cost.edit", line.group)
    if not chosen:
        return _("Choose the lines.")
    if len(chosen) > MOST_AT_ONCE:
        return _("At most 1,000 lines at once. Narrow the list down.")
    billed_on: date | None = None
    if "bill" in request.POST:
        if not form.is_valid():
            return ""
        billed_on = form.cleaned_data["billed_on"]
    try:
        count = billing.bill(request.user, chosen, billed_on, form.cleaned_data["invoice_ref"] if billed_on else "")  # type: ignore[arg-type]
    except RuleError as error:
        return error.message
    _say(request, count, billed_on)
    return ""


def _chosen(request: HttpRequest, shown: Filters) -> list[CostLine]:
    """Return the lines that are ticked; or all that the filters keep and the person may bill."""
    user: User = request.user  # type: ignore[assignment]
    if "all" in request.POST:
        return list(_billable(user, shown).shown().newest_first()[: MOST_AT_ONCE + 1])
    keys = [key for text in request.POST.getlist("line") if (key := key_of(text)) is not None]
    return list(_listed(user, shown).shown().filter(pk__in=keys))


def _listed(user: User, shown: Filters) -> CostLineQuerySet:
    return shown.keep(CostLine.objects.live().visible_to(user))


def _billable(user: User, shown: Filters) -> CostLineQuerySet:
    return _listed(user, shown).changeable_by(user)


def _say(request: HttpRequest, count: int, billed_on: date | None) -> None:
    if billed_on is None:
        said = ngettext("{count} line is not billed any more.", "{count} lines are not billed any more.", count)
    else:
        said = ngettext("{count} line is billed on.", "{count} lines are billed on.", count)
    messages.success(request, said.format(count=count))
