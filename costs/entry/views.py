"""Pages that record: the Costs tab of an initiative, the grid, the categories."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import refusals
from accounts.errors import RuleError, StaleError
from accounts.once import once
from accounts.permissions import can, require
from accounts.sent_fields import ids, sent_version
from costs import lines, unpriced
from costs.budgets import figures as budget_figures
from costs.categories import rules as category_rules
from costs.entry import paste
from costs.entry.forms import CategoryForm, LineForm, TableForm
from costs.entry.grid import CostGrid
from costs.entry.initiative_page import costs_context
from costs.ledger.filters import Filters
from costs.ledger.page import Ledger
from costs.ledger.views import may_record, tell_deletable
from costs.models import Category
from costs.new_line import BY_HAND, NewLine
from costs.registers import portions
from display import currency as base_currency
from projects.access import get_initiative_with_edit
from projects.header import initiative_header


@once
def initiative_costs(request: HttpRequest, key: str) -> HttpResponse:
    """Show what an initiative has cost, and record a cost of it."""
    initiative = get_initiative_with_edit(request.user, key)
    may_edit = can(request.user, "cost.edit", initiative)
    currency = base_currency.active()
    kinds = list(Category.objects.all())
    form = LineForm(request.POST or None, currency=currency, categories=kinds)
    if request.method == "POST":
        require(request.user, "cost.edit", initiative)
        if form.is_valid():
            lines.add(request.user, [form.new_line(initiative)])
            messages.success(request, _("The cost is recorded."))
            return redirect("costs:initiative", key)
    found = Ledger(Filters(initiative=key), request.user)  # type: ignore[arg-type]
    method = budget_figures.method_of(request.GET.get("eac"))
    today = timezone.localdate()
    shown = costs_context(initiative.pk, today, currency, kinds, method)
    page = found.page_at(request.GET.get("after", ""))
    portions.tell(page.lines)
    context = {
        **initiative_header(initiative, request.user, "costs"),
        **shown,
        "today": today,
        "sums": found.sums,
        "without_price": unpriced.of_filters(Filters(initiative=key), request.user),  # type: ignore[arg-type]
        "page": page,
        "deletable": tell_deletable(page.lines, request.user),  # type: ignore[arg-type]
        "form": form if may_edit else None,
        "may_budget": can(request.user, "budget.edit", initiative),
    }
    return render(request, "costs/initiative.html", context, status=422 if form.errors else 200)


@once
def grid(request: HttpRequest) -> HttpResponse:
    """Take many costs in a grid, typed or pasted from a spreadsheet: saved all or none."""
    if not may_record(request.user):
        raise PermissionDenied
    typed, do, cells = CostGrid(request.POST), request.POST.get("do", ""), request.POST.get("cells", "")
    is_put_first = do not in ("more", "table") and bool(cells.strip())  # saving would leave the text behind
    if is_put_first:
        do = "table"
    form = TableForm(initial={"cells": cells})
    if do == "more":
        typed.grow()
    elif do == "table":
        form = TableForm(request.POST)
        if form.is_valid():
            typed.put(form.cleaned_data["cells"])
            typed.check(request.user)
            form = TableForm()
    elif request.method == "POST":
        made = typed.check(request.user)
        if made:
            count = lines.add(request.user, made).created
            said = ngettext("{count} line is recorded.", "{count} lines are recorded.", count)
            messages.success(request, said.format(count=count))
            return redirect(f"{reverse('costs:ledger')}?{urlencode(_like(made).words())}")
    context = {"grid": typed, "form": form, "categories": _active(), "most": paste.MOST_ROWS}
    context |= {"put": do == "table" and not form.errors, "grows": do == "more", "is_put_first": is_put_first}
    return render(request, "costs/grid.html", context, status=422 if typed.is_wrong or form.errors else 200)


@once
def category_list(request: HttpRequest) -> HttpResponse:
    """Show the categories; an administrator adds one and puts them in order."""
    user = require(request.user, "portfolio.see")
    form = CategoryForm(None if "up" in request.POST else request.POST or None)
    if request.method == "POST":
        require(user, "settings.edit")
        if "up" in request.POST:
            named = {category.name: category for category in Category.objects.all()}
            if request.POST["up"] not in named:
                raise Http404
            for place in ids(request, "to"):
                category_rules.move(user, named[request.POST["up"]], place)
            return redirect("costs:categories")
        if form.is_valid():
            try:
                category_rules.add(user, form.save(commit=False))
                messages.success(request, _("The category is saved."))
                return redirect("costs:categories")
            except RuleError as error:
                refusals.show(form, error)
    may_edit = can(user, "settings.edit")
    shown = list(Category.objects.all())
    in_use = sum(category.is_active for category in shown)
    context = {"categories": shown, "in_use": in_use, "form": form if may_edit else None, "may_edit": may_edit}
    return render(request, "costs/categories.html", context, status=422 if form.errors else 200)


def category_edit(request: HttpRequest, name: str) -> HttpResponse:
    """Rename a category or take it out of use."""
    user = require(request.user, "settings.edit")
    category = get_object_or_404(Category, name=name)
    form, theirs = CategoryForm(request.POST or None, instance=category), None
    if request.method == "POST" and form.is_valid():
        try:
            category_rules.edit(user, category, sent_version(request), **form.cleaned_data)
            messages.success(request, _("The category is saved."))
            return redirect("costs:categories")
        except StaleError:
            theirs = Category.objects.get(pk=category.pk)  # the form has put what was typed into the one it got
    version = theirs.version if theirs else sent_version(request) or category.version
    context = {"form": form, "category": theirs or category, "version": version, "theirs": theirs}
    return render(request, "costs/category_form.html", context, status=422 if form.errors or theirs else 200)


def _like(made: Sequence[NewLine]) -> Filters:
    """Return the filters of the ledger that keep these lines and least else."""
    months = [line.incurred_on.replace(day=1) for line in made]
    named = {line.initiative.key if line.initiative else "" for line in made}
    initiative = named.pop() if len(named) == 1 else ""
    return Filters(initiative=initiative, source=BY_HAND, since=min(months), until=max(months))


def _active() -> list[Category]:
    return list(Category.objects.filter(is_active=True))
