"""Budgets that will be approved on a day yet to come: until then they count nowhere and have no exchange rate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.changes import data_version
from accounts.models import User
from costs import pending, tasks
from costs.budgets import lines as budget_lines
from costs.budgets import totals as budget_totals
from costs.models import BudgetLine, BudgetNotice
from projects.models import Initiative
from tests.costs.budgets.test_totals import add_budget, grid_of
from tests.costs.factories import add_line, add_rate, on_day
from tests.factories import InitiativeFactory, UserFactory
from tests.markup import tight

pytestmark = pytest.mark.django_db
TODAY, LATER = "2026-05-20", "2026-06-15"
MAY = (date(2026, 5, 1), "")
REFUSED = (
    "This cell has a line of 400 that is approved on 15\u00a0Jun\u00a02026: approve your change on that day or later."
)


@pytest.fixture
def office() -> User:
    return UserFactory(portfolio=True)


@pytest.fixture
def initiative(monkeypatch: pytest.MonkeyPatch) -> Initiative:
    """400 for May, to be approved in June; it is May."""
    on_day(monkeypatch, TODAY)
    made = InitiativeFactory()
    add_budget(made, "2026-05", "400", approved_on=LATER)
    return made


def send(office: User, to: Initiative, typed: Mapping[str, str], do: str = "save", seen: str = "") -> HttpResponse:
    client = Client()
    client.force_login(office)
    given = {"seen": seen or grid_of(to).seen, "approved_on": TODAY, **typed, "do": do}
    return client.post(reverse("costs:budget", args=[to.key]) + "?year=2026", given)


def typed_in(answer: HttpResponse) -> dict[str, str]:
    """Return the cells of a grid that has come back, as they are sent again."""
    return {cell.name: cell.text for row in answer.context["grid"].rows for cell in row.cells}


# The grid -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("typed", ["300", "500", ""])
def test_a_cell_with_a_line_approved_later_takes_no_earlier_difference(office, initiative, typed):
    answer = send(office, initiative, {"2026-05.": typed, "2026-06.": "70"})
    assert answer.status_code == 422
    assert answer.context["grid"].errors == {MAY: REFUSED}
    assert REFUSED in tight(answer.content.decode())
    assert [line.amount for line in BudgetLine.objects.all()] == [400]  # all or none


def test_an_earlier_difference_is_taken_beside_it_and_on_that_day(office, initiative):
    assert send(office, initiative, {"2026-05.": "400", "2026-06.": "70", "2026-05.cloud": "30"}).status_code == 302
    assert send(office, initiative, {"2026-05.": "300", "approved_on": LATER}).status_code == 302
    on = {day: budget_totals.budgets([initiative.pk], date.fromisoformat(day)) for day in (TODAY, LATER)}
    assert {day: found[initiative.pk].total for day, found in on.items()} == {TODAY: 100, LATER: 400}


def test_of_several_lines_approved_later_the_last_is_named(office, initiative):
    add_budget(initiative, "2026-05", "-50", approved_on="2026-07-01")
    answer = send(office, initiative, {"2026-05.": "300", "approved_on": LATER})
    assert "a line of −50 that is approved on 1\u00a0Jul\u00a02026:" in answer.context["grid"].errors[MAY]


def test_one_line_taken_back_lets_the_difference_in(office, initiative):
    budget_lines.remove(office, list(BudgetLine.objects.all()))
    assert send(office, initiative, {"2026-05.": "300"}).status_code == 302


def test_what_is_copied_spread_or_pasted_goes_through_the_same_check(office, initiative):
    add_budget(initiative, "2025-05", "1000", approved_on="2025-01-01")
    add_budget(initiative, "2026-06", "400", approved_on=LATER)
    add_budget(initiative, "2026-06", "-400", approved_on="2026-07-01")  # an empty cell, which last year's fills
    add_budget(initiative, "2025-06", "1000", approved_on="2025-01-01")
    spread = {"spread_amount": "100", "spread_category": "", "spread_from": "2026-05", "spread_to": "2026-05"}
    for do, form, refused in (
        ("copy", {}, date(2026, 6, 1)),
        ("spread", spread, date(2026, 5, 1)),
        ("table", {"table": "Month\tAny category\nMay 2026\t700"}, date(2026, 5, 1)),
    ):
        filled = send(office, initiative, form, do)
        assert (filled.status_code, filled.context["grid"].errors) == (200, {})
        answer = send(office, initiative, typed_in(filled))
        assert (answer.status_code, {*answer.context["grid"].errors}) == (422, {(refused, "")}), do
    assert not BudgetLine.objects.filter(approved_on=TODAY).exists()


def test_a_line_that_does_not_count_yet_is_marked_among_the_lines(office, initiative):
    add_budget(initiative, "2026-05", "10", approved_on=TODAY)
    add_budget(initiative, "2026-05", "20", approved_on=LATER, currency="EUR")
    client = Client()
    client.force_login(office)
    page = tight(client.get(reverse("costs:budget", args=[initiative.key])).content.decode())
    assert page.count(">not counting yet<") == 2
    assert page.count(">at the rate of that day<") == 1
    assert ">pending<" not in page


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
    assert (value_of(line), tasks.run_waiting(), value_of(line)) == (None, 0, None)
    with time_machine.travel("2026-05-23T12:00:00Z"):
        add_rate("2026-05-23", "EUR", "1.30")
    assert (value_of(line), line.rate) == (Decimal(130), Decimal("1.30"))


@pytest.mark.usefixtures("_may")
def test_on_its_day_the_last_rate_before_it_values_a_budget_and_raises_its_notice():
    line = soon()
    add_line(line.initiative, "2026-05-01", "100")
    with time_machine.travel("2026-05-23T12:00:00Z"):
        with CaptureQueriesContext(connection) as captured:
            assert (tasks.run_waiting(), value_of(line)) == (0, Decimal(110))
        first, version = len(captured), data_version()
        with CaptureQueriesContext(connection) as captured:
            tasks.run_waiting()
        assert (data_version(), len(captured) < first) == (version, True)
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
