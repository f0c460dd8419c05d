"""The funding step of the intake."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from costs import intake
from costs.models import BudgetLine
from projects.intake import steps
from projects.models import Initiative, IntakeDraft
from tests.factories import InitiativeFactory, UserFactory
from tests.markup import tight

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


@pytest.mark.parametrize(
    "typed", [{"budget_from": "2026-11"}, {"budget_months": "3"}, {"approved_on": "2026-10-01"}], ids=str
)
def test_what_is_said_of_no_amount_is_asked_back(typed):
    form = filled(UserFactory(admin=True), **typed)
    assert form.errors["budget"] == ["Say how much, or leave all of this page empty."]


def test_a_budget_without_its_amount_is_not_sent_and_its_draft_is_kept(client):
    client.force_login(UserFactory(portfolio=True))
    client.post(reverse("projects:intake-new"), {"title": "Claims triage", "go": "next"})
    draft = IntakeDraft.objects.get()
    funding, check = (reverse("projects:intake-step", args=[draft.pk, slug]) for slug in ("funding", "check"))
    months = {"budget_from": "2026-11", "budget_months": "3"}
    client.post(funding, months | {"budget_currency": "USD", "approved_on": "2026-10-01", "go": "check"})
    answer = client.post(check, {"go": "next"})
    assert answer.status_code == 422
    assert [(step.slug, said) for step, said in answer.context["problems"]] == [
        ("funding", "Budget in all: Say how much, or leave all of this page empty.")
    ]
    assert not Initiative.objects.exists()
    assert 'value="2026-10-01"' in client.get(funding).content.decode()


def test_a_contributor_is_told_who_records_budgets():
    form = filled(UserFactory(), budget="10", budget_from="2026-01", budget_months="1")
    assert set(form.errors) == {"budget"}
    assert filled(UserFactory(), budget_months="1").errors == form.errors


def test_a_budget_may_be_approved_on_a_day_yet_to_come():
    office, tomorrow = UserFactory(admin=True), timezone.localdate() + timedelta(days=1)
    form = filled(office, budget="10", budget_from="2026-01", budget_months="1", approved_on=str(tomorrow))
    assert form.is_valid(), form.errors
    intake.create(InitiativeFactory(), form.cleaned_data, office)
    assert BudgetLine.objects.get().approved_on == tomorrow


def test_whoever_may_set_no_budget_is_not_asked_for_one(client):
    for user, asked in ((UserFactory(), False), (UserFactory(portfolio=True), True)):
        client.force_login(user)
        first = tight(client.get(reverse("projects:intake-new")).content.decode())
        assert ("Funding" in first, ">Budget<" in first.replace("> ", ">").replace(" <", "<")) == (asked, asked)
        client.post(reverse("projects:intake-new"), {"title": "Claims triage", "go": "next"})
        draft = IntakeDraft.objects.get(user=user)
        funding = reverse("projects:intake-step", args=[draft.pk, "funding"])
        assert client.get(funding).status_code == (200 if asked else 404)


def test_a_draft_that_was_left_at_the_budget_is_gone_on_with_by_whoever_is_asked_it_no_more(client):
    user = UserFactory()
    client.force_login(user)
    draft = IntakeDraft.objects.create(user=user, step="funding")
    answer = client.get(reverse("projects:intake-resume", args=[draft.pk]), follow=True)
    assert (answer.status_code, answer.redirect_chain[-1][0]) == (200, f"/initiatives/new/{draft.pk}/why/")
