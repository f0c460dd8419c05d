"""The portfolio on whose figures the pages are tested, and what it is made with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from accounts.models import User
from costs import lines
from costs.budgets import lines as budget_lines
from costs.models import Category
from costs.new_line import NewLine
from outcomes import agreements, measurements
from outcomes.models import Measurement, Outcome
from projects import initiatives, periods, transitions
from projects.models import Initiative, Transition


def build_portfolio(admin: User) -> list[Initiative]:
    cloud = Category.objects.get(name="cloud")
    triage = _triage(admin, cloud)
    stopped = add_initiative(admin, "Stopped", proposed="2025-01-01", prototype="2025-02-01", stopped="2025-06-01")
    undated = add_initiative(admin, "Undated", proposed="2025-01-01")
    Transition.objects.create(
        initiative=undated, position=2, from_stage="proposed", to_stage="production", known_by=date(2025, 9, 1),
        unknown_reason="absent",
    )  # fmt: skip
    periods.rebuild([undated.pk])
    proposal = add_initiative(admin, "Proposal", proposed="2025-05-01")
    costs = [(stopped, 100, "USD"), (undated, 70, "USD"), (proposal, 5, "USD"), (None, 40, "USD"), (None, 1, "EUR")]
    lines.add(admin, [NewLine(each, date(2025, 4, 1), cloud, Decimal(amount), code) for each, amount, code in costs])
    return [triage, stopped, undated, proposal]


def _triage(admin: User, cloud: Category) -> Initiative:
    made = add_initiative(admin, "Triage", proposed="2025-01-01", prototype="2025-02-01", production="2025-08-01")
    spent = [("2025-03-01", 1000, "USD"), ("2025-10-01", 50, "USD"), ("2025-10-02", 7, "EUR"), ("2025-10-03", 8, "EUR")]
    lines.add(
        admin, [NewLine(made, date.fromisoformat(on), cloud, Decimal(amount), code) for on, amount, code in spent]
    )
    hours = add_hours(admin, made, "USD")
    read = [add_reading(admin, hours, month, value) for month, value in ((11, 20), (12, 10))]
    measurements.validate(admin, read[:1])
    add_reading(admin, add_hours(admin, made, "EUR"), 12, 3)
    months = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    budget_lines.add(
        admin, [budget_lines.NewBudget(made, on, None, Decimal(620), "USD", date(2025, 1, 1)) for on in months]
    )
    return made


def add_initiative(admin: User, title: str, **stages: str) -> Initiative:
    made = initiatives.create(admin, title=title, problem="Slow", desired_outcome="Fast", owner=admin)
    for stage, on in stages.items():
        transitions.move(made, stage, date.fromisoformat(on), admin)
    return made


def add_hours(admin: User, initiative: Initiative, currency: str) -> Outcome:
    return agreements.agree(
        admin, initiative, metric=f"Hours saved ({currency})", unit="hours", direction="increase", kind="flow",
        agreed_on=date(2025, 1, 1), baseline=Decimal(0), baseline_on=date(2025, 1, 1), target=Decimal(100),
        target_on=date(2026, 12, 31), unit_value=Decimal(60), unit_value_currency=currency,
    )  # fmt: skip


def add_reading(admin: User, outcome: Outcome, month: int, value: int) -> Measurement:
    first, last = date(2025, month, 1), date(2025, month, 30 if month == 11 else 31)
    return measurements.record(admin, outcome, period_start=first, period_end=last, value=Decimal(value))
