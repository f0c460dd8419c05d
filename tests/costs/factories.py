"""Costs as tests make them: through the doors that the product itself uses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from accounts.models import User
from costs import lines
from costs.lines import NewLine
from costs.models import Category, CostLine
from money import ledger
from money.ledger import NewRate
from projects.models import Initiative
from tests.factories import UserFactory


def category(name: str = "cloud") -> Category:
    """Return a shipped category."""
    return Category.objects.get(name=name)


def new_line(initiative: Initiative | None, incurred_on: str, amount: str, **fields: Any) -> NewLine:
    """Return a line that is not added yet; `fields` may name category and billed_on as text."""
    fields["category"] = category(fields.get("category", "cloud"))
    if fields.get("billed_on"):
        fields["billed_on"] = date.fromisoformat(fields["billed_on"])
    fields.setdefault("currency", "USD")
    return NewLine(initiative, date.fromisoformat(incurred_on), amount=Decimal(amount), **fields)


def add_line(
    initiative: Initiative | None, incurred_on: str, amount: str, actor: User | None = None, **fields: Any
) -> CostLine:
    """Add one line."""
    return lines.add(actor, [new_line(initiative, incurred_on, amount, **fields)]).lines[0]


def add_rate(on: str, currency: str, rate: str) -> None:
    """Add an exchange rate."""
    ledger.add(UserFactory(finance=True), NewRate(date.fromisoformat(on), currency, Decimal(rate)))
