"""The registers of own hardware and of costs that come again: lists, one entry, adding, changing, deleting."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import StaleError
from accounts.once import once
from accounts.permissions import can, require
from accounts.sent_fields import sent_version
from costs.allocation import belonging
from costs.generators import assets as asset_lines
from costs.generators import recurring as recurring_lines
from costs.models import UNALLOCATED, Asset, EnergyPrice, GroupMonth
from costs.querysets import groups_visible_to
from costs.registers import asset_figures, entries, recurring_figures
from costs.registers.asset_figures import visible_assets
from costs.registers.forms import PRICE_SHOWN, AssetForm, EnergyPriceForm, EntryForm, RecurringForm
from costs.registers.generated import ASSETS, RECURRING
from costs.registers.recurring_figures import visible_recurring
from display import numbers
from money.exact import ZERO, total
from money.fields import ExactDecimalField
from money.rates import total_in_base
from projects.models import Initiative

PER_PAGE = 50


def asset_list(request: HttpRequest) -> HttpResponse:
    """Show what own hardware is worth and costs today, and what energy costs; take a new energy price."""
    require(request.user, "portfolio.see")
    may_edit = can(request.user, "register.edit")
    form = EnergyPriceForm(request.POST or None) if may_edit else None
    if request.method == "POST":
        require(request.user, "register.edit")
        if _energy_price(request, form):
            return redirect("costs:assets")
    today, prices = timezone.localdate(), list(EnergyPrice.objects.all())
    rows = [asset_figures.asset_row(asset, prices, today) for asset in visible_assets(request.user)]
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "count": len(rows),
        "paid": total_in_base([(row.asset.price, row.asset.currency) for row in rows], today),
        "worth": total_in_base([(row.book_value, row.asset.currency) for row in rows], today),
        "monthly": total_in_base([(row.monthly, row.asset.currency) for row in rows], today),
        "energy": total_in_base([(row.energy or ZERO, row.energy_currency) for row in rows], today),
        "unpriced": [row for row in rows if row.asset.power_kw and not row.has_energy_price],
        "prices": [(price, _price(price, prices)) for price in reversed(prices)],
        "form": form,
        "may_edit": may_edit,
    }
    return render(request, "costs/assets.html", context, status=422 if form and form.errors else 200)


def asset_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an asset: how it is written down by year, who bears it, what it has cost whom so far."""
    asset = get_object_or_404(visible_assets(request.user), pk=pk)
    prices = list(EnergyPrice.objects.all())
    context = {
        "row": asset_figures.asset_row(asset, prices, timezone.localdate()),
        "years": asset_figures.years(asset),
        **_entry(request, asset, ASSETS, asset_lines.reference(asset)),
    }
    return render(request, "costs/asset.html", context)


@once
def asset_new(request: HttpRequest) -> HttpResponse:
    """Register hardware."""
    return _edit(request, AssetForm, None, "costs:asset", "costs/asset_form.html")


def asset_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an asset, or delete it."""
    asset = get_object_or_404(visible_assets(request.user), pk=pk)
    return _edit(request, AssetForm, asset, "costs:asset", "costs/asset_form.html")


def recurring_list(request: HttpRequest) -> HttpResponse:
    """Show what comes again: what it is a month, when it is due next, whom it is for."""
    require(request.user, "portfolio.see")
    today = timezone.localdate()
    rows = [recurring_figures.recurring_row(cost, today) for cost in visible_recurring(request.user)]
    running = [row for row in rows if not row.has_ended]
    shown = rows if request.GET.get("show") == "all" else running
    context = {
        "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
        "count": len(running),
        "ended": len(rows) - len(running),
        "shows_all": shown is rows,
        "monthly": total_in_base([(row.monthly, row.cost.currency) for row in running], today),
        "may_edit": can(request.user, "register.edit"),
    }
    return render(request, "costs/recurring.html", context)


def recurring_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a recurring cost: its amounts, who bears it, what it has cost whom so far."""
    cost = get_object_or_404(visible_recurring(request.user), pk=pk)
    context = {
        "row": recurring_figures.recurring_row(cost, timezone.localdate()),
        **_entry(request, cost, RECURRING, recurring_lines.reference(cost)),
    }
    return render(request, "costs/recurring_cost.html", context)


@once
def recurring_new(request: HttpRequest) -> HttpResponse:
    """Register a licence or another recurring cost."""
    return _edit(request, RecurringForm, None, "costs:recurring-cost", "costs/recurring_form.html")


def recurring_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a recurring cost, or delete it."""
    cost = get_object_or_404(visible_recurring(request.user), pk=pk)
    return _edit(request, RecurringForm, cost, "costs:recurring-cost", "costs/recurring_form.html")


def _edit(request: HttpRequest, kind: type[EntryForm], entry: Any, page: str, template: str) -> HttpResponse:
    """Make or change an entry; `page` shows it afterwards."""
    user = require(request.user, "register.edit")
    if request.method == "POST" and "delete" in request.POST and entry is not None:
        return _delete(request, entry)
    data = request.POST if request.method == "POST" else None
    form = kind(user, entry, data, request.GET.get("initiative", ""))
    if data is not None and form.is_valid():
        saved = form.save()
        if saved is not None:
            messages.success(request, _("Saved. The cost lines follow it."))
            return redirect(page, saved.pk)
    return render(request, template, {"form": form, "entry": entry}, status=422 if form.is_wrong else 200)


def _delete(request: HttpRequest, entry: Any) -> HttpResponse:
    is_asset = isinstance(entry, Asset)
    try:
        entries.delete(request.user, entry, sent_version(request))  # type: ignore[arg-type]
    except StaleError as stale:
        messages.warning(request, stale.message)
        return redirect("costs:asset-edit" if is_asset else "costs:recurring-edit", entry.pk)
    messages.success(request, _("Deleted, and its cost lines with it. They stay in the history."))
    return redirect("costs:assets" if is_asset else "costs:recurring")


def _energy_price(request: HttpRequest, form: EnergyPriceForm | None) -> bool:
    if "remove" in request.POST:
        _remove_energy_price(request, request.POST["remove"])
        return True
    if form is None or not form.is_valid() or not form.save(request.user):  # type: ignore[arg-type]
        return False
    messages.success(request, _("The energy price is saved. The cost lines follow it."))
    return True


def _price(price: EnergyPrice, among: list[EnergyPrice]) -> str:
    """Return a price with every digit it has; those in one column have the same decimals."""
    exact = numbers.decimals(each.amount for each in among)
    cents = numbers.decimals([numbers.smallest_unit(price.currency)])
    return numbers.money(price.amount, price.currency, digits=max(exact, cents))


def _remove_energy_price(request: HttpRequest, chosen: str) -> None:
    found = PRICE_SHOWN.fullmatch(chosen)
    if not found:
        raise Http404
    try:
        entries.remove_energy_price(request.user, int(found[1]), int(found[2]))  # type: ignore[arg-type]
        messages.success(request, _("The energy price is deleted. The cost lines follow it."))
    except StaleError as stale:
        messages.warning(request, stale.message)


def _entry(request: HttpRequest, entry: Any, source: str, resource: str) -> dict[str, Any]:
    """Return what the pages of both registers show of an entry: what it has cost whom so far, from the ledger."""
    found = GroupMonth.objects.filter(
        groups_visible_to(request.user),  # type: ignore[arg-type]
        group__source=source,
        group__resource=resource,
        lines__gt=0,
    )
    gross = Sum(F("gross") * F("share"), output_field=ExactDecimalField())
    sums = dict(belonging.parts_of(found.order_by(), "month").values_list("belongs").annotate(gross=gross))
    initiatives = Initiative.objects.in_bulk(sums)
    bearers = [share.initiative_id for share in entry.shares.all()]
    order = sorted(sums, key=lambda pk: (pk == UNALLOCATED, bearers.index(pk) if pk in bearers else len(bearers), pk))
    return {
        "entry": entry,
        "resource": resource,
        "so_far": [(initiatives.get(pk), sums[pk]) for pk in order],
        "cost_so_far": total(sums.values()),
        "pending": found.aggregate(lines=Sum("pending"))["lines"],
        "may_edit": can(request.user, "register.edit"),
    }
