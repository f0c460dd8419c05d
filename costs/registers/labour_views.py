"""Labour: the days that initiatives took of roles, and the roles with their day rates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.errors import RuleError, StaleError
from accounts.once import once
from accounts.permissions import can, require
from accounts.sent_fields import sent_version
from costs.budgets.views import FIRST_YEAR, LAST_YEAR, first_month
from costs.entry import pasted
from costs.entry.forms import PasteForm
from costs.generators import labour as labour_lines
from costs.ledger.views import may_record
from costs.models import GroupMonth, LabourDays, LabourRole, in_force
from costs.querysets import groups_visible_to
from costs.registers import entries, labour_days
from costs.registers.forms import RoleForm
from costs.registers.generated import LABOUR
from costs.registers.labour_grid import LabourGrid, Pair, posted_pairs
from display import numbers
from money.months import last_day, next_month
from projects import keys
from projects.fields import LONGEST_REFERENCE
from projects.models import Initiative

PAIRS_PER_PAGE = 25


def days(request: HttpRequest) -> HttpResponse:
    """Show a year of days, initiative by initiative and role by role, and take what is typed or pasted."""
    user = require(request.user, "portfolio.see")
    may_edit, key = may_record(user), request.GET.get("initiative", "")
    first = first_month(request.GET.get("year", ""), request.organisation.fiscal_year_start)
    found = _days(request, first)
    pairs = _pairs(request, found)
    roles, rates = list(LabourRole.objects.all()), labour_lines.rates()
    shown = posted_pairs(request.POST) or {(initiative, role) for _number, _name, initiative, role in pairs}
    grid = LabourGrid(user, first, _of_pairs(found, shown), rates)
    form, read = PasteForm(request.POST if "cells" in request.POST else None), None
    if request.method == "POST":
        if not may_edit:
            raise PermissionDenied
        done, read = _save(request, grid, form, roles)
        if done:
            return redirect(request.get_full_path())
    is_wrong = grid.is_wrong or bool(form.errors) or (read is not None and not read.is_good)
    sums = _sums(found, grid.months)
    context = {
        "grid": grid,
        "pairs": pairs,
        "roles": roles,
        "may_edit": may_edit and bool(roles),
        "may_register": can(user, "register.edit"),
        **sums,
        "cost": _cost(request, first),
        "together": _together(grid, pairs),
        "digits": numbers.decimals([*(row.total for row in grid.rows), *filter(None, sums["by_month"])]),
        "form": form,
        "read": read,
        "columns": pasted.LABOUR_COLUMNS,
        "initiative": key,
        "only": keys.meant(Initiative.objects.visible_to(user), key).first() if key else None,
        "longest_reference": LONGEST_REFERENCE,
        "year": first.year,
        "year_before": first.year - 1 if first.year > FIRST_YEAR else None,
        "year_after": first.year + 1 if first.year < LAST_YEAR else None,
    }
    return render(request, "costs/labour.html", context, status=422 if is_wrong else 200)


def _sums(found: QuerySet[LabourDays], months: Sequence[date]) -> dict[str, Any]:
    """Return the days of a year by month, in all, and those of months that are over."""
    by_month = dict(found.order_by().values("month").annotate(all=Sum("days")).values_list("month", "all"))
    today = timezone.localdate()
    return {
        "by_month": [by_month.get(month) for month in months],
        "total": sum(by_month.values(), Decimal(0)),
        "so_far": sum((days for month, days in by_month.items() if last_day(month) <= today), Decimal(0)),
        "is_over": last_day(months[-1]) <= today,
    }


def _cost(request: HttpRequest, first: date) -> Decimal | None:
    """Return what the days of a year have cost so far; None while nothing is due, or it waits for an exchange rate."""
    months = GroupMonth.objects.filter(
        groups_visible_to(request.user),  # type: ignore[arg-type]
        group__source=LABOUR,
        month__gte=first,
        month__lt=next_month(first, 12),
        lines__gt=0,
    )
    key = request.GET.get("initiative", "")
    if key:
        months = months.filter(group__initiative__in=keys.called(key))
    return months.aggregate(gross=Sum("gross"))["gross"]


def _together(grid: LabourGrid, pairs: Page) -> tuple[Decimal, str] | None:
    """Return what all rows cost, with its currency; None where the page has not all of them, or in several."""
    currencies = {row.role.currency for row in grid.rows if row.role}
    if pairs.has_other_pages() or len(currencies) != 1:
        return None
    return sum((row.cost for row in grid.rows), Decimal(0)), currencies.pop()


def role_list(request: HttpRequest) -> HttpResponse:
    """Show the roles with what a day of each costs today."""
    require(request.user, "portfolio.see")
    today, rates = timezone.localdate(), labour_lines.rates()
    roles = LabourRole.objects.annotate(used=Count("days"))
    rows = [(role, in_force(rates[role.pk], today), rates[role.pk]) for role in roles]
    today_rates = [(rate, role.currency) for role, rate, _rates in rows if rate is not None]
    in_one_currency = len({currency for _rate, currency in today_rates}) == 1
    context = {"rows": rows, "may_edit": can(request.user, "register.edit")}
    if in_one_currency:
        (low, currency), (high, _currency) = min(today_rates), max(today_rates)
        context |= {"low": low, "high": high, "currency": currency}
    return render(request, "costs/labour_roles.html", context)


@once
def role_new(request: HttpRequest) -> HttpResponse:
    """Add a role."""
    return _edit_role(request, None)


def role_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a role and its day rates, or delete it."""
    user = require(request.user, "register.edit")
    role = get_object_or_404(LabourRole, pk=pk)
    if request.method == "POST" and "delete" in request.POST:
        try:
            entries.delete(user, role, sent_version(request))
            messages.success(request, _("The role is deleted."))
        except StaleError as stale:
            messages.warning(request, stale.message)
            return redirect("costs:labour-role-edit", pk)
        except RuleError as error:
            messages.error(request, error.message)
        return redirect("costs:labour-roles")
    return _edit_role(request, role)


def _edit_role(request: HttpRequest, role: LabourRole | None) -> HttpResponse:
    user = require(request.user, "register.edit")
    data = request.POST if request.method == "POST" else None
    form = RoleForm(user, role, data)
    if data is not None and form.is_valid() and form.save() is not None:
        messages.success(request, _("Saved. The cost lines follow it."))
        return redirect("costs:labour-roles")
    return render(
        request, "costs/labour_role.html", {"form": form, "entry": role}, status=422 if form.is_wrong else 200
    )


def _days(request: HttpRequest, first: date) -> QuerySet[LabourDays]:
    """Return the days of the year that the person may see, of one initiative where the address names it."""
    found = LabourDays.objects.visible_to(request.user)  # type: ignore[arg-type]
    found = found.filter(month__gte=first, month__lt=next_month(first, 12))
    key = request.GET.get("initiative", "")
    return found.filter(initiative__in=keys.called(key)) if key else found


def _pairs(request: HttpRequest, found: QuerySet[LabourDays]) -> Page:
    pairs = found.order_by("initiative__number", "role__name").values_list("initiative", "role").distinct()
    ordered = pairs.values_list("initiative__number", "role__name", "initiative", "role")
    return Paginator(ordered, PAIRS_PER_PAGE).get_page(request.GET.get("page"))


def _of_pairs(found: QuerySet[LabourDays], wanted: set[Pair]) -> list[LabourDays]:
    """Return the days of initiatives and roles, in their order."""
    if not wanted:
        return []
    rows = found.filter(initiative__in={pair[0] for pair in wanted}).select_related("initiative", "role")
    ordered = rows.order_by("initiative__number", "role__name", "month")
    return [row for row in ordered if (row.initiative_id, row.role_id) in wanted]


def _save(request: HttpRequest, grid: LabourGrid, form: PasteForm, roles: list[LabourRole]) -> tuple[bool, Any]:
    """Save what is typed or pasted; return whether it is done, and how the paste was read."""
    read = None
    if "cells" in request.POST:
        if not form.is_valid():
            return False, None
        read = pasted.labour_days(form.cleaned_data["cells"], request.user)  # type: ignore[arg-type]
        if not read.is_good or "save" not in request.POST:
            return False, read
        changes = read.made
    else:
        changes = grid.type_in(request.POST, roles)
        if grid.is_wrong:
            return False, None
    try:
        count = labour_days.set_all(request.user, changes)  # type: ignore[arg-type]
    except labour_days.UnseenDaysError as unseen:
        grid.refuse(unseen)
        return False, read
    said = ngettext("The days of {count} month are saved.", "The days of {count} months are saved.", count)
    messages.success(request, said.format(count=count) if count else _("Nothing has changed."))
    return True, read
