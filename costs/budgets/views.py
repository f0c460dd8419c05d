"""The budget page of an initiative: a year as a grid, beside it cost, variance, estimate and burn-down."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.currencies import CODES
from accounts.once import once
from accounts.permissions import can, require
from accounts.sent_fields import ids
from costs import totals, unpriced
from costs.budgets import burn_down, lines, notices
from costs.budgets import figures as budget_figures
from costs.budgets import grid as budget_grid
from costs.budgets import profiles as budget_profiles
from costs.budgets import totals as budget_totals
from costs.budgets.forms import ApprovalForm, CopyForm, SpreadForm, TableForm
from costs.budgets.grid import BudgetGrid
from costs.budgets.profiles import Profile
from costs.entry import pasted
from costs.entry.forms import PasteForm
from costs.ledger.filters import Filters
from costs.models import BudgetLine, Category
from projects.access import get_initiative
from projects.models import Initiative

FIRST_YEAR, LAST_YEAR = 1950, 2099
LINES_PER_PAGE = 24


@dataclass
class Page:
    """The forms of the page as one request leaves them."""

    grid: BudgetGrid
    others: list[str]  # other currencies that the budget has lines in
    approval: ApprovalForm
    copy: CopyForm
    profiles: list[Profile]
    spread: SpreadForm
    table: TableForm
    paste: PasteForm
    read: Any = None
    said: list[str] = field(default_factory=list)  # what was put into the grid and is not saved yet

    @property
    def is_wrong(self) -> bool:
        """Tell whether something has to be corrected."""
        wrong = any(form.errors for form in (self.approval, self.copy, self.spread, self.table, self.paste))
        return wrong or bool(self.grid.errors) or (self.read is not None and not self.read.is_good)


@once
def budget(request: HttpRequest, key: str) -> HttpResponse:
    """Show the budget of an initiative and take what is entered into it."""
    initiative = get_initiative(request.user, key)
    categories = list(Category.objects.all())
    page = _page(request, initiative, categories)
    if request.method == "POST":
        require(request.user, "budget.edit", initiative)
        if "delete" in request.POST:
            return _delete(request, initiative)
        if _act(request, initiative, page):
            return redirect(request.get_full_path())
    shown = Paginator(_lines(initiative), LINES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "initiative": initiative,
        "page": page,
        "grid": page.grid,
        "others": page.others,
        "may_edit": can(request.user, "budget.edit", initiative),
        "lines": shown,
        "today": timezone.localdate(),
        "without_price": unpriced.of_filters(Filters(initiative=key), request.user),  # type: ignore[arg-type]
        "foreign": any(line.currency != request.organisation.base_currency for line in shown),
        "columns": pasted.BUDGET_COLUMNS,
        "categories": [each for each in categories if each.is_active],
        **_years(page.grid),
        **_compared(request, initiative.pk, page.grid.months, categories),
    }
    return render(request, "costs/budget.html", context, status=422 if page.is_wrong else 200)


def _page(request: HttpRequest, initiative: Initiative, categories: list[Category]) -> Page:
    used = sorted(initiative.budget_lines.order_by().values_list("currency").annotate(Count("pk")))
    currency = request.GET.get("currency", "").upper()
    if currency not in CODES:
        currency = max(used, key=lambda pair: pair[1], default=(request.organisation.base_currency, 0))[0]
    first = first_month(request.GET.get("year", ""), request.organisation.fiscal_year_start)
    grid = BudgetGrid(initiative, first, currency, categories)
    others = [each for each, _count in used if each != currency]
    profiles = budget_profiles.profiles(grid)
    spread = SpreadForm(grid, profiles)
    return Page(grid, others, ApprovalForm(), CopyForm(), profiles, spread, TableForm(grid), PasteForm())


def _act(request: HttpRequest, initiative: Initiative, page: Page) -> bool:
    """Do what was asked for; True where it is done and the page begins anew."""
    if "cells" in request.POST:
        return _paste_lines(request, initiative, page)
    page.grid.type_in(request.POST)
    for form in (page.approval, page.copy, page.spread, page.table):  # one is asked for: the others keep what is typed
        form.initial.update({name: request.POST[name] for name in form.fields if name in request.POST})
    asked, left = request.POST.get("do", ""), _left(request)
    if asked not in _ACTIONS and not left:
        return _save(request, page)
    for name in [asked] if asked in _ACTIONS else left:
        _ACTIONS[name](request, page)
    return False


def _left(request: HttpRequest) -> list[str]:
    """Return what is typed below the grid and not put into it: saving would leave it behind."""
    fields = {"copy": "copy_percent", "table": "table", "spread": "spread_amount"}
    return [name for name, field in fields.items() if request.POST.get(field, "").strip()]


def _save(request: HttpRequest, page: Page) -> bool:
    page.approval = ApprovalForm(request.POST)
    if not page.approval.is_valid():
        page.grid.check()
        return False
    count = budget_grid.save(request.user, page.grid, page.approval.cleaned_data["approved_on"])  # type: ignore[arg-type]
    if page.grid.errors:
        return False
    said = ngettext("{count} budget line is added.", "{count} budget lines are added.", count).format(count=count)
    messages.success(request, said if count else _("Nothing has changed."))
    return True


def _copy(request: HttpRequest, page: Page) -> None:
    page.copy = CopyForm(request.POST)
    if not page.copy.is_valid():
        return
    count = page.grid.copy_last_year(page.copy.factor)
    said = ngettext("{count} cell is taken from last year.", "{count} cells are taken from last year.", count)
    page.said.append(said.format(count=count))
    page.copy = CopyForm()


def _spread(request: HttpRequest, page: Page) -> None:
    page.spread = SpreadForm(page.grid, page.profiles, request.POST)
    if page.spread.is_valid():
        amounts = page.spread.amounts()
        page.grid.add_to(amounts)
        said = ngettext(
            "The amount is spread over {count} month.", "The amount is spread over {count} months.", len(amounts)
        )
        page.said.append(said.format(count=len(amounts)))
        page.spread = SpreadForm(page.grid, page.profiles)


def _table(request: HttpRequest, page: Page) -> None:
    page.table = TableForm(page.grid, request.POST)
    if page.table.is_valid():
        page.grid.typed.update(page.table.cleaned_data["table"])
        page.grid.check()
        page.said.append(_("The table is put into the grid."))
        page.table = TableForm(page.grid)


_ACTIONS = {"copy": _copy, "spread": _spread, "table": _table}


def _paste_lines(request: HttpRequest, initiative: Initiative, page: Page) -> bool:
    page.paste = PasteForm(request.POST)
    if not page.paste.is_valid():
        return False
    page.read = pasted.budgets(page.paste.cleaned_data["cells"], initiative, request.user)  # type: ignore[arg-type]
    if not page.read.is_good or "save" not in request.POST:
        return False
    lines.add(request.user, page.read.made)  # type: ignore[arg-type]
    messages.success(request, _("The budget is recorded."))
    return True


def _delete(request: HttpRequest, initiative: Initiative) -> HttpResponse:
    """Show a line that is to be deleted; once the person is sure, take it back."""
    found = initiative.budget_lines.filter(pk__in=ids(request, "delete")).select_related("category")
    line = found.first()
    if line is None:
        messages.info(request, _("This budget line is deleted already."))
    elif "sure" not in request.POST:
        return render(request, "costs/budget_line_delete.html", {"initiative": initiative, "line": line})
    else:
        lines.remove(request.user, [line])  # type: ignore[arg-type]
        messages.success(request, _("The budget line is deleted."))
    return redirect(request.get_full_path())


def _compared(
    request: HttpRequest, initiative_id: int, months: list[date], categories: list[Category]
) -> dict[str, Any]:
    """Return budget against cost, in base currency: as a whole, by month and category, and what is left of it."""
    today, currency = timezone.localdate(), request.organisation.base_currency
    by_category, spent = (
        budget_totals.by_category(initiative_id, today),
        totals.by_category_month([initiative_id], today),
    )
    planned, pending = budget_totals.together(by_category.values())
    gross = budget_figures.gross_by_month(spent)
    method, view = budget_figures.method_of(request.GET.get("eac")), burn_down.view_of(request.GET.get("view"))
    rows = budget_figures.month_rows(months, planned, gross, today)
    figures = budget_figures.figures(budget_figures.add(gross.values()), planned, pending, today, method)
    return {
        "figures": figures,
        "notice": notices.still_true(initiative_id, figures.used),
        "month_rows": rows,
        "month_total": budget_figures.total_row(rows),
        "category_rows": budget_figures.category_rows(categories, by_category, spent, today),
        "chart": burn_down.chart(figures, planned, gross, today, currency, view),
        "view": view,
        "running": dict(zip(("passed", "days"), budget_totals.phased_share(today), strict=True)),
    }


def _lines(initiative: Initiative) -> QuerySet[BudgetLine]:
    return initiative.budget_lines.select_related("category", "recorded_by").order_by("-month", "-pk")


def _years(grid: BudgetGrid) -> dict[str, Any]:
    year = grid.months[0].year
    return {
        "year": year,
        "year_before": year - 1 if year > FIRST_YEAR else None,
        "year_after": year + 1 if year < LAST_YEAR else None,
    }


def first_month(text: str, starts: int) -> date:
    """Return the first month of a fiscal year, of the present one where the address names none."""
    if text.isascii() and text.isdecimal() and len(text) == 4 and FIRST_YEAR <= int(text) <= LAST_YEAR:
        return date(int(text), starts, 1)
    today = timezone.localdate()
    return date(today.year if today.month >= starts else today.year - 1, starts, 1)
