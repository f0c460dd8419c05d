"""`/initiatives/{key}/budget`: cost against budget. `/budgets`: budget lines. `/budget-notices`: what is used up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import Promise
from ninja import Body, Field, Query, Router, Schema, Status

from accounts.models import Organisation
from accounts.permissions import require
from api.fields import Day, Money, Month, one_or_many
from api.pages import Listing, listing
from costs import pending, totals
from costs.allocation import belonging
from costs.allocation.belonging import Scope
from costs.budgets import burn_down, figures, notice_thresholds, notices
from costs.budgets import lines as budget_lines
from costs.budgets import totals as budget_totals
from costs.budgets.figures import NO_INDEX, NOTHING_DUE, BudgetFigures, CategoryRow, MonthRow
from costs.budgets.items import (
    BudgetIn,
    BudgetOut,
    BudgetQuery,
    NoticeOut,
    NoticeQuery,
    Thresholds,
    budget_item,
    notice_item,
)
from costs.budgets.lines import NewBudget
from costs.lookups import NameReader, Names
from costs.models import BudgetLine, BudgetNotice, Category, GroupMonth
from money.exact import EXACT
from projects import keys
from projects.access import get_initiative
from projects.models import Initiative

router = Router()
OneOrMany = one_or_many(BudgetIn)


class BudgetMonthOut(Schema):
    """A month of the burn-down. What is due and what was spent is null in months that have not begun."""

    month: Month
    budget: Money
    budget_phased: Money | None = Field(description="Due by `as_of`: all of it in a month that is over.")
    gross_cost: Money | None
    budget_variance: Money | None = Field(description="Gross cost less the budget due.")
    budget_to_date: Money = Field(description="The budget of this month and those before.")
    gross_cost_to_date: Money | None = Field(description="What was spent in this month and those before.")


class BudgetCategoryOut(Schema):
    """A category beside its cost, both from the beginning; the categories add up to the figures of the whole."""

    category: str | None = Field(description="Null: the budget for whatever it is needed.")
    budget_at_completion: Money
    budget_phased: Money
    gross_cost: Money
    budget_variance: Money = Field(description="Gross cost less the budget due.")
    eac: Money = Field(description="Gross cost + budget to come.")
    pending_budget_lines: int


class BudgetFiguresOut(Schema):
    """Cost against budget in base currency; `reasons` says why a figure is null."""

    key: str
    as_of: date
    currency: str
    gross_cost: Money
    pending_lines: int = Field(description="Cost lines that wait for an exchange rate: they are in no sum.")
    pending_budget_lines: int = Field(description="Budget lines that do.")
    budget_at_completion: Money | None = Field(description="The whole budget that was approved by `as_of`.")
    budget_phased: Money | None = Field(description="Due by `as_of`, its own month by days.")
    budget_to_come: Money | None
    budget_used: float | None = Field(description="Gross cost as a share of the whole budget.")
    budget_variance: Money | None = Field(description="Gross cost less the budget due.")
    budget_variance_share: float | None = Field(description="Of the budget due.")
    cpi: float | None = Field(description="Cost performance index: budget due ÷ gross cost.")
    eac: Money | None = Field(description="Estimate at completion: gross cost + budget to come.")
    eac_by_cpi: Money | None = Field(description="Estimate at completion: whole budget ÷ cost performance index.")
    reasons: dict[str, str]
    months: list[BudgetMonthOut]
    categories: list[BudgetCategoryOut] = Field(description="Those with budget or cost; none while no budget is known.")


@router.get("/initiatives/{key}/budget", response=BudgetFiguresOut, summary="Cost against budget, month by month")
def get_budget(request: HttpRequest, key: str, as_of: Day | None = None) -> dict[str, Any]:
    """As of a day, today by default: only budgets approved by then and costs dated by then count."""
    require(request.user, "portfolio.see")
    initiative, on = get_initiative(request.user, key), as_of or timezone.localdate()  # type: ignore[arg-type]
    by_category, spent = budget_totals.by_category(initiative.pk, on), totals.by_category_month([initiative.pk], on)
    planned, waiting = budget_totals.together(by_category.values())
    gross = figures.gross_by_month(spent)
    found = figures.figures(figures.add(gross.values()), planned, waiting, on, "remaining")
    rows = figures.month_rows(burn_down.months_of(planned, gross, on), planned, gross, on)
    told = _told(found)
    return {
        "key": initiative.key,
        "as_of": on,
        "currency": Organisation.current().base_currency,
        "gross_cost": found.gross,
        "pending_lines": _pending(initiative, on),
        "pending_budget_lines": waiting,
        **told,
        "reasons": {name: str(_why(name, found)) for name, value in told.items() if value is None},
        "months": _months(rows),
        "categories": [_category(row) for row in figures.category_rows(Category.objects.all(), by_category, spent, on)],
    }


@router.get("/budgets", response=Listing[BudgetOut], summary="Budget lines")
def list_budgets(request: HttpRequest, query: Query[BudgetQuery]) -> dict[str, Any]:
    """Those of initiatives that you may see."""
    found = BudgetLine.objects.visible_to(request.user).select_related("initiative", "category")
    if query.initiative:
        found = found.filter(initiative__in=keys.called(query.initiative))
    if query.month:
        found = found.filter(month=query.month)
    base = Organisation.current().base_currency
    return listing(request, found, query, lambda line: budget_item(line, base))


@router.post("/budgets", response={201: BudgetOut | list[BudgetOut]}, summary="Add budget lines")
def add_budget(request: HttpRequest, body: Body[OneOrMany]) -> Status[dict[str, Any] | list[dict[str, Any]]]:
    """One line or at most 1,000, all or nothing, answered as they were sent. Several lines for a month add up."""
    given: list[BudgetIn] = body if isinstance(body, list) else [body]
    names, read = Names(request.user, [row.initiative for row in given]), NameReader(many=isinstance(body, list))
    rows = [
        NewBudget(
            initiative=read(number, "initiative", names.budgeted, row.initiative),
            month=row.month,
            category=read(number, "category", names.category, row.category) if row.category else None,
            amount=row.amount,
            currency=row.currency,
            approved_on=row.approved_on or timezone.localdate(),
        )
        for number, row in enumerate(given)
    ]
    read.refuse_errors()
    base = Organisation.current().base_currency
    added = [budget_item(line, base) for line in budget_lines.add(request.user, rows)]
    return Status(201, added if isinstance(body, list) else added[0])


@router.delete("/budgets/{int:pk}", response={204: None}, summary="Take a budget line back")
def delete_budget(request: HttpRequest, pk: int) -> Status[None]:
    """It stays in the history of its initiative."""
    found = BudgetLine.objects.visible_to(request.user).select_related("initiative", "category")
    line = get_object_or_404(found, pk=pk)
    require(request.user, "budget.edit", line.initiative)
    budget_lines.remove(request.user, [line])
    return Status(204, None)


@router.get("/budget-notices/thresholds", response=Thresholds, summary="When notices are raised")
def get_thresholds(request: HttpRequest) -> dict[str, list[int]]:
    """Shares of the whole budget in per cent, the smallest first."""
    require(request.user, "portfolio.see")
    return {"thresholds": notice_thresholds.current()}


@router.put("/budget-notices/thresholds", response=Thresholds, summary="Change when notices are raised")
def put_thresholds(request: HttpRequest, body: Thresholds) -> dict[str, list[int]]:
    """For administrators. Where as much is spent already, a notice is raised at once; those that were raised stay."""
    notice_thresholds.change(request.user, body.thresholds)
    return {"thresholds": notice_thresholds.current()}


@router.get("/budget-notices", response=Listing[NoticeOut], summary="Notices that budgets are used up, latest first")
def list_notices(request: HttpRequest, query: Query[NoticeQuery]) -> dict[str, Any]:
    """Those of initiatives that you may see. Each is raised once; the figures are those of that day."""
    found = BudgetNotice.objects.visible_to(request.user).select_related("initiative")
    if query.initiative:
        found = found.filter(initiative__in=keys.called(query.initiative))
    if query.new:
        found = found.new_to(request.user)
    base = Organisation.current().base_currency
    return listing(request, found, query, lambda notice: notice_item(notice, base), order=("-raised_on", "-id"))


@router.post("/budget-notices/{int:pk}/seen", response={204: None}, summary="Mark a notice as seen")
def see_notice(request: HttpRequest, pk: int) -> Status[None]:
    """By you alone: it is new to others still. Again: the same."""
    notice = get_object_or_404(BudgetNotice.objects.visible_to(request.user), pk=pk)
    notices.mark_seen(request.user, [notice.pk])
    return Status(204, None)


def _told(found: BudgetFigures) -> dict[str, Decimal | None]:
    return {
        "budget_at_completion": found.budget and found.budget.total,
        "budget_phased": found.budget and found.budget.phased,
        "budget_to_come": found.left,
        "budget_used": found.used,
        "budget_variance": found.variance,
        "budget_variance_share": found.variance_share,
        "cpi": found.index,
        "eac": found.by_remaining,
        "eac_by_cpi": found.by_index,
    }


def _category(row: CategoryRow) -> dict[str, Any]:
    told = _told(row.figures)
    return {
        "category": row.category.name if row.category else None,
        **{name: told[name] for name in ("budget_at_completion", "budget_phased", "budget_variance", "eac")},
        "gross_cost": row.figures.gross,
        "pending_budget_lines": row.figures.pending,
    }


def _why(name: str, found: BudgetFigures) -> str | Promise:
    """Return why a figure is null."""
    if found.budget is None:
        return found.why_not
    if name == "budget_used":
        return figures.NO_WHOLE
    return NOTHING_DUE if name == "budget_variance_share" else NO_INDEX


def _months(rows: list[MonthRow]) -> list[dict[str, Any]]:
    told, budget, spent = [], Decimal(0), Decimal(0)
    for row in rows:
        budget, spent = EXACT.add(budget, row.budget), EXACT.add(spent, row.cost or Decimal(0))
        told.append(
            {
                "month": row.month,
                "budget": row.budget,
                "budget_phased": row.due,
                "gross_cost": row.cost,
                "budget_variance": row.difference,
                "budget_to_date": budget,
                "gross_cost_to_date": None if row.cost is None else spent,
            }
        )
    return told


def _pending(initiative: Initiative, as_of: date) -> int:
    scope = Scope(Initiative.objects.filter(pk=initiative.pk))
    return pending.lines_to(belonging.parts_in(GroupMonth.objects.filter(pending__gt=0), "month", scope), as_of)
