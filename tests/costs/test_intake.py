"""The funding step of the intake."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from costs import intake
from costs.models import BudgetLine
from projects.intake import steps
from tests.factories import InitiativeFactory, UserFactory

pytestmark = pytest.mark.django_db


def filled(actor, **typed) -> intake.FundingForm:
    form = intake.FundingForm({"budget_currency": "USD", **typed})
    form.actor = actor
    return form


def test_it_is_the_fifth_question():
    assert [step.slug for step in steps].index("funding") == 4


def test_a_budget_is_spread_over_its_months_exactly():
    office, initiative = UserFactory(portfolio=True), InitiativeFactory()
    form = filled(office, budget="1000", budget_from="2026-11", budget_months="3", approved_on="2026-10-01")
    assert form.is_valid(), form.errors
    intake.create(initiative, form.cleaned_data, office)
    assert [(line.month, line.amount) for line in BudgetLine.objects.all()] == [
        (date(2026, 11, 1), Decimal("333.33")),
        (date(2026, 12, 1), Decimal("333.33")),
        (date(2027, 1, 1), Decimal("333.34")),
    ]


def test_nothing_filled_in_is_an_answer():
    form = filled(UserFactory())
    assert form.is_valid()
    assert intake.create(InitiativeFactory(), form.cleaned_data, form.actor) == []


def test_a_budget_without_months_is_asked_back():
    assert set(filled(UserFactory(admin=True), budget="10").errors) == {"budget_from", "budget_months"}


def test_a_contributor_is_told_who_records_budgets():
    form = filled(UserFactory(), budget="10", budget_from="2026-01", budget_months="1")
    assert set(form.errors) == {"budget"}


def test_a_budget_is_not_approved_on_a_day_yet_to_come():
    tomorrow = timezone.localdate() + timedelta(days=1)
    form = filled(
        UserFactory(admin=True), budget="10", budget_from="2026-01", budget_months="1", approved_on=str(tomorrow)
    )
    assert form.errors == {"approved_on": ["This day lies in the future."]}
