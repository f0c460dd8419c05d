"""Budgets that will be approved on a day yet to come: until then they count nowhere and have no exchange rate."""

from __future__ import annotations

from decimal import Decimal

import pytest
import time_machine

from accounts.models import User
from costs import pending, tasks
from costs.models import BudgetLine, BudgetNotice
from tests.costs.budgets.test_totals import add_budget
from tests.costs.factories import add_line, add_rate
from tests.factories import InitiativeFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = "2026-05-20"


@pytest.fixture
def office() -> User:
    return UserFactory(portfolio=True)


# The exchange rate ----------------------------------------------------------------------------------------------------
def soon(amount: str = "100") -> BudgetLine:
    """Add a budget in euros that will be approved in three days, at a rate of today's."""
    made = InitiativeFactory()
    add_rate("2026-05-20", "EUR", "1.10")
    add_budget(made, "2026-05", amount, approved_on="2026-05-23", currency="EUR")
    return BudgetLine.objects.get()


@pytest.fixture
def _may():
    with time_machine.travel(f"{TODAY}T12:00:00Z", tick=False):
        yield


def value_of(line: BudgetLine) -> Decimal | None:
    line.refresh_from_db()
    return line.base_amount


@pytest.mark.usefixtures("_may")
def test_a_budget_has_no_rate_before_its_day_and_that_days_then():
    line = soon()
    assert value_of(line) is None
    add_rate("2026-05-19", "EUR", "1.05")  # serves that day, which is not there yet
    assert (value_of(line), tasks.raise_budget_notices(), value_of(line)) == (None, 0, None)
    with time_machine.travel("2026-05-23T12:00:00Z"):
        add_rate("2026-05-23", "EUR", "1.30")
    assert (value_of(line), line.rate) == (Decimal(130), Decimal("1.30"))


@pytest.mark.usefixtures("_may")
def test_on_its_day_the_last_rate_before_it_values_a_budget_daily_and_raises_its_notice():
    line = soon()
    add_line(line.initiative, "2026-05-01", "100")
    with time_machine.travel("2026-05-23T12:00:00Z"):
        assert (tasks.raise_budget_notices(), value_of(line)) == (1, Decimal(110))
        assert tasks.raise_budget_notices() == 0
        add_rate("2026-05-23", "EUR", "1.30")
    assert value_of(line) == Decimal(110)  # a rate entered later re-values nothing
    assert BudgetNotice.objects.get().budget == 110


@pytest.mark.usefixtures("_may")
def test_a_budget_in_base_currency_needs_no_rate():
    add_budget(InitiativeFactory(), "2026-05", "100", approved_on="2026-05-23")
    assert BudgetLine.objects.get().base_amount == 100


@pytest.mark.usefixtures("_may")
def test_what_waits_for_its_day_is_not_told_as_waiting_for_a_rate(office):
    line = soon()
    add_budget(line.initiative, "2026-05", "100", approved_on=TODAY, currency="CHF")
    assert pending.pending_by_currency(office) == {"CHF": 1}
    with time_machine.travel("2026-05-23T12:00:00Z"):
        assert pending.pending_by_currency(office) == {"CHF": 1, "EUR": 1}
