"""Costs as tests make them: through the doors that the product itself uses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from costs import lines
from costs.models import (
    Asset,
    AssetShare,
    Category,
    CostLine,
    DayRate,
    LabourRole,
    RecurringAmount,
    RecurringCost,
    RecurringShare,
)
from costs.new_line import NewLine
from costs.registers import entries as register_entries
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


def on_day(monkeypatch: Any, day: str) -> None:
    """Let it be a day; moments keep theirs."""
    of = timezone.localdate
    monkeypatch.setattr(timezone, "localdate", lambda moment=None: of(moment) if moment else date.fromisoformat(day))


def amounts(**by_day: str) -> list[tuple[date, Decimal]]:
    """Return dated amounts: `amounts(d20260101="100")`."""
    return [(date(int(d[1:5]), int(d[5:7]), int(d[7:9])), Decimal(amount)) for d, amount in by_day.items()]


def add_asset(shares: Any = (), **fields: Any) -> Asset:
    """Register an asset of 36,000 in service from 2026-01-10 over 36 months; `shares`: (initiative, share, …)."""
    values = {
        "name": "GPU server",
        "currency": "USD",
        "price": Decimal(36_000),
        "purchased_on": date(2026, 1, 5),
        "in_service_on": date(2026, 1, 10),
        "life_months": 36,
    } | fields
    parts = {"shares": [share(AssetShare, *each) for each in shares]}
    return register_entries.save(None, Asset(), values, parts)


def add_recurring(shares: Any = (), by_day: Any = None, **fields: Any) -> RecurringCost:
    """Register a licence of 1,200 a year from 2026-01-01, spread over its months."""
    values = {
        "name": "Licences",
        "currency": "USD",
        "category": category("licences"),
        "every_months": 12,
        "starts_on": date(2026, 1, 1),
    } | fields
    dated = amounts(d20260101="1200") if by_day is None else by_day
    parts = {
        "shares": [share(RecurringShare, *each) for each in shares],
        "amounts": [RecurringAmount(since=since, amount=amount) for since, amount in dated],
    }
    return register_entries.save(None, RecurringCost(), values, parts)


def add_role(name: str = "Engineer", by_day: Any = None, currency: str = "USD") -> LabourRole:
    """Register a role at 800 a day from 2026-01-01 on."""
    dated = amounts(d20260101="800") if by_day is None else by_day
    rates = [DayRate(since=since, amount=amount) for since, amount in dated]
    return register_entries.save(None, LabourRole(), {"name": name, "currency": currency}, {"rates": rates})


def share(kind: Any, initiative: Initiative, part: str, first: str = "", last: str = "") -> Any:
    """Return a share that is not saved yet; months as "2026-01", empty for open."""
    months = [date.fromisoformat(f"{month}-01") if month else None for month in (first, last)]
    return kind(initiative=initiative, share=Decimal(part), first_month=months[0], last_month=months[1])
