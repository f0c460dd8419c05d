"""The price book: what tokens cost by provider, model and date, and own rows to add and to end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import refusals
from accounts.errors import RuleError
from accounts.once import once
from accounts.permissions import can, require
from costs.models import LibraryOff, TokenPrice
from costs.prices import library, own_rows
from costs.prices import listing as price_list
from costs.prices.book import PriceBook
from costs.prices.forms import EndForm, PriceFilters, PriceForm, filled_with, first_day
from costs.prices.listing import CLASS_LABELS, Entry, RateShown, Wanted
from costs.usage import listing as usage_list

PER_PAGE = 50
_AT = {"valid_until": "until"}  # fields of the forms by those of rules, where the two differ


def prices(request: HttpRequest) -> HttpResponse:
    """Show own prices and the library's beside each other, and which hold on a day."""
    user = require(request.user, "portfolio.see")
    filters = PriceFilters(request.GET)
    wanted = filters.wanted()
    own = list(TokenPrice.objects.own().with_rates())
    off = set(LibraryOff.objects.values_list("provider", flat=True))
    found = price_list.entries(PriceBook(own, off), own, wanted)
    names = filters.providers
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    currencies = {entry.row.currency for entry in page}
    context = {
        "filters": filters,
        "wanted": wanted,
        "page": page,
        "rows": _in_columns(page),
        "currency": currencies.pop() if len(currencies) == 1 else "",
        "holding": sum(entry.state == price_list.HOLDS for entry in found),
        "own": sum(entry.state == price_list.HOLDS and entry.own is not None for entry in found),
        "classes": CLASS_LABELS.values(),
        "library": library.version(),
        "names": names,
        "off": sorted(names.get(provider, provider) for provider in off),
        "chosen": names.get(wanted.provider),
        "is_off": wanted.provider in off,
        "unpriced": usage_list.unpriced(user),
        "may_edit": can(user, "price.edit"),
        **_dated(wanted),
    }
    return render(request, "costs/prices.html", context)


@once
def price_new(request: HttpRequest) -> HttpResponse:
    """Add an own row; the grid is filled with what holds now for the model that the address names."""
    user = require(request.user, "price.edit")
    form = PriceForm(request.POST or None, initial=_initial(request))
    if "more" in request.POST:
        form.full_clean()
        form.errors.clear()
    elif request.method == "POST" and form.is_valid():
        try:
            price = own_rows.add(user, form.new_price())
        except RuleError as error:
            refusals.show(form, error, _AT)
        else:
            messages.success(request, _("The price of {model} is recorded.").format(model=price.model))
            return redirect("costs:price", price.pk)
    return render(request, "costs/price_form.html", {"form": form}, status=422 if form.errors else 200)


def price_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a row of the book, own or kept from the library; an own one can be ended here."""
    require(request.user, "portfolio.see")
    price = get_object_or_404(TokenPrice.objects.with_rates().select_related("recorded_by"), pk=pk)
    may_end = price.is_own and can(request.user, "price.edit")
    form = EndForm(request.POST or None) if may_end else None
    if request.method == "POST":
        require(request.user, "price.edit")
        if form is not None and form.is_valid() and _end(request, price, form):
            return redirect("costs:price", pk)
    rates = [RateShown.of(rate) for rate in price.row.rates]
    into, out = price_list.usual_prices(price.row)
    context = {
        "price": price,
        "provider": library.provider_name(price.provider),
        "into": into,
        "out": out,
        "rates": list(zip(rates, price_list.in_columns(rates), strict=True)),
        "classes": CLASS_LABELS.values(),
        "form": form,
    }
    return render(request, "costs/price.html", context, status=422 if form and form.errors else 200)


@require_POST
def price_library(request: HttpRequest) -> HttpResponse:
    """Take a provider's prices from the library, or not."""
    user = require(request.user, "price.edit")
    provider, uses = request.POST.get("provider", ""), request.POST.get("uses") == "yes"
    try:
        own_rows.use_library(user, provider, uses)
    except RuleError as error:
        messages.error(request, error.message)
        return redirect("costs:prices")
    name = library.provider_names()[provider]
    said = _("Prices of {name} are taken from the library.") if uses else _("Prices of {name} are your own alone.")
    messages.success(request, said.format(name=name))
    return redirect(f"{reverse('costs:prices')}?{urlencode({'provider': provider})}")


def _in_columns(page: Iterable[Entry]) -> list[tuple[Entry, list[tuple[RateShown, list[tuple[str, str | None]]]]]]:
    """Return the entries of a page with their rates, the prices of each class on their points."""
    entries = [(entry, entry.rates) for entry in page]
    cells = iter(price_list.in_columns([rate for _entry, rates in entries for rate in rates]))
    return [(entry, [(rate, next(cells)) for rate in rates]) for entry, rates in entries]


def _end(request: HttpRequest, price: TokenPrice, form: EndForm) -> bool:
    try:
        own_rows.end(request.user, price, form.cleaned_data["until"])  # type: ignore[arg-type]
    except RuleError as error:
        refusals.show(form, error, _AT)
        return False
    messages.success(request, _("The price of {model} has an end.").format(model=price.model))
    return True


def _initial(request: HttpRequest) -> dict[str, Any]:
    """Return what the form begins with: the row that the address names, or the one that holds today."""
    asked = {name: request.GET.get(name, "")[:200] for name in ("provider", "model")}
    start = {"since": request.GET.get("since") or first_day(), "currency": library.CURRENCY}
    if not all(asked.values()):
        return start | asked
    chosen = PriceBook.load().find(asked["provider"], asked["model"], first_day())
    return start | asked | (filled_with(chosen.row) if chosen else {})


def _dated(wanted: Wanted) -> dict[str, int]:
    """Return of how many models the library knows since when its price holds."""
    listed = list(library.every(wanted.on))
    return {"listed": len(listed), "dated": sum(price.since is not None for price in listed)}
