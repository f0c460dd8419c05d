"""What the API takes and gives of budgets and notices about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Field, Schema

from api.fields import Amount, Body, Day, Money, Month, Reference, ShortText, Whole
from api.pages import PageQuery
from costs.budgets.notice_thresholds import LARGEST, MOST, SMALLEST
from costs.items import Currency
from costs.models import BudgetLine, BudgetNotice


class BudgetIn(Body):
    """Money set aside for a month."""

    initiative: Reference
    month: Month
    category: ShortText | None = None
    amount: Amount
    currency: Currency
    approved_on: Day | None = Field(None, description="Default: today. It counts from that day.")


class BudgetOut(Schema):
    """A budget line."""

    id: int
    initiative: str
    month: Month
    category: str | None
    amount: Money
    currency: str
    base_amount: Money | None
    base_currency: str
    approved_on: date
    recorded_at: datetime


class BudgetQuery(PageQuery):
    """Which budget lines."""

    initiative: Reference | None = None
    month: Month | None = None


class NoticeOut(Schema):
    """That a share of a budget is used up, with the figures of the day it was raised."""

    id: int
    initiative: str
    threshold: int = Field(description="Per cent of the whole budget.")
    spent: Money = Field(description="Gross cost to that day.")
    budget: Money = Field(description="All of the budget that was approved by that day.")
    currency: str
    raised_on: date


class Thresholds(Body):
    """At which shares of the whole budget a notice is raised."""

    thresholds: list[Annotated[Whole, Field(ge=SMALLEST, le=LARGEST)]] = Field(
        max_length=MOST, description="Whole per cents; none: no notices are raised."
    )


class NoticeQuery(PageQuery):
    """Which notices."""

    initiative: Reference | None = None
    new: bool = Field(False, description="Only those that you have not marked as seen.")


def budget_item(line: BudgetLine, base_currency: str) -> dict[str, Any]:
    """Return a budget line as the API gives it."""
    own = ("id", "month", "amount", "currency", "base_amount", "approved_on", "recorded_at")
    return {
        "initiative": line.initiative.key,
        "category": line.category.name if line.category else None,
        "base_currency": base_currency,
        **{name: getattr(line, name) for name in own},
    }


def notice_item(notice: BudgetNotice, currency: str) -> dict[str, Any]:
    """Return a notice as the API gives it; `currency` is the base currency."""
    own = ("id", "threshold", "spent", "budget", "raised_on")
    return {
        "initiative": notice.initiative.key,
        "currency": currency,
        **{name: getattr(notice, name) for name in own},
    }
